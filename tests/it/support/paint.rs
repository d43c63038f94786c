//! Pictures painted for trials: they look like something, and are the same each time.

/// What a picture shows.
#[derive(Clone, Copy)]
pub enum Scene {
    /// Hills one behind the other, the sun above them.
    Morning,
    /// The same at night.
    Evening,
    /// Round red things among green.
    Tomatoes,
}

type Colour = [f32; 3];

/// Paints a scene as a JPEG.
pub fn jpeg(scene: Scene, width: u16, height: u16) -> Vec<u8> {
    let (w, h) = (f32::from(width), f32::from(height));
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (f32::from(x) / h, f32::from(y) / h);
            let colour = match scene {
                Scene::Morning => hills(x, y, w / h, [[0.55, 0.74, 0.86], [1.0, 0.87, 0.66], [0.2, 0.36, 0.3]]),
                Scene::Evening => hills(x, y, w / h, [[0.13, 0.16, 0.34], [0.85, 0.5, 0.42], [0.09, 0.1, 0.2]]),
                Scene::Tomatoes => tomatoes(x, y),
            };
            pixels.extend(colour.map(|part| (part.clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    let mut file = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut file, 82);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).expect("the picture is encoded");
    file
}

fn mix(one: Colour, other: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|at| one[at] + (other[at] - one[at]) * share)
}

/// `x` and `y` in heights of the picture; `colours`: the sky above, the sky below, the nearest hill.
fn hills(x: f32, y: f32, wide: f32, colours: [Colour; 3]) -> Colour {
    let [high, low, near] = colours;
    let mut colour = mix(high, low, y * 1.6);
    let sun = (x - wide * 0.68).hypot(y - 0.36);
    colour = mix(colour, [1.0, 0.95, 0.8], (0.075 - sun) * 200.0);
    colour = mix(colour, [1.0, 0.92, 0.7], (0.45 - sun) * 0.5);
    for row in 0..4_u8 {
        let row = f32::from(row);
        let (phase, calm) = (row * 2.1 + 0.4, 0.09 - row * 0.012);
        let top = 0.52 + row * 0.12 + calm * (x * (2.6 + row) + phase).sin() + 0.025 * (x * 9.0 + phase * 3.0).sin();
        let hill = mix(mix(near, low, 0.55), near, row / 3.0);
        colour = mix(colour, mix(hill, near, (y - top) * 1.5), (y - top) * 300.0);
    }
    colour
}

fn tomatoes(x: f32, y: f32) -> Colour {
    let leaf = 0.5 + 0.5 * (x * 13.0 + (y * 9.0).sin() * 2.0).sin() * (y * 17.0 + x * 5.0).cos();
    let mut colour = mix([0.12, 0.28, 0.12], [0.42, 0.58, 0.26], leaf);
    for (at_x, at_y, size) in
        [(0.3, 0.32, 0.2), (0.95, 0.3, 0.17), (0.62, 0.62, 0.24), (1.16, 0.74, 0.21), (0.2, 0.84, 0.16)]
    {
        let (dx, dy) = (x - at_x, y - at_y);
        let far = dx.hypot(dy * 1.08) / size;
        let shine = (dx + size * 0.35).hypot(dy + size * 0.4) / size;
        let red = mix([0.93, 0.32, 0.16], [0.55, 0.06, 0.06], shine * 0.75);
        let red = mix(red, [1.0, 0.9, 0.8], (0.28 - shine) * 3.0);
        colour = mix(colour, [0.06, 0.13, 0.05], (1.25 - far) * 1.6);
        colour = mix(colour, red, (1.0 - far) * 60.0);
    }
    colour
}

//! Pictures that people bring, and bringing them.

use jpeg_encoder::{ColorType, Encoder};

use super::http::Answer;
use super::user::User;

impl User<'_> {
    /// Sends a form with pictures in the field `photos`.
    pub fn sends(&self, action: &str, fields: &[(&str, &str)], pictures: &[&[u8]]) -> Answer {
        let files: Vec<(&str, &[u8])> = pictures.iter().map(|picture| ("photos", *picture)).collect();
        self.client.submit_files(&self.page("/settings"), action, fields, &files)
    }

    /// Posts pictures; returns the post's GUID.
    pub fn posts_pictures(&self, audience: &str, text: &str, pictures: &[&[u8]]) -> String {
        let answer = self.sends("/posts", &[("text", text), ("audience", audience)], pictures);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let sql = "select guid from posts where text = ? order by id desc limit 1";
        self.pod.database().text(sql, &[&text]).expect("the post is stored")
    }

    /// Addresses of the pictures in a post, as large as they are.
    pub fn pictures_of(&self, post: &str) -> Vec<String> {
        self.thread(post).attributes("a class=\"pic\"", "href")
    }

    pub fn changes_face(&self, picture: &[u8]) {
        let page = self.page("/profile");
        let answer = self.client.submit_files(&page, "/profile", &[("first_name", "Ada")], &[("face", picture)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
}

/// A picture of a camera: `red` in its left half, blue in its right.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let pixel = |x: u16| if x < width / 2 { [200, 30, 30] } else { [30, 30, 200] };
    let line: Vec<u8> = (0..width).flat_map(pixel).collect();
    let mut file = Vec::new();
    Encoder::new(&mut file, 90).encode(&line.repeat(height.into()), width, height, ColorType::Rgb).expect("encodes");
    file
}

/// The same, with what a camera writes beside it: how it was held, where it was.
pub fn jpeg_from_camera(width: u16, height: u16, orientation: u8) -> Vec<u8> {
    let entries = [[1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]];
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    exif.extend(entries.concat());
    exif.extend(b"\0\0\0\0GPS 52.5200 13.4050");
    let plain = jpeg(width, height);
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

/// A grey picture of a few bytes whose many scans each say of the whole of it that there is nothing to add.
pub fn jpeg_of_many_scans(width: u16, height: u16) -> Vec<u8> {
    let segment = |mark: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
        [&[0xff, mark], &length[..], content].concat()
    };
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    // One code, of one bit: the next 2^14 blocks, and as many as 14 more bits say, are empty.
    let code = [&[0x10, 1][..], &[0; 15], &[0xe0]].concat();
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let bits = "011111111111111".repeat(blocks / 32_767 + 2);
    let whole = bits.as_bytes().chunks_exact(8).map(|bits| bits.iter().fold(0, |sum, bit| sum << 1 | (bit & 1)));
    let data: Vec<u8> = whole.flat_map(|byte: u8| if byte == 0xff { vec![0xff, 0] } else { vec![byte] }).collect();
    let scan = [segment(0xda, &[1, 1, 0, 1, 63, 0x10]), data].concat();
    let tables = [segment(0xdb, &[&[0][..], &[1; 64]].concat()), segment(0xc4, &code)].concat();
    let frame = segment(0xc2, &[&[8], &size[..], &[1, 1, 0x11, 0]].concat());
    [b"\xff\xd8", &tables[..], &frame, &scan.repeat(64), b"\xff\xd9"].concat()
}

/// What is drawn, clear in places when `alpha`.
pub fn png(width: u32, height: u32, alpha: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(if alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
    encoder.add_text_chunk("Author".to_owned(), "GPS of the painter".to_owned()).expect("a text");
    let pixel: &[u8] = if alpha { &[10, 200, 10, 40] } else { &[10, 200, 10] };
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&pixel.repeat((width * height) as usize)).expect("pixels");
    drop(writer);
    file
}

/// A picture of a scene that has much to see, another one for each seed; drawn at any size it looks the same.
pub fn scene(seed: u32, width: u16, height: u16) -> Vec<u8> {
    let mut x = seed.wrapping_mul(2_654_435_761) | 1;
    let mut random = |most: f32| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 16) as f32 / 65_536.0 * most
    };
    // Waves this way and that.
    let waves: Vec<[f32; 3]> = (0..12).map(|_| [random(60.0) - 30.0, random(60.0) - 30.0, random(6.3)]).collect();
    let shade = |x: u16, y: u16| {
        let (x, y) = (f32::from(x) / f32::from(width), f32::from(y) / f32::from(height));
        let sum: f32 = waves.iter().map(|[across, down, from]| (across * x + down * y + from).sin()).sum();
        (128.0 + 42.0 * sum).clamp(0.0, 255.0) as u8
    };
    let pixels: Vec<u8> = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| shade(x, y)).collect();
    let mut file = Vec::new();
    Encoder::new(&mut file, 85).encode(&pixels, width, height, ColorType::Luma).expect("encodes");
    file
}

/// A GIF with something to see, packed without packing: codes of single pixels, and a new beginning before they grow.
pub fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    file.extend([0xf7, 0, 0]);
    file.extend((0..=255_u8).flat_map(|shade| [shade, shade.wrapping_mul(3), 255 - shade]));
    file.extend(b"\x2c\0\0\0\0");
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    file.extend([0, 8]);
    let pixels = (0..u32::from(width) * u32::from(height)).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u16);
    let codes = pixels.enumerate().flat_map(|(at, code)| if at % 200 == 0 { vec![256, code] } else { vec![code] });
    let (mut bits, mut bytes) = ((0_u64, 0), Vec::new());
    for code in codes.chain([257]) {
        bits = (bits.0 | u64::from(code) << bits.1, bits.1 + 9);
        while bits.1 >= 8 {
            bytes.push(bits.0 as u8);
            bits = (bits.0 >> 8, bits.1 - 8);
        }
    }
    bytes.push(bits.0 as u8);
    for part in bytes.chunks(255) {
        file.push(part.len() as u8);
        file.extend(part);
    }
    file.extend(b"\0\x3b");
    file
}

/// A WebP without loss.
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    encoder.encode(&pixels, width, height, image_webp::ColorType::Rgb8).expect("encodes");
    file
}

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Error, read};
use crate::media::source::Source;

const WIDTH: u32 = 83;
const HEIGHT: u32 = 61;

/// Soft colours, so that what the code loses is little.
fn pixels() -> Vec<u8> {
    let pixel = |x: u32, y: u32| [x * 3, y * 4, (x + y) * 255 / (WIDTH + HEIGHT)];
    let all = (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| pixel(x, y)));
    all.map(|part| part as u8).collect()
}

fn encoded(sampling: SamplingFactor, change: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    encoder.set_sampling_factor(sampling);
    change(&mut encoder);
    encoder.encode(&pixels(), WIDTH as u16, HEIGHT as u16, ColorType::Rgb).expect("encodes");
    file
}

fn decoded(file: &[u8], n: u32) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    read(Source::Bytes(file))?.rows(n, |row| {
        all.extend_from_slice(row);
        Ok::<(), Error>(())
    })?;
    Ok(all)
}

/// How far the pixels are from those that were written, on average.
fn distance(found: &[u8], n: u32) -> f64 {
    let (width, height) = ((WIDTH * n).div_ceil(8), (HEIGHT * n).div_ceil(8));
    assert_eq!(found.len(), (3 * width * height) as usize);
    let pixels = pixels();
    let mut sum = 0.0;
    for (at, part) in found.iter().enumerate() {
        let (x, y) = (at as u32 / 3 % width, at as u32 / 3 / width);
        // The middle of what the pixel stands for.
        let (x, y) = (((2 * x + 1) * 4 / n).min(WIDTH - 1), ((2 * y + 1) * 4 / n).min(HEIGHT - 1));
        sum += f64::from(part.abs_diff(pixels[((y * WIDTH + x) * 3) as usize + at % 3]));
    }
    sum / found.len() as f64
}

#[test]
fn a_picture_is_read_at_every_size_however_it_was_written() {
    use SamplingFactor::{F_1_1, F_1_2, F_2_1, F_2_2, F_4_2};
    for sampling in [F_1_1, F_1_2, F_2_1, F_2_2, F_4_2] {
        let plain = encoded(sampling, |_| {});
        let restarting = encoded(sampling, |encoder| encoder.set_restart_interval(3));
        let progressive = encoded(sampling, |encoder| encoder.set_progressive(true));
        let fine = encoded(sampling, |encoder| {
            encoder.set_progressive_scans(10);
            encoder.set_restart_interval(5);
        });
        for (file, how) in [(plain, "plain"), (restarting, "restarting"), (progressive, "progressive"), (fine, "fine")]
        {
            for n in 1..=8 {
                let far = distance(&decoded(&file, n).expect("reads"), n);
                // The smaller, the more of the border of the last blocks is in a pixel.
                assert!(far < 4.0 + 8.0 / f64::from(n), "{sampling:?}, {how}, {n} of 8: {far}");
            }
        }
    }
}

#[test]
fn grey_and_four_colours_are_read() {
    let grey: Vec<u8> = pixels().chunks(3).map(|pixel| pixel[2]).collect();
    let mut file = Vec::new();
    Encoder::new(&mut file, 95).encode(&grey, WIDTH as u16, HEIGHT as u16, ColorType::Luma).expect("encodes");
    let found = decoded(&file, 8).expect("reads");
    assert!(found.chunks(3).zip(&grey).all(|(pixel, grey)| pixel.iter().all(|part| part.abs_diff(*grey) < 6)));
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let print: Vec<u8> = pixels().chunks(3).flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]).collect();
        let mut file = Vec::new();
        Encoder::new(&mut file, 95).encode(&print, WIDTH as u16, HEIGHT as u16, kind).expect("encodes");
        let far = distance(&decoded(&file, 8).expect("reads"), 8);
        assert!(far < 5.0, "{kind:?}: {far}");
    }
}

/// The head of a picture of these components, each as large as it, and of its scans: components, first and last
/// coefficient, bits told before and now.
fn head_of(size: (u16, u16), components: u8, progressive: bool, scans: &[(&[u8], [u8; 3])]) -> Vec<u8> {
    let segment = |mark: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
        [&[0xff, mark], &length[..], content].concat()
    };
    let ids = 1..=components;
    let frame = [&[8], &size.1.to_be_bytes()[..], &size.0.to_be_bytes(), &[components]].concat();
    let parts: Vec<u8> = ids.flat_map(|id| [id, 0x11, 0]).collect();
    let mut file = b"\xff\xd8".to_vec();
    file.extend(segment(if progressive { 0xc2 } else { 0xc0 }, &[frame, parts].concat()));
    for (ids, band) in scans {
        let shares: Vec<u8> = ids.iter().flat_map(|id| [*id, 0]).collect();
        file.extend(segment(0xda, &[&[ids.len() as u8], &shares[..], band].concat()));
    }
    file
}

#[test]
fn scans_that_go_over_a_picture_again_and_again_are_refused_and_usual_ones_are_not() {
    let is_read = |file: Vec<u8>| match read(Source::Bytes(&file)) {
        Ok(_) => true,
        Err(Error::Large) => false,
        Err(error) => panic!("{error:?}"),
    };
    const ALL: &[u8] = &[1, 2, 3];
    // As libjpeg writes them, which most programs use.
    let usual: &[(&[u8], [u8; 3])] = &[
        (ALL, [0, 0, 0x01]),
        (&[1], [1, 5, 0x02]),
        (&[3], [1, 63, 0x01]),
        (&[2], [1, 63, 0x01]),
        (&[1], [6, 63, 0x02]),
        (&[1], [1, 63, 0x21]),
        (ALL, [0, 0, 0x10]),
        (&[3], [1, 63, 0x10]),
        (&[2], [1, 63, 0x10]),
        (&[1], [1, 63, 0x10]),
    ];
    assert!(is_read(head_of((7700, 5200), 3, true, usual)), "forty megapixels, progressive");
    assert!(is_read(head_of((8000, 8000), 3, false, &[(ALL, [0, 63, 0])])), "as large as pictures may be, plain");
    assert!(is_read(head_of((8000, 8000), 4, false, &[(&[1, 2, 3, 4], [0, 63, 0])])), "the same for print");
    let again: &[(&[u8], [u8; 3])] = &[(&[1], [1, 63, 0x10])];
    assert!(is_read(head_of((500, 500), 1, true, &again.repeat(64))), "small, however it was written");
    assert!(!is_read(head_of((8000, 8000), 1, true, &again.repeat(64))));
    assert!(!is_read(head_of((8000, 8000), 3, false, &[(ALL, [0, 63, 0]); 2])));
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    for progressive in [false, true] {
        let file = encoded(SamplingFactor::F_2_2, |encoder| encoder.set_progressive(progressive));
        for cut in (2..file.len() - 8).step_by(3) {
            // Of a progressive one, what came before may be a picture.
            assert!(decoded(&file[..cut], 8).is_err() || progressive, "{cut} of {}", file.len());
        }
        for at in (2..file.len()).step_by(2) {
            for value in [0, 0xff, file[at] ^ 0x11] {
                let mut other = file.clone();
                other[at] = value;
                // Sizes are the caller's business.
                if read(Source::Bytes(&other)).is_ok_and(|frame| frame.width * frame.height < 100_000) {
                    let _ = decoded(&other, 4);
                }
            }
        }
    }
}

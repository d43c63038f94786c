//! What looking at pictures costs: time and memory beside the decoder, and comparing with the bank.
//!
//! `cargo bench --bench pictures`. Each figure is taken in a process of its own, since memory is told by its highest mark.

use std::process::Command;
use std::time::{Duration, Instant};

use jpeg_encoder::{ColorType, Encoder};
use pappus::media::decode::{self, Sink};
use pappus::media::source::Source;
use pappus::media::{Error, fingerprint};
use pappus::model::picture::HashKind;
use pappus::model::{Hashes, Pdq, Timestamp};
use pappus::store::{self, Store, bank};

/// How often each is done; the quickest counts.
const TIMES: usize = 5;

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [what, file] = arguments.as_slice() {
        return measure(what, file);
    }
    let folder = tempfile::tempdir().expect("a folder");
    println!("picture                 decode    + PDQ  SHA-256   memory of PDQ");
    for (name, width, height, progressive) in [
        ("700 × 525 JPEG", 700, 525, false),
        ("1600 × 1200 JPEG", 1600, 1200, false),
        ("4032 × 3024 JPEG", 4032, 3024, false),
        ("4032 × 3024 progressive", 4032, 3024, true),
        ("4032 × 3024 PNG", 4032, 3024, false),
    ] {
        let file = folder.path().join("picture").to_string_lossy().into_owned();
        let drawn = if name.ends_with("PNG") { png(width, height) } else { jpeg(width, height, progressive) };
        std::fs::write(&file, drawn).expect("writes");
        let [bare, with, sum] = ["decode", "look", "sum"].map(|what| run(what, &file));
        println!(
            "{name:<23} {:>6.1} ms {:>5.1} ms {:>5.1} ms   {:>5} KiB",
            bare.0,
            with.0 - bare.0,
            sum.0,
            with.1 - bare.1
        );
    }
    for hashes in [100_000, 1_000_000] {
        println!("bank of {hashes:>9}: {:.2} ms a picture", compare(hashes).as_secs_f64() * 1_000.0);
    }
}

/// Milliseconds, and the highest mark of memory in KiB.
fn run(what: &str, file: &str) -> (f64, i64) {
    let program = std::env::current_exe().expect("this program");
    let told = Command::new(program).args([what, file]).output().expect("it runs").stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    let (ms, kib) = told.trim().split_once(' ').expect("two figures");
    (ms.parse().expect("a number"), kib.parse().expect("a number"))
}

fn measure(what: &str, file: &str) {
    let file = std::fs::File::open(file).expect("opens");
    let length = file.metadata().expect("a length").len();
    let source = Source::File { file: &file, from: 0, length };
    let deed = || match what {
        "sum" => drop(fingerprint::sha256(source).expect("reads")),
        "look" => drop(fingerprint::look(source).expect("reads").expect("a look")),
        _ => {
            let kind = pappus::media::kind::of(&source.head(16).expect("reads")).expect("a picture");
            decode::rows(source, kind, decode::SIDE_READ, |_, _| Nothing).expect("decodes");
        }
    };
    let quickest = (0..TIMES).map(|_| time(deed)).min().expect("some");
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a mark");
    println!("{} {}", quickest.as_secs_f64() * 1_000.0, mark.trim().trim_end_matches(" kB"));
}

struct Nothing;

impl Sink for Nothing {
    fn row(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

fn time(deed: impl Fn()) -> Duration {
    let begin = Instant::now();
    deed();
    begin.elapsed()
}

/// Comparing one picture with a bank of so many.
fn compare(hashes: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
    let mut x = 1_u64;
    let mut random = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (x >> 33) as u8
    };
    let all: Vec<[u8; 32]> = (0..hashes).map(|_| [(); 32].map(|()| random())).collect();
    store
        .write::<_, store::Error>(Timestamp(1), |tx| {
            bank::add(tx, bank::list(tx, "list", "rules", HashKind::Pdq)?, &all)
        })
        .expect("writes");
    let picture = Hashes { sha256: [1; 32], pdq: Some(Pdq { hash: [7; 32], quality: 100 }) };
    let find = || assert!(store.read(|db| bank::find(db, &picture)).expect("reads").is_none());
    (0..TIMES).map(|_| time(find)).min().expect("some")
}

/// Something to see: waves.
fn pixels(width: usize, height: usize) -> Vec<u8> {
    let shade = |x: usize, y: usize, of: f32| (127.0 + 120.0 * (x as f32 / 91.0).sin() * (y as f32 / of).cos()) as u8;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| [shade(x, y, 60.0), shade(x, y, 77.0), (x ^ y) as u8]).collect()
}

fn jpeg(width: u16, height: u16, progressive: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    encoder.set_progressive(progressive);
    encoder.encode(&pixels(width.into(), height.into()), width, height, ColorType::Rgb).expect("encodes");
    file
}

fn png(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width.into(), height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&pixels(width.into(), height.into())).expect("pixels");
    drop(writer);
    file
}

//! What photos cost: memory while twenty of twelve megapixels are posted in a row, each also as progressive JPEG, and
//! the processor's time for one. Prints a Markdown table and judges nothing.
//!
//!     cargo bench --bench photos

#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_macros, unused_imports)]
mod support;

#[allow(dead_code)]
mod measure;

use jpeg_encoder::{ColorType, Encoder};
use measure::{Table, Usage, memory};
use support::pod::TestPod;
use support::user::User;

const PHOTOS: usize = 20;
/// Pixels: those of a telephone.
const SIZE: (u16, u16) = (4000, 3000);

fn main() {
    // `cargo test --benches` only wants to know whether this builds and runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut table = Table::default();
    for (kind, progressive) in [("baseline", false), ("progressive", true)] {
        let pod = TestPod::new("me");
        post(&pod.user("me"), kind, &photo(progressive), &mut table);
    }
    table.print();
}

fn post(me: &User, kind: &str, photo: &[u8], table: &mut Table) {
    let page = me.page("/stream");
    let send = |text: &str, photo: &[u8]| {
        let fields = [("text", text), ("audience", "public")];
        let answer = me.client.submit_files(&page, "/posts", &fields, &[("photos", photo)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
    };
    send("a small one, so that everything was used once", &jpeg(64, 64, false));
    // From now on the highest is counted anew: signing in took memory for the password.
    std::fs::write(format!("/proc/{}/clear_refs", me.pod.pid()), "5").expect("the pod is ours");
    let (resident, used) = (memory(me.pod, "VmRSS"), Usage::of(me.pod));
    for number in 0..PHOTOS {
        send(&format!("photo {number}"), photo);
    }
    let (highest, used) = (memory(me.pod, "VmHWM"), Usage::of(me.pod).since(&used));
    let megabytes = photo.len() as f64 / 1e6;
    table.row(&format!("{PHOTOS} photos, {kind}, {megabytes:.1} MB each: resident before"), resident, "MiB");
    table.row("resident at the most meanwhile", highest, "MiB");
    table.most("added", highest - resident, "MiB", 12.0);
    table.row("processor a photo", used.cpu / PHOTOS as f64, "s");
}

fn photo(progressive: bool) -> Vec<u8> {
    jpeg(SIZE.0, SIZE.1, progressive)
}

/// A picture with edges, soft turns and the noise of a sensor.
fn jpeg(width: u16, height: u16, progressive: bool) -> Vec<u8> {
    let mut noise = 0x2545_f491_u32;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let edge = if (x / 97 + y / 61) % 2 == 0 { 60 } else { 0 };
            let soft = (x * 120 / u32::from(width) + y * 60 / u32::from(height)) % 180;
            let value = |shift: u32| (soft + edge + (noise >> shift) % 12) as u8;
            pixels.extend([value(0), value(8), value(16)]);
        }
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_progressive(progressive);
    encoder.encode(&pixels, width, height, ColorType::Rgb).expect("it can be encoded");
    file
}

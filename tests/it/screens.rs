//! Pictures of the pages for the documentation. They are made when one asks for them:
//! `cargo test --test it -- --ignored screens`.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::chrome::Chrome;
use crate::support::pod::PASSWORD;
use crate::support::tools::CHROMIUM;
use crate::support::village::Village;
use crate::support::wait::until;
use crate::support::{promise_with, tools};

pub fn trials() -> Vec<Trial> {
    let trial =
        promise_with(module_path!(), "pictures of the pages are made", &CHROMIUM, pictures_of_the_pages_are_made);
    vec![trial.with_ignored_flag(true)]
}

/// What is written in the composer of its picture.
const DRAFT: &str = "Found in the attic: **three hundred** slides of our street, 1962 to 1974. \
                     Who helps to look at them? There is cake. #neighbours";

/// Lets some time pass between what the village did, as if it had been a week.
const WEEK: &str = "update every_post set created_at = created_at - ((select max(id) from every_post) - id) * 29000 - 900; \
    update every_comment set created_at = (select p.created_at from every_post p where p.id = post) + 500 * (id % 5 + 1); \
    update every_notice set updated_at = updated_at - ((select max(id) from every_notice) - id) * 17000 - 600; \
    update every_notice set unread = 0 where id not in (select id from every_notice order by id desc limit 3)";

fn pictures_of_the_pages_are_made() {
    let village = Village::new();
    village.pod.stop();
    village.pod.change(WEEK);
    village.pod.start();
    let person = village.pod.database().person(&village.pod.handle("dmitri")).expect("dmitri lives here");
    let pages = [
        ("stream", "/stream".to_owned()),
        ("composer", "/bookmarklet".to_owned()),
        ("post", village.inside.iter().find(|path| path.len() == "/posts/".len() + 32).expect("a post").clone()),
        ("profile", format!("/people/{person}")),
        ("notifications", "/notifications".to_owned()),
        ("settings", "/settings".to_owned()),
    ];
    for width in [360, 1280] {
        let chrome = Chrome::open(width, true);
        chrome.goes_to(&format!("{}/login", village.pod.url));
        chrome.types("main [name=name]", "ada");
        chrome.types("main [name=password]", PASSWORD);
        chrome.clicks("main button");
        until("signed in", || (chrome.path() == "/stream").then_some(()));
        chrome.widens_to(width, 780);
        for scheme in ["light", "dark"] {
            chrome.prefers(&[("prefers-color-scheme", scheme)]);
            for (name, path) in &pages {
                chrome.goes_to(&format!("{}{path}", village.pod.url));
                if *name == "composer" {
                    chrome.types(".composer [name=text]", DRAFT);
                    chrome.clicks(".audience summary");
                    chrome.runs("sessionStorage.clear()");
                }
                // Not the port of this time.
                chrome.runs(
                    "const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(location.host, 'garden.example');
                    document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; });",
                );
                until("the pictures to be there", || {
                    (chrome.runs("return [...document.images].every((image) => image.complete)") == true).then_some(())
                });
                let taken = chrome.keeps_picture(&format!("{name}-{width}-{scheme}"));
                shrink(&taken, &tools::source().join(format!("docs/screenshots/{name}-{width}-{scheme}.png")));
            }
        }
    }
}

type Pixel = [u8; 3];

/// Writes a picture anew with 256 colours.
fn shrink(from: &Path, to: &Path) {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(File::open(from).expect("the picture opens")));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a picture of some size")];
    let info = reader.next_frame(&mut bytes).expect("a picture");
    let step = info.line_size / info.width as usize;
    let pixels: Vec<Pixel> = bytes.chunks_exact(step).map(|part| [part[0], part[1], part[2]]).collect();
    let palette = palette(&pixels);
    let far = |one: &Pixel, other: &Pixel| (0..3).map(|at| i32::from(one[at].abs_diff(other[at])).pow(2)).sum::<i32>();
    let mut nearest: HashMap<Pixel, u8> = HashMap::new();
    let places: Vec<u8> = pixels
        .iter()
        .map(|pixel| {
            let find = || (0..palette.len()).min_by_key(|at| far(pixel, &palette[*at])).unwrap_or(0) as u8;
            *nearest.entry(*pixel).or_insert_with(find)
        })
        .collect();
    std::fs::create_dir_all(to.parent().expect("in a folder")).expect("the folder is made");
    let mut encoder = png::Encoder::new(File::create(to).expect("the file is made"), info.width, info.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("the picture begins");
    writer.write_image_data(&places).expect("the picture is written");
}

/// 256 colours for a picture: the 64 commonest as they are, those of the page; then the box of all others is cut where
/// it is longest, again and again.
fn palette(pixels: &[Pixel]) -> Vec<Pixel> {
    let mut counts: HashMap<Pixel, usize> = HashMap::new();
    for pixel in pixels {
        *counts.entry(*pixel).or_default() += 1;
    }
    let mut colours: Vec<Pixel> = counts.keys().copied().collect();
    colours.sort_unstable_by_key(|colour| (std::cmp::Reverse(counts[colour]), *colour));
    let rest = colours.split_off(colours.len().min(64));
    let longest = |colours: &[Pixel]| {
        let length = |side: usize| {
            let parts = || colours.iter().map(|colour| colour[side]);
            parts().max().unwrap_or(0) - parts().min().unwrap_or(0)
        };
        (0..3).map(|side| (length(side), side)).max().unwrap_or((0, 0))
    };
    let mut boxes = vec![rest];
    while boxes.len() < 192 {
        let at = (0..boxes.len()).max_by_key(|at| longest(&boxes[*at]).0).unwrap_or(0);
        let (length, side) = longest(&boxes[at]);
        if length == 0 {
            break;
        }
        let mut one = boxes.swap_remove(at);
        one.sort_unstable_by_key(|colour| colour[side]);
        let other = one.split_off(one.len() / 2);
        boxes.extend([one, other]);
    }
    colours.extend(boxes.iter().filter_map(|cut| cut.get(cut.len() / 2)));
    colours
}

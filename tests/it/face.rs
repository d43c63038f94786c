//! Pages for everybody: in light and in the dark, on narrow and wide screens, with large letters, by keyboard, read from
//! the right.

use std::cell::Cell;

use crate::support::chrome::Chrome;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::tools::AXE;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::village::Village;
use crate::support::wait::until;

trials![AXE;
    axe_finds_no_barrier_in_the_light,
    axe_finds_no_barrier_in_the_dark,
    axe_finds_no_barrier_with_strong_contrast,
    pages_fit_every_screen_and_letters_of_twice_the_size,
    german_pages_fit_every_screen_and_letters_of_twice_the_size,
    pages_are_read_from_the_right_too,
    what_is_touched_is_large_enough,
    one_sees_what_the_keyboard_is_at,
    the_keyboard_reaches_everything,
    every_page_is_looked_at,
    a_page_of_fifteen_posts_is_small,
];

/// Every page for strangers, then every page for ada, in a window. `look` says what is wrong on one.
fn walks(village: &Village, chrome: &Chrome, look: impl Fn(&Chrome, &str) -> Vec<String>) {
    let right = Cell::new(true);
    let see = |path: &str| {
        chrome.goes_to(&format!("{}{path}", village.pod.url));
        let found = look(chrome, path);
        if !found.is_empty() {
            right.set(false);
            eprintln!("{path}: {found:#?}");
        }
    };
    village.outside.iter().for_each(|path| see(path));
    signs_in(village, chrome);
    village.inside.iter().for_each(|path| see(path));
    assert!(right.get(), "see above");
}

fn signs_in(village: &Village, chrome: &Chrome) {
    chrome.goes_to(&format!("{}/login", village.pod.url));
    chrome.types("main [name=name]", "ada");
    chrome.types("main [name=password]", PASSWORD);
    chrome.clicks("main button");
    until("signed in", || (chrome.path() == "/stream").then_some(()));
}

fn axe() -> String {
    std::fs::read_to_string(AXE.path()).expect("axe-core can be read")
}

fn axe_finds_no_barrier_in_the_light() {
    let (village, axe) = (Village::shared(), axe());
    let chrome = Chrome::open(1280, true);
    chrome.prefers(&[("prefers-color-scheme", "light")]);
    walks(&village, &chrome, |chrome, path| {
        keeps(chrome, "1280-light", path);
        chrome.barriers(&axe)
    });
}

fn axe_finds_no_barrier_in_the_dark() {
    let (village, axe) = (Village::shared(), axe());
    let chrome = Chrome::open_in("de", 360, true);
    chrome.prefers(&[("prefers-color-scheme", "dark")]);
    walks(&village, &chrome, |chrome, path| {
        keeps(chrome, "360-dark-de", path);
        chrome.barriers(&axe)
    });
}

fn axe_finds_no_barrier_with_strong_contrast() {
    let (village, axe) = (Village::shared(), axe());
    let chrome = Chrome::open(360, true);
    // Once as the device asks for it, once as the person chose it.
    for (scheme, wish) in [("light", "more"), ("dark", "no-preference")] {
        chrome.prefers(&[("prefers-color-scheme", scheme), ("prefers-contrast", wish)]);
        walks(&village, &chrome, |chrome, path| {
            if wish != "more" {
                chrome.runs("document.documentElement.dataset.theme = 'contrast'");
            }
            keeps(chrome, &format!("360-{scheme}-contrast"), path);
            chrome.barriers(&axe)
        });
        chrome.clears_cookies();
    }
}

/// Keeps a picture for looking at; GUIDs are shortened, so that the next run overwrites it.
fn keeps(chrome: &Chrome, way: &str, path: &str) {
    let parts = path.split(['?', '/', '&', '=', ':']).map(|part| if part.len() == 32 { "guid" } else { part });
    chrome.keeps_picture(&format!("{way}{}", parts.collect::<Vec<_>>().join("-")));
}

fn pages_fit_every_screen_and_letters_of_twice_the_size() {
    fit("en");
}

fn german_pages_fit_every_screen_and_letters_of_twice_the_size() {
    fit("de");
}

fn fit(language: &str) {
    let village = Village::shared();
    let chrome = Chrome::open_in(language, 1280, true);
    walks(&village, &chrome, |chrome, _| {
        let mut wrong: Vec<String> = Vec::new();
        if chrome.runs("return document.documentElement.lang") != language {
            wrong.push(format!("not {language}"));
        }
        for (width, size) in [(320, 100), (360, 100), (768, 100), (1280, 100), (1920, 100), (1280, 200), (640, 200)] {
            chrome.widens_to(width, 900);
            chrome.runs(&format!("document.documentElement.style.fontSize = '{size}%'"));
            if chrome.overflow() > 0 {
                wrong.push(format!("{} px too wide at {width}, letters of {size}%", chrome.overflow()));
            }
        }
        chrome.widens_to(320, 900);
        chrome.runs("document.documentElement.style.fontSize = ''");
        wrong.extend(chrome.lines(CUT_OFF));
        wrong
    });
}

/// Words in the menu, on buttons and in tabs that do not fit their place.
const CUT_OFF: &str = "return [...document.querySelectorAll('.menu span, .button, .tabs a, legend, label, h1, h2')]
    .filter((thing) => thing.checkVisibility() && !thing.closest('.sr') && thing.scrollWidth > thing.clientWidth + 1 && thing.clientWidth)
    .map((thing) => `cut off: ${thing.textContent.slice(0, 60)}`)";

fn pages_are_read_from_the_right_too() {
    let village = Village::shared();
    let chrome = Chrome::open(360, true);
    walks(&village, &chrome, |chrome, path| {
        chrome.runs("document.documentElement.dir = 'rtl'");
        keeps(chrome, "360-rtl", path);
        let wide = chrome.overflow();
        let mut wrong = chrome.lines(OUTSIDE);
        if wide > 0 {
            wrong.push(format!("{wide} px too wide"));
        }
        wrong
    });
}

/// What stands outside of the window at either side, and no frame of its own that scrolls.
const OUTSIDE: &str = "return [...document.querySelectorAll('main *, .menu *, .top *')]
    .filter((thing) => thing.checkVisibility() && !thing.closest('.sr, .strip, .table, .tools, pre, svg'))
    .map((thing) => [thing, thing.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.left < -1 || box.right > innerWidth + 1))
    .map(([thing]) => `outside: ${thing.outerHTML.slice(0, 120)}`)";

fn what_is_touched_is_large_enough() {
    // What stands in running text may be smaller (WCAG 2.2, 2.5.8); the menu, buttons and fields may not.
    let script = "return [...document.querySelectorAll('button, summary, .button, .tool, .deed, .menu a, .tabs a, label:has(> input), select, input:not([type=hidden], [type=checkbox], [type=radio], .sr)')]
        .filter((thing) => thing.checkVisibility({ visibilityProperty: true }) && !thing.closest('.sr'))
        .map((thing) => [thing, thing.getBoundingClientRect()])
        .filter(([thing, box]) => box.height < 43.5 || box.width < 43.5)
        .map(([thing, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${thing.outerHTML.slice(0, 120)}`)";
    let village = Village::shared();
    let chrome = Chrome::open(360, true);
    walks(&village, &chrome, |chrome, _| chrome.lines(script));
}

/// What the keyboard can be at.
const STOPS: &str = "const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]')]
    .filter((stop) => stop.checkVisibility({ visibilityProperty: true }) && stop.tabIndex >= 0 && !stop.disabled);";

fn one_sees_what_the_keyboard_is_at() {
    // A mark is an outline, or a shadow of the frame the thing is in; and neither bar may lie over it.
    let script = format!(
        "{STOPS} const style = (thing) => {{ const {{ outlineStyle, outlineWidth, boxShadow, top, clip }} = getComputedStyle(thing); return [outlineStyle, outlineWidth, boxShadow, top].join(); }};
        document.documentElement.style.scrollBehavior = 'auto';
        return stops.flatMap((stop) => {{
            const around = [stop, stop.closest('.composer'), stop.nextElementSibling, stop.previousElementSibling].filter(Boolean);
            document.activeElement.blur();
            const before = around.map(style);
            stop.focus({{ focusVisible: true }});
            const wrong = around.every((thing, at) => style(thing) === before[at]) ? ['no mark'] : [];
            const box = stop.getBoundingClientRect(), over = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
            if (over && over.closest('.top, .menu') && !stop.closest('.top, .menu') && box.width > 1) wrong.push('covered');
            return wrong.map((what) => `${{what}}: ${{stop.outerHTML.slice(0, 140)}}`);
        }})"
    );
    let village = Village::shared();
    let chrome = Chrome::open(360, true);
    walks(&village, &chrome, |chrome, _| chrome.lines(&script));
}

fn the_keyboard_reaches_everything() {
    let village = Village::shared();
    let chrome = Chrome::open(1280, true);
    walks(&village, &chrome, |chrome, _| {
        // One of a group of radio buttons is a stop, the arrows lead to the others.
        let count = chrome.runs(&format!(
            "{STOPS} window.reached = new Set(); document.addEventListener('focusin', (event) => reached.add(event.target));
            const first = (radio) => [...radio.form.elements[radio.name]].find((one) => one.checked) ?? radio.form.elements[radio.name][0];
            window.stops = stops.filter((stop) => stop.type !== 'radio' || stop === first(stop));
            document.activeElement.blur(); return stops.length"
        ));
        chrome.presses_tab(count.as_u64().unwrap_or_default() + 2);
        chrome.lines("return stops.filter((stop) => !reached.has(stop) && !stop.closest('.tools')).map((stop) => `not reached: ${stop.outerHTML.slice(0, 140)}`)")
    });
}

fn every_page_is_looked_at() {
    let routes = std::fs::read_to_string("src/web/routes.rs").expect("the routes can be read");
    let village = Village::shared();
    let paths: Vec<&str> =
        village.inside.iter().chain(&village.outside).filter_map(|path| path.split('?').next()).collect();
    let fits = |pattern: &str| {
        let same = |path: &&str| {
            let (one, other): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.starts_with(':') || *one == other)
        };
        paths.iter().any(same)
    };
    let pages = routes.lines().filter(|line| line.contains("(Get, ") && line.contains("Page("));
    let patterns: Vec<&str> = pages.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(patterns.len() > 40, "{patterns:?}");
    let left_out: Vec<&str> =
        patterns.into_iter().filter(|pattern| !fits(pattern) && !NO_PAGE.contains(pattern)).collect();
    assert!(left_out.is_empty(), "nobody looks at {left_out:?}");
}

/// What no eye sees: data for programs, files, redirects; and what is only there before anybody is, by a secret link, or
/// when another pod answered.
const NO_PAGE: [&str; 19] = [
    "/podmin/preview/:guid",
    "/podmin/preview/:guid/whole",
    "/podmin/cases/:id/receipt",
    "/podmin/census/:guid/csv",
    "/podmin/census/:guid/letter",
    "/podmin/census/:guid/signed",
    "/people/:guid/stream",
    "/setup",
    "/stream/new",
    "/public/:feed",
    "/p/:guid",
    "/link",
    "/people/suggest",
    "/notifications/unread",
    "/login/forgotten/:code",
    "/settings/mail/confirm/:code",
    "/podmin/limits.csv",
    "/transparency.csv",
    "/settings/archive/photos/:number",
];

fn a_page_of_fifteen_posts_is_small() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    // One third without a comment, one third with one, one third with three: the last ones are shown.
    for number in 0..15 {
        let post = bob.posts(&format!(
            "Post number {number}, about as long as people write: some lines of words with a \
             [link](https://example.org/a/page), *something* with weight, a #tag or two, and a second paragraph.\n\n\
             It ends with a question, as it should when one wants to hear from others. What do you say?"
        ));
        for at in 0..[0, 1, 3][number % 3] {
            bob.comments(&post, &format!("Comment number {at} below it, a sentence long, as most of them are."));
        }
        alice.likes(&post);
    }
    let page = alice.page("/stream");
    assert_eq!(page.posts().len(), 15);
    let size = page.html.len();
    assert!(size <= 60_000, "{size} bytes");
}

//! Pages for everybody: in light and in the dark, on narrow and wide screens, with large letters, read from the right.

use std::cell::OnceCell;

use crate::support::chrome::Chrome;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::tools::AXE;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![AXE;
    axe_finds_no_barrier_in_the_light,
    axe_finds_no_barrier_in_the_dark,
    pages_fit_every_screen_and_letters_of_twice_the_size,
    pages_are_read_from_the_right_too,
    what_is_touched_is_large_enough,
    a_page_of_fifteen_posts_is_small,
];

/// A pod with something on every page.
struct Furnished {
    pod: TestPod,
    /// Pages for alice, who lives here.
    pages: Vec<String>,
}

/// Pages for visitors.
const OUTSIDE: [&str; 5] = ["/", "/login", "/help", "/statistics", "/u/alice"];

fn furnished() -> Furnished {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let text = "# A heading\n\nSome *words* with a [link](https://example.org), `code`, a #tag and a list:\n\n\
                - one\n- two\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |";
    let post = bob.posts(text);
    bob.comments(&post, "A comment of my own");
    bob.likes(&post);
    alice.comments(&post, "An answer");
    alice.reshares(&post);
    let fields = [("text", "Which one?"), ("audience", "public"), ("question", "Which?"), ("answers", "left\nright")];
    bob.does("/posts", &fields);
    bob.posts("Something #nsfw for the shield");
    let picture = {
        let mut file = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut file, 80);
        encoder.encode(&[90; 300 * 200 * 3], 300, 200, jpeg_encoder::ColorType::Rgb).expect("encodes");
        file
    };
    let page = alice.page("/stream");
    let sent = alice.client.submit_files(
        &page,
        "/posts",
        &[("text", "a picture"), ("audience", "public")],
        &[("photos", &picture)],
    );
    assert_eq!(sent.status, 303);
    bob.likes(&alice.sees("a picture").guid);
    bob.does("/conversations", &[("to", &alice.guid()), ("subject", "Seeds"), ("text", "Do you have some?")]);
    let letter = pod.database().text("select guid from conversations", &[]).expect("a conversation");
    alice.does("/followed_tags", &[("tag", "tag")]);
    alice.does("/settings/two-factor", &[]);
    alice.does("/settings/invites", &[("uses", "1")]);
    let people = [alice.guid(), bob.guid()];
    let mut pages: Vec<String> = [
        "/stream",
        "/public",
        "/aspects",
        "/mentions",
        "/followed_tags",
        "/activity",
        "/liked",
        "/commented",
        "/tags/tag",
        "/contacts",
        "/conversations",
        "/conversations/new",
        "/notifications",
        "/people?q=bob",
        "/people?q=picture",
        "/profile",
        "/settings",
        "/settings/pages",
        "/settings/security",
        "/settings/two-factor",
        "/settings/mail",
        "/settings/invites",
        "/help",
        "/nowhere",
    ]
    .map(str::to_owned)
    .into();
    pages.extend(people.iter().map(|guid| format!("/people/{guid}")));
    pages.push(format!("/people/{}/photos", people[0]));
    pages.push(format!("/posts/{post}"));
    pages.push(format!("/posts/{}/delete", alice.sees("a picture").guid));
    pages.push(format!("/conversations/{letter}"));
    pages.push(format!("/aspects/{}", alice.aspects()[0]));
    drop((alice, bob));
    Furnished { pod, pages }
}

impl Furnished {
    /// Shows every page in a window and lets something be looked at on it; says what was wrong where.
    fn walks(&self, chrome: &Chrome, look: impl Fn(&Chrome, &str) -> Vec<String>) {
        let wrong = OnceCell::<()>::new();
        let see = |path: &str| {
            chrome.goes_to(&format!("{}{path}", self.pod.url));
            let found = look(chrome, path);
            if !found.is_empty() {
                let _ = wrong.set(());
                eprintln!("{path}: {found:#?}");
            }
        };
        OUTSIDE.iter().for_each(|path| see(path));
        chrome.goes_to(&format!("{}/login", self.pod.url));
        chrome.types("main [name=name]", "alice");
        chrome.types("main [name=password]", PASSWORD);
        chrome.clicks("main button");
        until("signed in", || (chrome.path() == "/stream").then_some(()));
        self.pages.iter().for_each(|path| see(path));
        assert!(wrong.get().is_none(), "see above");
    }
}

fn axe() -> String {
    std::fs::read_to_string(AXE.path()).expect("axe-core can be read")
}

fn axe_finds_no_barrier_in_the_light() {
    let (house, axe) = (furnished(), axe());
    let chrome = Chrome::open(1280, true);
    chrome.prefers("light");
    house.walks(&chrome, |chrome, _| chrome.barriers(&axe));
}

fn axe_finds_no_barrier_in_the_dark() {
    let (house, axe) = (furnished(), axe());
    let chrome = Chrome::open(360, true);
    chrome.prefers("dark");
    house.walks(&chrome, |chrome, path| {
        chrome.keeps_picture(&format!("360-dark{}", path.split(['?', '/']).collect::<Vec<_>>().join("-")));
        chrome.barriers(&axe)
    });
}

fn pages_fit_every_screen_and_letters_of_twice_the_size() {
    let house = furnished();
    let chrome = Chrome::open(1280, true);
    house.walks(&chrome, |chrome, _| {
        let too_wide = |how: String| {
            let wide = chrome.overflow();
            if wide > 0 { Some(format!("{wide} px too wide {how}")) } else { None }
        };
        let mut wrong: Vec<String> = Vec::new();
        for width in [320, 768, 1920] {
            chrome.widens_to(width);
            wrong.extend(too_wide(format!("at {width}")));
        }
        chrome.widens_to(1280);
        chrome.runs("document.documentElement.style.fontSize = '200%'");
        wrong.extend(too_wide("with letters of twice the size".to_owned()));
        wrong
    });
}

fn pages_are_read_from_the_right_too() {
    let house = furnished();
    let chrome = Chrome::open(360, true);
    house.walks(&chrome, |chrome, path| {
        chrome.runs("document.documentElement.dir = 'rtl'");
        if path == "/stream" {
            chrome.keeps_picture("360-rtl-stream");
        }
        let wide = chrome.overflow();
        if wide > 0 { vec![format!("{wide} px too wide")] } else { Vec::new() }
    });
}

fn what_is_touched_is_large_enough() {
    // What stands in running text may be smaller (WCAG 2.2, 2.5.8); the menu, buttons and fields may not.
    let script = "return [...document.querySelectorAll('button, summary, .button, .tool, .deed, .menu a, .tabs a, label:has(> input), select, input:not([type=hidden], [type=checkbox], [type=radio], .sr)')]
        .filter((thing) => thing.checkVisibility({ visibilityProperty: true }) && !thing.closest('.sr'))
        .map((thing) => [thing, thing.getBoundingClientRect()])
        .filter(([thing, box]) => box.height < 43.5 || box.width < 43.5)
        .map(([thing, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${thing.outerHTML.slice(0, 120)}`)";
    let house = furnished();
    let chrome = Chrome::open(360, true);
    house.walks(&chrome, |chrome, _| {
        let found = chrome.runs(script);
        let lines = found.as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
    });
}

fn a_page_of_fifteen_posts_is_small() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    for number in 0..15 {
        let post = bob.posts(&format!(
            "Post number {number}, about as long as people write: two lines of words, perhaps a third."
        ));
        bob.comments(&post, "a comment below");
    }
    let page = alice.page("/stream");
    assert_eq!(page.posts().len(), 15);
    let size = page.html.len();
    assert!(size <= 60_000, "{size} bytes");
}

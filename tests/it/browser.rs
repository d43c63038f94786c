//! The pod clicked through in a real browser, on a phone and on a desk, with and without scripts.

use crate::support::chrome::Chrome;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::tools::CHROMIUM;
use crate::support::trials;
use crate::support::wait::until;

trials![CHROMIUM;
    a_pod_is_set_up_and_lived_in_on_a_phone,
    a_pod_is_set_up_and_lived_in_on_a_phone_without_scripts,
    a_pod_is_set_up_and_lived_in_on_a_desk,
    a_pod_is_set_up_and_lived_in_on_a_desk_without_scripts,
    a_person_of_another_pod_is_found_and_shared_with,
    long_words_and_many_posts_fit_a_phone,
];

fn a_pod_is_set_up_and_lived_in_on_a_phone() {
    set_up_and_live_in(360, true);
}

fn a_pod_is_set_up_and_lived_in_on_a_phone_without_scripts() {
    set_up_and_live_in(360, false);
}

fn a_pod_is_set_up_and_lived_in_on_a_desk() {
    set_up_and_live_in(1280, true);
}

fn a_pod_is_set_up_and_lived_in_on_a_desk_without_scripts() {
    set_up_and_live_in(1280, false);
}

/// One way through the whole pod.
struct Walk<'a> {
    pod: &'a TestPod,
    chrome: Chrome,
    /// For the names of the pictures.
    way: String,
}

impl Walk<'_> {
    fn new(pod: &TestPod, width: u32, scripts: bool) -> Walk<'_> {
        let way = format!("{width}{}", if scripts { "" } else { "-plain" });
        Walk { pod, chrome: Chrome::open(width, scripts), way }
    }

    fn goes_to(&self, path: &str) {
        self.chrome.goes_to(&format!("{}{path}", self.pod.url));
    }

    /// Nothing sticks out, nothing complains; a picture is kept.
    fn looks_right(&self, page: &str) {
        self.chrome.keeps_picture(&format!("{}-{page}", self.way));
        assert!(self.chrome.overflow() <= 0, "{page} is {} px too wide at {}", self.chrome.overflow(), self.way);
        let complaints = self.chrome.complaints();
        assert!(complaints.is_empty(), "{page} at {}: {complaints:?}", self.way);
    }

    fn arrives_at(&self, path: &str) {
        until(&format!("{path}, from {}: {}", self.chrome.path(), self.chrome.reads("body")), || {
            (self.chrome.path() == path).then_some(())
        });
    }

    fn signs_in(&self, name: &str) {
        self.goes_to("/login");
        self.chrome.types("main [name=name]", name);
        self.chrome.types("main [name=password]", PASSWORD);
        self.looks_right("login");
        self.chrome.clicks("main button");
        self.arrives_at("/stream");
    }
}

/// The code that the pod printed when it started.
fn set_up_code(pod: &TestPod) -> String {
    until("the code in the log", || {
        let log = pod.log();
        let rest = log.split("set-up code: ").nth(1)?;
        Some(rest.split_whitespace().next()?.to_owned())
    })
}

fn set_up_and_live_in(width: u32, scripts: bool) {
    let pod = TestPod::empty();
    let walk = Walk::new(&pod, width, scripts);
    let chrome = &walk.chrome;

    walk.goes_to("/");
    walk.arrives_at("/setup");
    chrome.types("[name=code]", &set_up_code(&pod));
    chrome.types("main [name=name]", "alice");
    chrome.types("main [name=password]", PASSWORD);
    walk.looks_right("setup");
    chrome.clicks("main form .button.main");
    until("set-up to end", || (chrome.path() != "/setup").then_some(()));
    if !chrome.has("nav.menu") {
        walk.signs_in("alice");
    }

    walk.goes_to("/stream");
    walk.looks_right("stream-empty");
    chrome.types("[name=text]", "My *first* post from a browser #seed");
    chrome.clicks(".composer .audience summary");
    chrome.clicks(".composer [value=public]");
    chrome.clicks(".composer button.main");
    chrome.sees("My first post from a browser");
    walk.goes_to("/stream");
    chrome.sees("My first post from a browser");
    walk.looks_right("stream");

    chrome.clicks("article.post [formaction$='/like']");
    until("the like to count", || chrome.has("article.post [data-likes='1']").then_some(()));
    chrome.clicks("article.post a.u-time");
    until("the post's page", || chrome.path().starts_with("/posts/").then_some(()));
    chrome.types("form.say [name=text]", "And a first comment");
    chrome.clicks("form.say button.main");
    chrome.sees("And a first comment");
    walk.looks_right("post");
    chrome.clicks("article.comment [href$='/delete']");
    until("the question", || chrome.path().ends_with("/delete").then_some(()));
    walk.looks_right("delete");
    chrome.clicks("main .button.danger");
    until("the comment to go", || {
        (!chrome.has("article.comment") && !chrome.path().ends_with("/delete")).then_some(())
    });

    walk.goes_to("/profile");
    chrome.types("[name=first_name]", "Alice");
    chrome.types("[name=bio]", "I live in a *browser*.");
    walk.looks_right("profile");
    chrome.clicks("main form .button.main");
    until("the profile to be kept", || chrome.reads("main").contains("Alice").then_some(()));
    walk.looks_right("person");

    for page in ["public", "contacts", "notifications", "people", "settings"] {
        walk.goes_to(&format!("/{page}"));
        walk.looks_right(page);
    }
    walk.goes_to("/contacts");
    chrome.types("main [name=name]", "Gardeners");
    chrome.clicks("main form[action='/aspects'] button");
    chrome.sees("Gardeners");

    walk.goes_to("/settings");
    chrome.clicks("form[action='/logout'] button");
    until("signed out", || chrome.has("a[href^='/login']").then_some(()));
    walk.goes_to("/");
    walk.looks_right("landing");
    walk.goes_to("/u/alice");
    chrome.sees("My first post from a browser");
    walk.looks_right("visitor");
    walk.signs_in("alice");
}

fn a_person_of_another_pod_is_found_and_shared_with() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    bob.posts("before you knew me");
    let walk = Walk::new(&a, 360, false);
    let chrome = &walk.chrome;
    walk.signs_in("alice");
    walk.goes_to("/people");
    chrome.types("main [name=q]", &bob.handle());
    chrome.clicks("main form button");
    let person = format!("a[href='/people/{}']", bob.guid());
    until("bob to be found", || {
        (chrome.has(&person) || chrome.path() == format!("/people/{}", bob.guid())).then_some(())
    });
    walk.goes_to(&format!("/people/{}", bob.guid()));
    chrome.clicks(".picker summary");
    chrome.clicks(".picker [name=aspects]");
    walk.looks_right("picker");
    chrome.clicks(".picker button");
    until("bob to know", || bob.is_shared_with_by(&alice.handle()).then_some(()));
    bob.shares_with(&alice.handle());
    until("a notice", || alice.page("/stream").number("data-unread").filter(|count| *count > 0));
    bob.posts("now you know me");
    alice.sees("now you know me");
    walk.goes_to("/stream");
    chrome.sees("now you know me");
    walk.looks_right("stream-shared");
    walk.goes_to("/notifications");
    walk.looks_right("notifications-unread");
    chrome.clicks("form[action='/notifications/read'] .button");
    until("nothing unread", || (alice.page("/stream").number("data-unread") == Some(0)).then_some(()));
}

fn long_words_and_many_posts_fit_a_phone() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3);
    alice.posts(&format!(
        "# {long}\n\n`{long}`\n\n```\n{long} {long}\n```\n\n> {long}\n\n| a | b |\n|---|---|\n| {long} | c |"
    ));
    alice.posts(&format!("https://example.org/{}", long.replace('ä', "ae")));
    for number in 0..25 {
        alice.posts(&format!("post number {number}"));
    }
    let walk = Walk::new(&pod, 360, true);
    walk.signs_in("alice");
    walk.looks_right("stream-many");
    let posts = || walk.chrome.runs("return document.querySelectorAll('.stream > .post').length").as_i64().unwrap_or(0);
    let first = posts();
    assert!((10..27).contains(&first), "{first} posts on the first page");
    walk.chrome.runs("window.scrollTo(0, document.body.scrollHeight)");
    until("more posts when the end comes near", || (posts() > first).then_some(()));
    walk.goes_to("/stream");
    walk.chrome.runs("document.querySelector('a[rel=next]').scrollIntoView()");
    let last = until("the last posts", || {
        walk.chrome.runs("window.scrollTo(0, document.body.scrollHeight)");
        (posts() == 27).then_some(posts())
    });
    assert_eq!(last, 27);
    walk.looks_right("stream-long");
}

//! What the script adds to pages that work without it, tried in a real browser.

use serde_json::json;

use crate::support::chrome::Chrome;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::tools::CHROMIUM;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![CHROMIUM;
    keys_go_through_the_stream_and_do_what_buttons_do,
    control_and_enter_send_what_one_writes,
    new_posts_are_announced_without_a_new_page,
    text_that_was_not_sent_survives_a_reload,
    text_that_was_not_sent_is_not_there_for_the_next_person,
    the_tools_write_the_signs_of_markdown,
    pictures_are_chosen_dropped_and_pasted,
    a_picture_is_looked_at_large,
    whom_one_may_mean_is_offered_while_one_types,
    long_posts_are_folded_and_unfolded,
    the_pod_can_be_installed_and_takes_what_is_shared,
    the_bookmark_of_the_help_opens_the_composer,
    all_shields_of_a_page_open_at_once,
    links_of_the_network_can_open_here,
];

const CONTROL: &str = "\u{e009}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

/// Alice's window, signed in, at her stream.
fn window(pod: &TestPod) -> Chrome {
    let chrome = Chrome::open(1280, true);
    chrome.signs_in(pod, "alice");
    chrome
}

/// Alice and bob, who share with each other.
fn household() -> TestPod {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    befriend(&pod.user("alice"), &pod.user("bob"));
    pod
}

impl Chrome {
    /// Somebody signs in, in the same window as whoever was there before.
    fn signs_in(&self, pod: &TestPod, name: &str) {
        self.goes_to(&format!("{}/settings", pod.url));
        if self.path() == "/settings" {
            self.runs("document.querySelector('form[action=\"/logout\"]').submit()");
            until("signed out", || (self.path() != "/settings").then_some(()));
        }
        self.goes_to(&format!("{}/login", pod.url));
        self.types("main [name=name]", name);
        self.types("main [name=password]", PASSWORD);
        self.clicks("main button");
        until("signed in", || (self.path() == "/stream").then_some(()));
    }

    fn is_true(&self, expression: &str) -> bool {
        self.runs(&format!("return Boolean({expression})")) == true
    }

    fn comes_true(&self, expression: &str) {
        until(&format!("{expression} on {}", self.path()), || self.is_true(expression).then_some(()));
    }

    fn says(&self, expression: &str) -> String {
        self.runs(&format!("return String({expression})")).as_str().unwrap_or_default().to_owned()
    }
}

fn keys_go_through_the_stream_and_do_what_buttons_do() {
    let pod = household();
    let bob = pod.user("bob");
    let link = format!("{}/help", pod.url);
    let older = bob.posts(&format!("the older one with a [link]({link})"));
    let newer = bob.posts("the newer one");
    let chrome = window(&pod);
    let at = || chrome.says("document.activeElement.dataset.guid");
    chrome.presses(&["j"]);
    assert_eq!(at(), newer);
    chrome.presses(&["j"]);
    assert_eq!(at(), older);
    chrome.presses(&["j"]);
    assert_eq!(at(), older, "there is no further one");
    chrome.presses(&["k"]);
    assert_eq!(at(), newer);
    chrome.presses(&["l"]);
    until("the like to count", || chrome.has(&format!("[data-guid='{newer}'] [data-likes='1']")).then_some(()));
    assert!(chrome.is_true("document.activeElement.matches('[formaction$=unlike]')"), "one is still at the post");
    chrome.presses(&["l"]);
    until("the like to be taken back", || chrome.has(&format!("[data-guid='{newer}'] [data-likes='0']")).then_some(()));
    chrome.presses(&["r"]);
    bob.sees_reshares(&newer, 1);
    chrome.goes_to(&format!("{}/stream", pod.url));
    chrome.presses(&["j"]);
    chrome.presses(&["c"]);
    until("the page of the post", || chrome.path().starts_with("/posts/").then_some(()));
    chrome.goes_to(&format!("{}/posts/{older}", pod.url));
    chrome.presses(&["o"]);
    until("its link", || (chrome.path() == "/help").then_some(()));
    chrome.goes_to(&format!("{}/stream", pod.url));
    chrome.types(".composer [name=text]", "jolly kilt");
    assert_eq!(
        chrome.says("document.querySelector('.composer [name=text]').value"),
        "jolly kilt",
        "writing is writing"
    );
}

fn control_and_enter_send_what_one_writes() {
    let pod = household();
    let chrome = window(&pod);
    chrome.types(".composer [name=text]", "sent by two keys");
    chrome.presses(&[CONTROL, ENTER]);
    until("the post", || pod.user("alice").page("/stream").post("sent by two keys"));
    chrome.sees("Your post is on its way.");
    assert_eq!(chrome.says("document.querySelector('.composer [name=text]').value"), "");
}

fn new_posts_are_announced_without_a_new_page() {
    let pod = household();
    let bob = pod.user("bob");
    bob.posts("the first");
    let chrome = window(&pod);
    chrome.sees("the first");
    let comes_back = "document.dispatchEvent(new Event('visibilitychange'))";
    bob.posts("the second");
    chrome.runs(comes_back);
    until("the announcement", || chrome.has(".news").then_some(()));
    assert_eq!(chrome.reads(".news"), "1 new post");
    assert!(chrome.is_true("document.querySelector('.news').role === 'status'"));
    bob.likes(&pod.user("alice").posts("mine"));
    chrome.runs(comes_back);
    chrome.comes_true("document.title.startsWith('(') && document.querySelector('.news').textContent.startsWith('2')");
    chrome.clicks(".news a");
    chrome.sees("the second");
    assert!(!chrome.has(".news"));
}

fn text_that_was_not_sent_survives_a_reload() {
    let pod = household();
    let post = pod.user("bob").posts("a post to talk about");
    let chrome = window(&pod);
    chrome.types(".composer [name=text]", "half a thought");
    chrome.goes_to(&format!("{}/posts/{post}", pod.url));
    chrome.types("form.say [name=text]", "half an answer");
    chrome.goes_to(&format!("{}/stream", pod.url));
    assert_eq!(chrome.says("document.querySelector('.composer [name=text]').value"), "half a thought");
    chrome.clicks(".composer button.main");
    chrome.sees("Your post is on its way.");
    chrome.goes_to(&format!("{}/stream", pod.url));
    assert_eq!(chrome.says("document.querySelector('.composer [name=text]').value"), "", "what was sent is not kept");
    chrome.goes_to(&format!("{}/posts/{post}", pod.url));
    assert_eq!(chrome.says("document.querySelector('form.say [name=text]').value"), "half an answer");
}

fn text_that_was_not_sent_is_not_there_for_the_next_person() {
    let pod = household();
    let post = pod.user("bob").posts("a post to talk about");
    let chrome = window(&pod);
    let written = || chrome.says("[...document.querySelectorAll('main textarea')].map((area) => area.value).join('')");
    chrome.types(".composer [name=text]", "dear diary");
    chrome.goes_to(&format!("{}/posts/{post}", pod.url));
    chrome.types("form.say [name=text]", "dear bob");
    chrome.signs_in(&pod, "bob");
    assert_eq!(written(), "");
    chrome.goes_to(&format!("{}/posts/{post}", pod.url));
    assert_eq!(written(), "");
    chrome.signs_in(&pod, "alice");
    assert_eq!(written(), "dear diary", "it waits for whoever wrote it");
}

fn the_tools_write_the_signs_of_markdown() {
    let pod = household();
    let chrome = window(&pod);
    let area = "document.querySelector('.composer [name=text]')";
    let write = |text: &str, from: usize, to: usize, tool: usize| {
        chrome.runs(&format!("{area}.value = {}; {area}.focus(); {area}.setSelectionRange({from}, {to})", json!(text)));
        chrome.clicks(&format!(".tools .tool:nth-child({tool})"));
        chrome.says(&format!("{area}.value"))
    };
    assert_eq!(write("so bold here", 3, 7, 1), "so **bold** here");
    assert_eq!(write("", 0, 0, 2), "**");
    assert_eq!(chrome.says(&format!("{area}.selectionStart")), "1", "one writes between the signs");
    assert_eq!(write("one\ntwo", 5, 5, 3), "one\n## two");
    assert_eq!(write("a word", 2, 6, 4), "a [word](https://)");
    assert_eq!(write("one\ntwo", 0, 7, 6), "- one\n- two");
    assert_eq!(write("one\ntwo", 1, 6, 7), "> one\n> two");
    assert!(chrome.is_true("document.activeElement.name === 'text'"));
}

fn pictures_are_chosen_dropped_and_pasted() {
    let pod = household();
    let chrome = window(&pod);
    // A picture larger than is sent, made in the browser.
    chrome.runs(
        "const canvas = document.createElement('canvas'); canvas.width = 3000; canvas.height = 1500;
        canvas.getContext('2d').fillRect(0, 0, 900, 900);
        canvas.toBlob((blob) => { window.data = new DataTransfer(); data.items.add(new File([blob], 'a.jpg', { type: 'image/jpeg' })); }, 'image/jpeg')",
    );
    chrome.comes_true("window.data");
    let come = |count: usize| {
        chrome.comes_true(&format!("document.querySelectorAll('.brought img').length === {count} && !document.querySelector('.composer[aria-busy]')"));
    };
    let composer = "document.querySelector('.composer')";
    chrome.runs(&format!(
        "{composer}.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }}))"
    ));
    come(1);
    chrome.runs("document.querySelector('.composer textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))");
    come(2);
    chrome.runs("const input = document.querySelector('#photos'); input.files = data.files; input.dispatchEvent(new Event('change', { bubbles: true }))");
    come(3);
    assert_eq!(pod.database().number("select max(width) from photos", &[]), 2048, "made smaller before it was sent");
    chrome.clicks(".brought li:nth-child(2) [name=drop]");
    come(2);
    until("the photo to be forgotten", || {
        (pod.database().number("select count(*) from photos", &[]) == 2).then_some(())
    });
    chrome.types(".brought li:nth-child(1) textarea", "black on nothing");
    chrome.types(".composer [name=text]", "two of them");
    chrome.clicks(".composer > .row button.main");
    let post = until("the post", || pod.user("alice").page("/stream").post("two of them"));
    assert_eq!(post.html.matches("class=\"pic\"").count(), 2);
    assert!(post.html.contains("alt=\"black on nothing\""));
}

fn a_picture_is_looked_at_large() {
    let pod = household();
    let alice = pod.user("alice");
    let picture = crate::support::paint::jpeg(crate::support::paint::Scene::Morning, 300, 200);
    let files: Vec<(&str, &[u8])> = vec![("photos", &picture), ("photos", &picture)];
    let fields = [("text", "two views"), ("audience", "public")];
    assert_eq!(alice.client.submit_files(&alice.page("/stream"), "/posts", &fields, &files).status, 303);
    let chrome = window(&pod);
    chrome.clicks(".post a.pic:nth-child(1)");
    chrome.comes_true("document.querySelector('dialog.light')?.open");
    let first = chrome.says("document.querySelector('dialog img').src");
    chrome.presses(&[RIGHT]);
    assert_ne!(chrome.says("document.querySelector('dialog img').src"), first, "the next one");
    chrome.presses(&[ESCAPE]);
    chrome.comes_true("!document.querySelector('dialog') && document.activeElement.matches('a.pic')");
    assert_eq!(chrome.path(), "/stream");
}

fn whom_one_may_mean_is_offered_while_one_types() {
    let pod = household();
    let chrome = window(&pod);
    chrome.types(".composer [name=text]", "Hello @bo");
    until("bob to be offered", || chrome.has(".suggest button").then_some(()));
    chrome.presses(&[DOWN]);
    chrome.presses(&[ENTER]);
    let text = chrome.says("document.querySelector('.composer [name=text]').value");
    assert_eq!(text, format!("Hello @{{bob; {}}} ", pod.handle("bob")));
    assert!(!chrome.has(".suggest"));
}

fn long_posts_are_folded_and_unfolded() {
    let pod = household();
    pod.user("bob").posts(&["A line of many."; 60].join("\n\n"));
    let chrome = window(&pod);
    let height = "document.querySelector('.post .text').clientHeight";
    assert!(chrome.is_true(&format!("{height} < 600")));
    chrome.presses(&["j"]);
    chrome.presses(&["m"]);
    assert!(chrome.is_true(&format!("{height} > 1000")));
}

fn the_pod_can_be_installed_and_takes_what_is_shared() {
    let pod = household();
    let chrome = window(&pod);
    let errors = chrome.asks_devtools("Page.getInstallabilityErrors", json!({}));
    assert_eq!(errors["installabilityErrors"], json!([]), "{errors}");
    let manifest = chrome.asks_devtools("Page.getAppManifest", json!({}));
    assert_eq!(manifest["errors"], json!([]), "{manifest}");
    // As a phone does it: the three words of the manifest.
    let target: serde_json::Value =
        serde_json::from_str(manifest["data"].as_str().expect("the manifest")).expect("JSON");
    let names = &target["share_target"]["params"];
    let query = format!(
        "{}?{}=A+walk&{}=in+the+rain&{}=https%3A%2F%2Fexample.org%2Fwalk",
        target["share_target"]["action"].as_str().expect("an action"),
        names["title"].as_str().expect("a title"),
        names["text"].as_str().expect("a text"),
        names["url"].as_str().expect("an address"),
    );
    chrome.goes_to(&format!("{}{query}", pod.url));
    let text = chrome.says("document.querySelector('.composer [name=text]').value");
    assert_eq!(text, "[A walk](https://example.org/walk)\n\nin the rain");
}

fn the_bookmark_of_the_help_opens_the_composer() {
    let pod = household();
    pod.user("bob").posts("a page worth sharing");
    let chrome = window(&pod);
    chrome.goes_to(&format!("{}/help", pod.url));
    let code = chrome.says("document.querySelector('a[href^=\"javascript:\"]').href");
    chrome.goes_to(&format!("{}/statistics", pod.url));
    // As a click on it in the browser's bar: run on the page one reads.
    chrome.runs(&format!(
        "window.open = (url) => {{ location.href = url; }}; {}",
        percent_decoded(&code["javascript:".len()..])
    ));
    until("the composer", || (chrome.path() == "/bookmarklet").then_some(()));
    let text = chrome.says("document.querySelector('.composer [name=text]').value");
    assert!(text.contains(&format!("({}/statistics)", pod.url)) && text.contains("Statistics"), "{text}");
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B").replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn all_shields_of_a_page_open_at_once() {
    let pod = household();
    let alice = pod.user("alice");
    for number in 0..3 {
        alice.posts(&format!("number {number} #nsfw"));
    }
    let chrome = window(&pod);
    assert!(chrome.is_true("!document.querySelector('.shield[open]')"));
    chrome.clicks(".shield summary");
    chrome.clicks(".unveil");
    chrome.comes_true("document.querySelectorAll('.shield[open]').length === 3");
    assert!(chrome.is_true("!document.querySelector('.unveil')"));
}

fn links_of_the_network_can_open_here() {
    let pod = household();
    let alice = pod.user("alice");
    let chrome = window(&pod);
    chrome.goes_to(&format!("{}/settings", pod.url));
    chrome.runs("navigator.registerProtocolHandler = (scheme, url) => { document.title = scheme + ' ' + url; }");
    chrome.clicks("[data-handler] button");
    assert_eq!(chrome.says("document.title"), format!("web+diaspora {}/link?q=%s", pod.url));
    let post = alice.posts("here");
    let link = format!("web%2Bdiaspora%3A%2F%2F{}%2Fpost%2F{post}", alice.handle().replace(':', "%3A"));
    assert_eq!(alice.page(&format!("/link?q={link}")).path, format!("/posts/{post}"));
}

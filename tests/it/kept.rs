//! Words typed when the session was over: they come back after signing in, and nothing happens before their author
//! looked at them again.

use crate::account::with_app;
use crate::cases::case_about;
use crate::support::http::{Answer, Client};
use crate::support::page::Page;
use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::{User, befriend};

trials![
    what_was_typed_when_the_session_was_over_is_there_again_after_signing_in,
    words_that_another_site_sends_are_not_kept,
    words_survive_a_wrong_password_and_too_much_is_not_kept,
    words_survive_the_second_step,
    words_survive_a_form_of_the_session_before,
    words_of_visitors_survive_a_form_that_was_open_for_days,
    all_that_is_long_is_kept_in_any_script,
];

const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a form as a browser does that says where the page came from.
fn sends(client: &Client, path: &str, origin: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    client.post_with(path, &[("content-type", FORM), ("origin", origin)], form.finish().as_bytes())
}

fn page(path: &str, answer: &Answer) -> Page {
    Page { path: path.to_owned(), status: answer.status, html: answer.text() }
}

/// All sessions end.
fn sessions_end(pod: &TestPod) {
    assert!(pod.stop());
    pod.change("delete from sessions");
    pod.start();
}

/// Signs in on the page that came instead, with what it keeps.
fn signs_in(client: &Client, door: &Page, password: &str) -> Answer {
    let (next, kept) = (door.field("next").unwrap_or_default(), door.field("kept").unwrap_or_default());
    let fields = [("name", "alice"), ("password", password), ("next", &next), ("kept", &kept)];
    client.submit(door, "/login", &fields)
}

/// Types words, is asked to sign in, signs in, and sees them again.
fn sees_again(alice: &User, path: &str, fields: &[(&str, &str)], words: &str) -> Page {
    let asked =
        sends(&alice.client, path, &alice.pod.url, &[&[("csrf", "of a session that is over")], fields].concat());
    assert_eq!(asked.status, 403, "{}", asked.text());
    let door = page(path, &asked);
    assert!(door.html.contains("What you wrote is not lost"), "{}", door.html);
    let again = signs_in(&alice.client, &door, PASSWORD);
    assert_eq!(again.status, 200, "{}", again.text());
    let again = page(path, &again);
    assert!(again.html.contains(&format!("{words}</textarea>")), "{}", again.html);
    assert!(again.attributes("form", "action").contains(&path.to_owned()), "{}", again.html);
    again
}

fn what_was_typed_when_the_session_was_over_is_there_again_after_signing_in() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let post = bob.posts("a post of bob's");
    let case = case_about(&alice, "post", &post);
    alice.does("/conversations", &[("to", &alice.finds(&bob.handle())), ("subject", "hello"), ("text", "a message")]);
    let letter = pod.database().text("select guid from conversations", &[]).expect("a conversation");
    let count = |table: &str| pod.database().number(&format!("select count(*) from {table}"), &[]);
    /// What grows, where the words go, and with what.
    type Try<'a> = (&'a str, String, &'a [(&'a str, &'a str)]);
    let tries: [Try; 4] = [
        ("posts", "/posts".to_owned(), &[("text", "long & thoughtful \"words\""), ("audience", "public")]),
        ("comments", format!("/posts/{post}/comments"), &[("text", "a long answer")]),
        ("messages", format!("/conversations/{letter}/messages"), &[("text", "dear bob")]),
        ("steps", format!("/podmin/cases/{case}"), &[("decision", "hold"), ("why", "it breaks the rules of this pod")]),
    ];
    for (table, path, fields) in tries {
        sessions_end(&pod);
        let words = fields.iter().find(|(name, _)| ["text", "why"].contains(name)).expect("words").1;
        let shown = words.replace('&', "&amp;").replace('"', "&quot;");
        let before = count(table);
        let again = sees_again(&alice, &path, fields, &shown);
        assert_eq!(count(table), before, "{path}: nothing is done before one looked at it");
        assert!(!again.html.contains("of a session that is over"));
        let others: Vec<(&str, String)> = fields
            .iter()
            .filter(|(name, _)| !["text", "why"].contains(name))
            .map(|(name, _)| (*name, again.field(name).unwrap_or_else(|| panic!("{name}: {}", again.html))))
            .collect();
        let written = fields.iter().filter(|(name, _)| ["text", "why"].contains(name)).copied();
        let all: Vec<(&str, &str)> =
            others.iter().map(|(name, value)| (*name, value.as_str())).chain(written).collect();
        let sent = alice.client.submit(&again, &path, &all);
        assert!(matches!(sent.status, 200 | 303), "{path}: {} {}", sent.status, sent.text());
        assert!(count(table) > before, "{path}");
    }
    assert_eq!(pod.visitor().get(&format!("/posts/{post}")).status, 404, "it is held");
    assert_eq!(pod.database().number("select count(*) from posts where public and text like 'long & %'", &[]), 1);
}

fn words_that_another_site_sends_are_not_kept() {
    let pod = TestPod::new("alice");
    // A browser sends no cookie along with a form of another site, so that looks like a session that is over.
    let browser = pod.visitor();
    let fields = [("text", "planted words"), ("audience", "public")];
    let led_away = |answer: Answer| {
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
        assert!(!answer.text().contains("planted"));
    };
    led_away(sends(&browser, "/posts", "https://evil.example", &fields));
    led_away(sends(&browser, "/posts", "null", &fields));
    led_away(browser.post("/posts", FORM, b"text=planted+words&audience=public"));
    for site in ["cross-site", "same-site", "none"] {
        let headers = [("content-type", FORM), ("sec-fetch-site", site)];
        led_away(browser.post_with("/posts", &headers, b"text=planted+words&audience=public"));
    }
    // Nor does it where somebody is signed in and the token does not fit.
    let alice = pod.user("alice");
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
        let headers = [("content-type", FORM), (name, value)];
        let answer = alice.client.post_with("/posts", &headers, b"csrf=x&text=planted+words&audience=public");
        assert!(answer.status == 403 && !answer.text().contains("planted"), "{name}: {value} {}", answer.text());
    }
    // Nor can it fill the page for signing in.
    let planted = browser.page("/login?next=/posts&kept=text%3Dplanted");
    assert!(!planted.html.contains("planted"), "{}", planted.html);
}

fn words_survive_a_wrong_password_and_too_much_is_not_kept() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    sessions_end(&pod);
    let fields = [("text", "words worth keeping"), ("audience", "public")];
    let asked = page("/posts", &sends(&alice.client, "/posts", &pod.url, &fields));
    let wrong = page("/login", &signs_in(&alice.client, &asked, "wrong"));
    assert_eq!((wrong.status, wrong.field("kept")), (422, asked.field("kept")));
    assert!(signs_in(&alice.client, &wrong, PASSWORD).text().contains("words worth keeping</textarea>"));
    sessions_end(&pod);
    let long = "x".repeat(300_000);
    assert_eq!(sends(&alice.client, "/posts", &pod.url, &[("text", &long)]).status, 303);
    assert_eq!(sends(&alice.client, "/posts", &pod.url, &[("audience", "public")]).status, 303);
}

fn words_survive_the_second_step() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (_, codes) = with_app(&alice);
    sessions_end(&pod);
    let fields = [("text", "words worth keeping"), ("audience", "public")];
    let door = page("/posts", &sends(&alice.client, "/posts", &pod.url, &fields));
    let mut asked = page("/login", &signs_in(&alice.client, &door, PASSWORD));
    let gives = |asked: &Page, code: &str| {
        let field = |name: &str| asked.field(name).unwrap_or_else(|| panic!("{name}: {}", asked.html));
        let fields =
            [("ticket", &*field("ticket")), ("next", &field("next")), ("kept", &field("kept")), ("code", code)];
        alice.client.submit(asked, "/login/code", &fields)
    };
    asked = page("/login/code", &gives(&asked, "000000"));
    assert_eq!(asked.status, 422);
    let again = gives(&asked, &codes[0]).text();
    assert!(again.contains("words worth keeping</textarea>"), "{again}");
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0);
}

fn words_survive_a_form_of_the_session_before() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let fields = [("csrf", "of the session before"), ("text", "words worth keeping"), ("audience", "public")];
    let again = sends(&alice.client, "/posts", &pod.url, &fields);
    assert_eq!(again.status, 403);
    let again = page("/posts", &again);
    assert!(again.html.contains("words worth keeping</textarea>"), "{}", again.html);
    assert_eq!(pod.database().number("select count(*) from posts", &[]), 0, "nothing is done before one looked at it");
    let fields = [("text", "words worth keeping"), ("audience", &*again.field("audience").expect("the audience"))];
    assert_eq!(alice.client.submit(&again, "/posts", &fields).status, 303);
    assert_eq!(pod.database().number("select count(*) from posts where public", &[]), 1);
    // A password is shown to nobody.
    let long = "x".repeat(150);
    let fields = [("csrf", "of the session before"), ("old", PASSWORD), ("new", &long)];
    let answer = sends(&alice.client, "/settings/password", &pod.url, &fields);
    assert!(answer.status == 403 && !answer.text().contains(&long), "{}", answer.text());
}

fn words_of_visitors_survive_a_form_that_was_open_for_days() {
    let pod = TestPod::new("alice");
    let url = format!("{}/posts/{}", pod.url, pod.user("alice").posts("Something"));
    let visitor = pod.visitor();
    // Each form is good for a day from when it was shown.
    for path in ["/report", "/login", "/report"] {
        let shown = visitor.get(path);
        assert!(shown.header("set-cookie").starts_with("visit="), "{path}: {:?}", shown.headers);
    }
    let (url, words) = (("url", url.as_str()), ("text", "This is my address."));
    let fields = [("csrf", "of long ago"), url, words, ("ground", "privacy"), ("good_faith", "1")];
    let who = [("name_of", "Dora"), ("email", "dora@mail.example")];
    let again = sends(&visitor, "/report", &pod.url, &[&fields[..], &who].concat());
    assert_eq!(again.status, 403);
    let again = page("/report", &again);
    assert!(again.html.contains("This is my address.</textarea>"), "{}", again.html);
    assert_eq!(again.field("name_of").as_deref(), Some("Dora"));
    let sent = visitor.submit(&again, "/report", &[&fields[1..], &who].concat());
    assert_eq!(sent.status, 200, "{}", sent.text());
}

fn all_that_is_long_is_kept_in_any_script() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (bio, text) = ("a long life, ".repeat(12), "長".repeat(65_000));
    for (path, field, words) in [("/profile", "bio", bio.trim()), ("/posts", "text", &text)] {
        sessions_end(&pod);
        sees_again(&alice, path, &[(field, words)], words);
    }
}

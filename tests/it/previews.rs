//! What links in posts lead to.

use crate::support::double::{Double, entity};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    a_link_shows_what_its_page_tells,
    a_page_without_opengraph_is_asked_for_its_oembed_document,
    a_page_is_asked_once_however_many_post_it,
    what_a_page_tells_is_only_text,
    a_link_to_something_else_than_a_page_shows_nothing,
    an_author_who_wants_no_preview_gets_none,
    a_picture_is_no_link,
];

const PAGE: &str = "text/html; charset=utf-8";

impl User<'_> {
    fn sees_preview(&self, post: &str, words: &str) -> String {
        until(&format!("a preview with {words:?}"), || {
            let html = self.thread(post).html;
            let preview = html.split("<a class=\"link\"").nth(1)?.split("</a>").next()?.to_owned();
            preview.contains(words).then_some(preview)
        })
    }
}

/// Waits until everything that was needed has been fetched, or given up.
fn all_is_fetched(pod: &TestPod) {
    until("nothing to be needed", || (pod.database().number("select count(*) from needs", &[]) == 0).then_some(()));
}

fn a_link_shows_what_its_page_tells() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    let page = "<html><head><meta property=\"og:title\" content=\"Seeds &amp; wind\">\
                <meta property=\"og:description\" content=\"How far they fly\"><meta property=\"og:image\" content=\"/seed.png\">";
    web.answers("/far", PAGE, page);
    let post = alice.posts(&format!("look: [there]({}/far), it is good", web.url()));
    let preview = alice.sees_preview(&post, "Seeds &amp; wind");
    assert!(preview.contains("How far they fly") && preview.contains("src=\"/proxy/"), "{preview}");
    assert!(preview.contains(&format!("href=\"{}/far\"", web.url())), "{preview}");
}

fn a_page_without_opengraph_is_asked_for_its_oembed_document() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    let page = "<html><head><title>Video 17</title><link rel=\"alternate\" type=\"application/json+oembed\" href=\"/oembed?u=1\">";
    web.answers("/video", PAGE, page);
    let html = "<iframe src='https://evil.example'></iframe>";
    let told = serde_json::json!({ "type": "video", "title": "A flying seed", "author_name": "Ada", "html": html });
    web.answers("/oembed", "application/json", &told.to_string());
    let post = alice.posts(&format!("{}/video", web.url()));
    let preview = alice.sees_preview(&post, "A flying seed");
    assert!(preview.contains("Ada") && !preview.contains("iframe"), "{preview}");
}

fn a_page_is_asked_once_however_many_post_it() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    web.answers("/once", PAGE, "<html><head><title>Only once</title>");
    let link = format!("{}/once", web.url());
    for number in 0..3 {
        let post = alice.posts(&format!("{number} {link}"));
        alice.sees_preview(&post, "Only once");
    }
    assert_eq!(web.asked().iter().filter(|path| *path == "/once").count(), 1);
}

fn what_a_page_tells_is_only_text() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    let page = "<html><head><meta property='og:title' content='\"><script>alert(1)</script>'>\
                <meta property='og:image' content='javascript:alert(1)'>";
    web.answers("/evil", PAGE, page);
    let post = alice.posts(&format!("{}/evil", web.url()));
    let preview = alice.sees_preview(&post, "alert(1)");
    assert!(!preview.contains("<script") && !preview.contains("<img"), "{preview}");
}

fn a_link_to_something_else_than_a_page_shows_nothing() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    web.answers("/file", "application/pdf", "<title>not a page</title>");
    web.answers("/long", PAGE, &format!("<html><head>{}<title>too late</title>", " ".repeat(300_000)));
    let posts = ["/file", "/long", "/nowhere"].map(|path| alice.posts(&format!("{}{path}", web.url())));
    all_is_fetched(&pod);
    for post in posts {
        assert!(!alice.thread(&post).html.contains("class=\"link\""));
    }
}

fn an_author_who_wants_no_preview_gets_none() {
    let (pod, far) = (TestPod::new("alice"), Double::new(&["dora"]));
    let alice = pod.user("alice");
    far.shares_with("dora", &pod, "alice");
    until("dora to share", || alice.is_shared_with_by(&far.handle("dora")).then_some(()));
    alice.shares_with(&far.handle("dora"));
    far.answers("/page", PAGE, "<html><head><title>Not wanted</title>");
    let (guid, xml) = far.post("dora", &format!("quietly {}/page", far.url()));
    let embed = entity("embed", &[("nothing", "true")]);
    let xml = xml.replace("</status_message>", &format!("{embed}</status_message>"));
    assert_eq!(far.says("dora", &pod, &xml), 202);
    alice.sees("quietly");
    all_is_fetched(&pod);
    assert!(!alice.thread(&guid).html.contains("Not wanted"));
    assert!(!far.asked().iter().any(|path| path == "/page"));
}

fn a_picture_is_no_link() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let alice = pod.user("alice");
    web.answers("/page", PAGE, "<html><head><title>The page</title>");
    let post = alice.posts(&format!("![a seed]({0}/seed.png) from {0}/page", web.url()));
    alice.sees_preview(&post, "The page");
}

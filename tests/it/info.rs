//! What the pod says about itself, and what it gives to programs.

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    the_podmin_writes_pages_that_everybody_can_read,
    only_the_podmin_writes_pages,
    the_help_explains_every_topic,
    the_statistics_are_those_of_nodeinfo,
    a_public_post_can_be_quoted_elsewhere,
    what_is_not_public_can_not_be_quoted,
    programs_get_public_posts_as_json,
    programs_get_nothing_that_strangers_may_not_read,
    programs_read_lists_page_by_page,
    strangers_read_what_people_here_made_public,
    a_post_is_found_by_its_number_too,
    the_page_of_a_post_tells_other_sites_what_it_is,
];

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

fn the_podmin_writes_pages_that_everybody_can_read() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    assert_eq!(pod.visitor().get("/imprint").status, 404);
    let text = "Alice *herself*\r\n\r\n<script>alert(1)</script>";
    alice.does("/settings/pages", &[("imprint", text), ("terms", ""), ("about", "")]);
    let page = pod.visitor().page("/imprint");
    assert!(page.html.contains("Alice <em>herself</em>") && !page.html.contains("<script>alert"), "{}", page.html);
    assert!(pod.visitor().page("/").html.contains("href=\"/imprint\""), "it is linked below every page");
    assert!(!pod.visitor().page("/").html.contains("href=\"/terms\""));
    alice.does("/settings/pages", &[("imprint", "")]);
    assert_eq!(pod.visitor().get("/imprint").status, 404);
}

fn only_the_podmin_writes_pages() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let bob = pod.user("bob");
    assert_eq!(bob.page("/settings/pages").status, 404);
    assert_eq!(bob.submit("/settings/pages", &[("about", "mine")]).status, 404);
    assert!(!bob.page("/settings").html.contains("/settings/pages"));
}

fn the_help_explains_every_topic() {
    let pod = TestPod::new("alice");
    let page = pod.visitor().page("/help");
    assert_eq!(page.status, 200);
    assert!(page.html.contains(&format!("{}/bookmarklet?url=", pod.url)), "{}", page.html);
    assert!(!page.html.contains("help_t"), "a text is missing: {}", page.html);
}

fn the_statistics_are_those_of_nodeinfo() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("one");
    alice.comments(&post, "and one more");
    let html = pod.visitor().page("/statistics").html;
    let told = pod.visitor().get("/nodeinfo/2.1").json();
    assert_eq!(told["usage"]["localPosts"], 1);
    assert_eq!(html.matches("<dd>1</dd>").count(), 3, "{html}");
}

fn a_public_post_can_be_quoted_elsewhere() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("a *quotable* <b>word</b>");
    let address = format!("{}/posts/{post}", pod.url);
    let told = pod.visitor().get(&format!("/oembed?url={address}&maxwidth=300")).json();
    assert_eq!(told["type"], "rich");
    assert_eq!(told["width"], 300);
    assert_eq!(told["author_name"], "alice");
    let html = told["html"].as_str().unwrap_or_default();
    assert!(html.contains(&address) && html.contains("a quotable") && !html.contains("<b>"), "{html}");
    let page = pod.visitor().page(&format!("/posts/{post}")).html;
    assert!(page.contains(&format!("/oembed?url={address}\"")), "{page}");
}

fn what_is_not_public_can_not_be_quoted() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_to("all", "not for you");
    for url in [format!("{}/posts/{post}", pod.url), "https://elsewhere.example/posts/1".to_owned(), String::new()] {
        assert_eq!(pod.visitor().get(&format!("/oembed?url={url}")).status, 404, "{url}");
    }
    assert_eq!(pod.visitor().get("/oembed?format=xml").status, 501);
}

fn programs_get_public_posts_as_json() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let post = alice.posts("a #seed for programs");
    bob.comments(&post, "I am none");
    bob.likes(&post);
    let one = pod.visitor().get_with(&format!("/posts/{post}"), &JSON).json();
    assert_eq!(one["guid"], post.as_str());
    assert_eq!(one["text"], "a #seed for programs");
    assert_eq!(one["author"]["diaspora_id"], alice.handle());
    assert_eq!(one["interactions"]["likes_count"], 1);
    assert_eq!(one["interactions"]["comments"][0]["author"]["diaspora_id"], bob.handle());
    assert_eq!(one["interactions"]["likes"][0]["author"]["name"], "bob");
    let comments = pod.visitor().get_with(&format!("/posts/{post}/comments"), &JSON).json();
    assert_eq!(comments[0]["text"], "I am none");
    let tagged = pod.visitor().get_with("/tags/seed", &JSON).json();
    assert_eq!(tagged.as_array().map(Vec::len), Some(1));
    assert_eq!(pod.visitor().page(&format!("/p/{post}")).path, format!("/posts/{post}"));
}

fn programs_read_lists_page_by_page() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    for number in 0..20 {
        alice.does("/posts", &[("text", &format!("#seed {number}")), ("audience", "public")]);
    }
    assert!(pod.stop());
    pod.change("update every_post set created_at = 1700000000 + id");
    pod.start();
    for path in ["/tags/seed".to_owned(), "/public".to_owned(), format!("/people/{}/stream", alice.guid())] {
        let read = |path: &str| {
            let list = pod.visitor().get_with(path, &JSON).json();
            list.as_array().expect("a list").iter().map(|post| post["id"].as_i64().unwrap_or(0)).collect::<Vec<_>>()
        };
        let first = read(&path);
        assert_eq!(first.len(), 15, "{path}");
        let second = read(&format!("{path}?max_time={}", 1_700_000_000 + first[14]));
        assert_eq!(second.len(), 5, "{path}");
        assert!(second.iter().all(|id| *id < first[14]), "{path}: {first:?} {second:?}");
    }
}

fn strangers_read_what_people_here_made_public() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let alice = pod.user("alice");
    alice.posts("said to everybody");
    alice.posts_to("all", "said to few");
    let (post, xml) = far.post("dora", "said elsewhere");
    far.says("dora", &pod, &xml);
    until("the post to arrive", || (alice.thread(&post).status == 200).then_some(()));
    let page = pod.visitor().page("/public");
    assert_eq!(page.status, 200);
    assert_eq!(page.posts().len(), 1);
    assert!(page.post("said to everybody").is_some());
    assert!(pod.visitor().page("/").html.contains("href=\"/public\""));
    assert!(alice.page("/public").post("said elsewhere").is_some());
}

fn a_post_is_found_by_its_number_too() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let (public, limited) = (alice.posts("numbered"), alice.posts_to("all", "numbered for few"));
    let number = |guid: &str| pod.database().number("select id from posts where guid = ?", &[&guid]);
    assert!(pod.visitor().page(&format!("/posts/{}", number(&public))).post("numbered").is_some());
    assert_eq!(pod.visitor().get(&format!("/posts/{}", number(&limited))).status, 404);
    assert!(alice.page(&format!("/posts/{}", number(&limited))).post("numbered for few").is_some());
    assert_eq!(pod.visitor().page(&format!("/p/{}", number(&public))).path, format!("/posts/{}", number(&public)));
}

fn programs_get_nothing_that_strangers_may_not_read() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts_to("all", "a limited #seed");
    for who in [&pod.visitor(), &alice.client] {
        assert_eq!(who.get_with(&format!("/posts/{post}"), &JSON).status, 404);
        assert_eq!(who.get_with(&format!("/posts/{post}/comments"), &JSON).status, 404);
        assert_eq!(who.get_with("/tags/seed", &JSON).json(), serde_json::json!([]));
    }
}

fn the_page_of_a_post_tells_other_sites_what_it_is() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let post = alice.posts("What it *is*");
    let page = pod.visitor().page(&format!("/posts/{post}")).html;
    for line in [
        "property=\"og:title\" content=\"What it is\"",
        "property=\"og:type\" content=\"article\"",
        "rel=\"canonical\"",
    ] {
        assert!(page.contains(line), "{line}");
    }
    let person = pod.visitor().page(&format!("/people/{}", alice.guid())).html;
    assert!(person.contains("property=\"og:type\" content=\"profile\""), "{person}");
}

//! What the pages promise to the person in front of them and keep from everybody else.

use crate::support::pod::{PASSWORD, TestPod};
use crate::support::trials;
use crate::support::user::befriend;

trials![
    a_form_without_its_token_is_refused,
    a_session_ends_when_its_person_signs_out,
    a_session_cookie_is_kept_from_scripts_and_other_sites,
    a_wrong_password_does_not_sign_in_and_guessing_is_slowed_down,
    pages_for_people_who_live_here_ask_strangers_to_sign_in,
    a_new_password_replaces_the_old_one,
    markdown_is_shown_and_html_is_not,
    a_limited_post_of_one_account_is_hidden_from_another,
    the_setup_code_is_needed_and_used_up,
    the_address_can_not_change_when_somebody_lives_here,
    an_empty_post_is_refused_with_a_sentence,
    remote_pictures_come_through_the_proxy_only,
    a_person_can_have_more_aspects_and_rename_and_delete_them,
    aspects_stand_in_the_order_their_owner_wants,
    contacts_are_searched_and_a_whole_aspect_is_written_to,
    who_looks_at_a_person_has_read_that_they_share,
    a_person_is_mentioned_from_their_page,
];

fn a_form_without_its_token_is_refused() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let form = "application/x-www-form-urlencoded";
    for body in
        ["text=sneaked&audience=public", "csrf=&text=sneaked&audience=public", "csrf=0123&text=sneaked&audience=public"]
    {
        let answer = alice.client.post("/posts", form, body.as_bytes());
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    assert!(alice.page("/stream").post("sneaked").is_none());
}

fn a_session_ends_when_its_person_signs_out() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let cookie = format!("session={}", alice.client.cookie("session").expect("signed in"));
    let stranger = pod.visitor();
    assert_eq!(stranger.get_with("/stream", &[("cookie", &cookie)]).status, 200);
    alice.does("/logout", &[]);
    assert_eq!(stranger.get_with("/stream", &[("cookie", &cookie)]).status, 303, "the cookie is worth nothing now");
}

fn a_session_cookie_is_kept_from_scripts_and_other_sites() {
    let pod = TestPod::new("alice");
    let client = pod.visitor();
    let page = client.page("/login");
    let answer = client.submit(&page, "/login", &[("name", "alice"), ("password", PASSWORD)]);
    let cookie = answer.headers.iter().find(|(name, value)| name == "set-cookie" && value.starts_with("session="));
    let (_, cookie) = cookie.expect("a session");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let plain = pod.database().number("select count(*) from sessions where cast(token as text) = ?", &[&cookie]);
    assert_eq!(plain, 0, "sessions are hashed at rest");
}

fn a_wrong_password_does_not_sign_in_and_guessing_is_slowed_down() {
    let pod = TestPod::new("alice");
    let client = pod.visitor();
    let page = client.page("/login");
    let guess = |password: &str| client.submit(&page, "/login", &[("name", "alice"), ("password", password)]).status;
    let answers: Vec<u16> = (0..40).map(|number| guess(&format!("wrong {number}"))).collect();
    assert!(answers.iter().all(|status| (400..500).contains(status)), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
}

fn pages_for_people_who_live_here_ask_strangers_to_sign_in() {
    let pod = TestPod::new("alice");
    let client = pod.visitor();
    for path in ["/stream", "/contacts", "/notifications", "/profile", "/settings", "/people?q=alice"] {
        let answer = client.get(path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/login"), "{path}: {}", answer.header("location"));
    }
    for path in ["/nothing/here", "/posts/0123456789abcdef", "/people/0123456789abcdef", "/u/nobody"] {
        assert_eq!(client.get(path).status, 404, "{path}");
    }
}

fn a_new_password_replaces_the_old_one() {
    let pod = TestPod::new("alice");
    let (alice, elsewhere) = (pod.user("alice"), pod.user("alice"));
    let new = "another fine password";
    assert_ne!(alice.submit("/settings/password", &[("old", "not it"), ("new", new)]).status, 303);
    alice.does("/settings/password", &[("old", PASSWORD), ("new", new)]);
    assert_eq!(alice.client.get("/stream").status, 200, "who changed it stays");
    assert_eq!(elsewhere.client.get("/stream").status, 303, "everybody else is out");
    let client = pod.visitor();
    let page = client.page("/login");
    assert_ne!(client.submit(&page, "/login", &[("name", "alice"), ("password", PASSWORD)]).status, 303);
    assert_eq!(client.submit(&page, "/login", &[("name", "alice"), ("password", new)]).status, 303);
}

fn markdown_is_shown_and_html_is_not() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let nasty = "**bold** <script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) \
                 [b](data:text/html,x) <style>*{display:none}</style> &lt;b&gt; marker";
    let guid = alice.posts(nasty);
    alice.comments(&guid, nasty);
    for page in [alice.page("/stream"), alice.thread(&guid), pod.visitor().page(&format!("/posts/{guid}"))] {
        let shown = page.post("marker").expect("the post is shown").html;
        assert!(shown.contains("<strong>bold</strong>"), "{shown}");
        for bad in
            ["<script>", "onerror=\"", "<img src=x", "<img src=\"x", "href=\"javascript:", "href=\"data:", "<style>*"]
        {
            assert!(!shown.contains(bad), "{bad}: {shown}");
        }
    }
}

fn a_limited_post_of_one_account_is_hidden_from_another() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let secret = alice.posts_to("all", "for my contacts");
    assert_eq!(bob.thread(&secret).status, 404);
    for deed in ["like", "comments", "reshare", "delete"] {
        let answer = bob.submit(&format!("/posts/{secret}/{deed}"), &[("text", "hello")]);
        assert_eq!(answer.status, 404, "{deed}");
    }
    let public = alice.posts("for everybody");
    let answer = bob.submit(&format!("/posts/{public}/delete"), &[]);
    assert!([403, 404].contains(&answer.status), "{}", answer.status);
    assert_eq!(alice.thread(&public).status, 200);
}

fn the_setup_code_is_needed_and_used_up() {
    let pod = TestPod::empty();
    let client = pod.visitor();
    for path in ["/", "/login", "/stream"] {
        assert_eq!(client.get(path).header("location"), "/setup", "{path}");
    }
    let page = client.page("/setup");
    assert!(page.html.contains(&pod.url), "the page says which address is for ever");
    let wrong = client.submit(&page, "/setup", &[("code", "AAAA-AAAA"), ("name", "alice"), ("password", PASSWORD)]);
    assert!((400..500).contains(&wrong.status), "{}", wrong.status);
    let log = pod.log();
    let code =
        log.split("set-up code: ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a code is printed");
    let right = client.submit(&page, "/setup", &[("code", code), ("name", "alice"), ("password", PASSWORD)]);
    assert_eq!(right.status, 303, "{}", right.text());
    pod.user("alice").posts("settled");
    let late = pod.visitor().get("/setup");
    assert_ne!(late.status, 200, "the door is closed behind the first");
}

fn the_address_can_not_change_when_somebody_lives_here() {
    let pod = TestPod::new("alice");
    pod.stop();
    let output = pod.command(&["serve", "--listen", &pod.host(), "--url", "http://127.0.0.1:1"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&pod.url), "it names the address it has: {said}");
}

fn an_empty_post_is_refused_with_a_sentence() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let answer = alice.submit("/posts", &[("text", "  \r\n "), ("audience", "public")]);
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert!(answer.text().contains("role=\"alert\""), "{}", answer.text());
    let long = "x".repeat(65_536);
    let answer = alice.submit("/posts", &[("text", &long), ("audience", "public")]);
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

fn remote_pictures_come_through_the_proxy_only() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let guid = alice.posts("![a seed](http://127.0.0.1:9/seed.png) marker");
    let page = alice.thread(&guid);
    let shown = page.post("marker").expect("the post is shown").html;
    assert!(!shown.contains("src=\"http"), "{shown}");
    let start = shown.find("/proxy/").expect("a picture through the proxy");
    let path = shown[start..].split('"').next().unwrap_or_default().to_owned();
    assert!([404, 502, 504].contains(&alice.client.get(&path).status), "nobody is at home there");
    let mut parts: Vec<&str> = path.split('/').collect();
    let forged = "0".repeat(parts[2].len());
    parts[2] = &forged;
    assert!(
        [403, 404].contains(&alice.client.get(&parts.join("/")).status),
        "the pod fetches what it showed, nothing else"
    );
}

fn a_person_can_have_more_aspects_and_rename_and_delete_them() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let before = alice.aspects().len();
    alice.does("/aspects", &[("name", "Gardeners")]);
    let aspect = alice.aspects().pop().expect("an aspect");
    assert!(alice.page(&format!("/aspects/{aspect}")).html.contains("Gardeners"));
    alice.does(&format!("/aspects/{aspect}/rename"), &[("name", "Bakers")]);
    assert!(alice.page("/contacts").html.contains("Bakers"));
    assert_ne!(alice.submit("/aspects", &[("name", "bakers")]).status, 303, "names differ");
    alice.does(&format!("/aspects/{aspect}/delete"), &[]);
    assert_eq!(alice.aspects().len(), before);
}

fn aspects_stand_in_the_order_their_owner_wants() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let before = alice.aspects();
    alice.does(&format!("/aspects/{}/move", before[3]), &[("by", "-1")]);
    alice.does(&format!("/aspects/{}/move", before[0]), &[("by", "1")]);
    let order = [&before[1], &before[0], &before[3], &before[2]].map(String::as_str);
    assert_eq!(alice.aspects(), order);
    alice.does(&format!("/aspects/{}/move", before[1]), &[("by", "-1")]);
    alice.does(&format!("/aspects/{}/move", before[2]), &[("by", "1")]);
    assert_eq!(alice.aspects(), order, "the first and the last stay where they are");
    pod.add_user("eve");
    assert_eq!(pod.user("eve").submit(&format!("/aspects/{}/move", before[0]), &[("by", "1")]).status, 404);
}

fn contacts_are_searched_and_a_whole_aspect_is_written_to() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("cleo");
    let (alice, bob, cleo) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"));
    befriend(&alice, &bob);
    alice.shares_with(&cleo.handle());
    let listed = |q: &str| {
        let html = alice.page(&format!("/contacts?q={q}")).html;
        (html.contains(&bob.handle()), html.contains(&cleo.handle()))
    };
    assert_eq!(
        (listed(""), listed("BO"), listed("cle"), listed("%25")),
        ((true, true), (true, false), (false, true), (false, false))
    );
    let aspect = alice.aspects().remove(0);
    let page = alice.page(&format!("/conversations/new?aspect={aspect}")).html;
    assert!(page.contains(&format!("value=\"{}\" checked", bob.guid())), "{page}");
    assert!(!page.contains(&cleo.handle()), "who does not share back cannot be written to");
}

fn who_looks_at_a_person_has_read_that_they_share() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bob.shares_with(&alice.handle());
    assert_eq!(alice.page("/settings").number("data-unread"), Some(1));
    alice.page(&format!("/people/{}", bob.guid()));
    assert_eq!(alice.page("/settings").number("data-unread"), Some(0));
}

fn a_person_is_mentioned_from_their_page() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let page = alice.page(&format!("/people/{}", bob.guid()));
    let links = page.attributes("a class=\"button\"", "href");
    let link = links.iter().find(|link| link.starts_with("/bookmarklet")).expect("a link to the composer");
    let html = alice.page(link).html;
    assert!(html.contains(&format!("@{{{}}}</textarea>", bob.handle())), "{html}");
}

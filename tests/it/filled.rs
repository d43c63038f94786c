//! What strangers could fill until nothing else has room: each thing has its bounds, and what matters still gets in.

use pappus::model::Timestamp;
use pappus::store::{Store, retention};

use crate::support::double::{Double, entity, guid, relayable};
use crate::support::picture::png;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    links_in_the_posts_of_one_pod_are_looked_at_within_bounds,
    posts_that_lead_to_posts_without_end_are_fetched_within_bounds,
    a_table_full_of_what_is_to_be_fetched_keeps_nobody_from_being_found,
    what_nobody_understands_is_passed_on_within_bounds,
    photos_and_events_that_never_join_a_post_are_forgotten,
];

fn number(pod: &TestPod, sql: &str) -> i64 {
    pod.database().number(sql, &[])
}

/// Waits until nothing that came or is to be fetched is left untried.
fn all_is_tried(pod: &TestPod) {
    let untried =
        "select (select count(*) from inbox where attempts = 0) + (select count(*) from needs where attempts = 0)";
    until("everything to be tried", || (number(pod, untried) == 0).then_some(()));
}

fn links_in_the_posts_of_one_pod_are_looked_at_within_bounds() {
    let (pod, web) = (TestPod::new("alice"), Double::new(&[]));
    let far = Double::heard_of(&pod);
    for page in 0..70 {
        assert_eq!(far.says("dora", &pod, &far.post("dora", &format!("{}/page{page}", web.url())).1), 202);
    }
    all_is_tried(&pod);
    let asked = |what: &str| web.asked().iter().filter(|path| path.starts_with(what)).count();
    assert_eq!(asked("/page"), 60, "so many an hour for one pod");
    pod.user("alice").posts(&format!("{}/mine", web.url()));
    until("the link of somebody here", || (asked("/mine") > 0).then_some(()));
}

fn posts_that_lead_to_posts_without_end_are_fetched_within_bounds() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let mut root = guid();
    for _ in 0..100 {
        let (reshare, xml) = far.reshare("dora", &far.handle("dora"), &root);
        far.publishes("dora", &reshare, &xml);
        root = reshare;
    }
    assert_eq!(far.says("dora", &pod, &far.reshare("dora", &far.handle("dora"), &root).1), 202);
    all_is_tried(&pod);
    let mut fetched: Vec<_> = far.asked().into_iter().filter(|path| path.starts_with("/fetch/post/")).collect();
    fetched.sort();
    fetched.dedup();
    assert!((2..=61).contains(&fetched.len()), "{} posts were asked for", fetched.len());
}

fn a_table_full_of_what_is_to_be_fetched_keeps_nobody_from_being_found() {
    let pod = TestPod::new("alice");
    pod.stop();
    pod.change(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000) \
         insert into needs (need, created_at, due, attempts, mentioned) \
         select 'person x' || i || '@127.0.0.1:1', 1, 9999999999, 1, i % 2 from n",
    );
    pod.start();
    let far = Double::new(&["dora"]);
    let (guid, xml) = far.post("dora", "from somebody new");
    assert_eq!(far.says("dora", &pod, &xml), 202);
    until("the post", || {
        (pod.database().number("select count(*) from posts where guid = ?", &[&guid]) == 1).then_some(())
    });
    assert!(number(&pod, "select count(*) from needs where not mentioned") <= 5_000, "the oldest went");
}

fn what_nobody_understands_is_passed_on_within_bounds() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let post = pod.user("alice").posts("say something");
    let me = far.handle("dora");
    let comment = |text: &str, bytes: usize| {
        let fields = [("author", me.as_str()), ("guid", &guid()), ("parent_guid", &post), ("text", text)];
        relayable("comment", &[&fields[..], &[("new_element", "x".repeat(bytes).as_str())]].concat())
    };
    assert_eq!(far.says("dora", &pod, &comment("with much else", 20_000)), 202);
    assert_eq!(far.says("dora", &pod, &comment("with something else", 10_000)), 202);
    pod.user("alice").sees_comment(&post, "with something else");
    until("an empty inbox", || (number(&pod, "select count(*) from inbox") == 0).then_some(()));
    assert_eq!(number(&pod, "select count(*) from comments"), 1);
}

fn photos_and_events_that_never_join_a_post_are_forgotten() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let (me, path) = (far.handle("dora"), format!("{}/uploads/", far.url()));
    let photo = |name: &str, guid: &str| {
        let fields = [
            ("guid", guid),
            ("author", &me),
            ("public", "true"),
            ("created_at", "2026-01-02T03:04:05Z"),
            ("remote_photo_path", &path),
            ("remote_photo_name", name),
        ];
        entity("photo", &fields)
    };
    let (_, with) = far.post("dora", "with a photo");
    let with = with.replace("</status_message>", &format!("{}</status_message>", photo("kept.jpg", &guid())));
    let event = entity(
        "event",
        &[("author", &me), ("guid", &guid()), ("summary", "a walk"), ("start", "2027-05-01T10:00:00Z")],
    );
    for xml in [photo("alone.jpg", &guid()), event, with] {
        assert_eq!(far.says("dora", &pod, &xml), 202);
    }
    until("all three", || {
        let all = "select (select count(*) from photos) + (select count(*) from events) + (select count(*) from posts)";
        (number(&pod, all) == 4).then_some(())
    });
    let (alice, fields) = (pod.user("alice"), [("text", "mine"), ("audience", "public")]);
    let form = alice.page("/settings");
    assert_eq!(alice.client.submit_files(&form, "/posts", &fields, &[("photos", &png(60, 40, false))]).status, 303);
    assert!(pod.stop());
    let store = Store::open(&pod.database_path()).expect("the database opens");
    let forget = |before: Timestamp| {
        store.write(before, |tx| retention::forget_alone(tx, before, 100)).expect("written");
        store.read(|db| retention::any_alone(db, before)).expect("read")
    };
    assert!(!forget(Timestamp(1)), "nothing is so old");
    assert_eq!(number(&pod, "select (select count(*) from photos) + (select count(*) from events)"), 4);
    assert!(!forget(Timestamp(9_999_999_999)));
    assert_eq!(pod.database().texts("select name from photos where not here"), ["kept.jpg"]);
    let left = "select (select count(*) from photos) + 10 * (select count(*) from events) + 100 * (select count(*) from posts)";
    assert_eq!(number(&pod, left), 202, "both posts and their photos");
}

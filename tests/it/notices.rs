//! What one is told, in which kinds, and what is still unread.

use pappus::model::Timestamp;
use pappus::social::notice;
use pappus::store::{self, Store, notices};

use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};

trials![
    notices_are_looked_at_kind_by_kind,
    notices_stand_under_their_day,
    deeds_of_several_people_are_one_notice,
    who_reads_a_post_has_read_what_was_told_of_it,
    what_was_read_can_be_unread_again,
    a_birthday_of_a_contact_is_told_once,
    who_begins_to_share_again_and_again_is_news_once,
];

fn who_begins_to_share_again_and_again_is_news_once() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    for _ in 0..3 {
        bob.shares_with(&alice.handle());
        bob.stops_sharing_with(&alice.handle());
    }
    assert_eq!(kinds(&alice, "/notifications"), ["sharing"]);
    alice.does("/notifications/read", &[]);
    bob.shares_with(&alice.handle());
    assert_eq!(kinds(&alice, "/notifications").len(), 2);
}

/// The kinds of the notices on a page.
fn kinds(user: &User<'_>, path: &str) -> Vec<String> {
    user.page(path).attributes("li", "data-kind")
}

fn notices_are_looked_at_kind_by_kind() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    befriend(&alice, &bob);
    let post = alice.posts("look");
    bob.likes(&post);
    bob.comments(&post, "nice");
    bob.posts(&format!("@{{{}}} is right", alice.handle()));
    bob.reshares(&post);
    assert_eq!(kinds(&alice, "/notifications").len(), 5);
    for (group, kind) in [
        ("likes", "like"),
        ("comments", "comment"),
        ("mentions", "mention"),
        ("reshares", "reshare"),
        ("sharers", "sharing"),
    ] {
        assert_eq!(kinds(&alice, &format!("/notifications?kind={group}")), [kind]);
    }
    assert!(kinds(&alice, "/notifications?kind=birthdays").is_empty());
    assert_eq!(kinds(&alice, "/notifications?kind=strange").len(), 5);
}

fn notices_stand_under_their_day() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    for text in ["one", "two", "three"] {
        bob.likes(&alice.posts(text));
    }
    assert!(pod.stop());
    pod.change(
        "update every_notice set updated_at = \
         iif(id = (select min(id) from every_notice), 1700000000, (select max(updated_at) from every_notice))",
    );
    pod.start();
    let page = pod.user("alice").page("/notifications").html;
    let day = page.find("<h2>14 November 2023</h2>").expect("the day of the oldest");
    assert_eq!(page[..day].matches("data-kind").count(), 2);
    assert_eq!(page.matches("<ol class=\"notices\"").count(), 2);
}

fn deeds_of_several_people_are_one_notice() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    pod.add_user("cleo");
    let (alice, bob, cleo) = (pod.user("alice"), pod.user("bob"), pod.user("cleo"));
    let (post, other) = (alice.posts("look"), alice.posts("look again"));
    bob.likes(&post);
    cleo.likes(&post);
    bob.likes(&other);
    assert_eq!(kinds(&alice, "/notifications"), ["like", "like"]);
    let page = alice.page("/notifications").html;
    assert!(page.contains("</b></a> and <a") && page.contains("</b></a> like your post"), "{page}");
    assert!(page.contains("</b></a> likes your post"), "{page}");
    alice.does("/notifications/read", &[]);
    bob.unlikes(&post);
    bob.likes(&post);
    assert_eq!(kinds(&alice, "/notifications?unread=1"), ["like"], "what was read stays read, the new one is told");
    bob.comments(&post, &format!("@{{{}}}", alice.handle()));
    assert_eq!(kinds(&alice, "/notifications?kind=mentions"), ["mention_comment"]);
    assert!(kinds(&alice, "/notifications?kind=comments").is_empty(), "who is named is not told of the comment too");
}

fn who_reads_a_post_has_read_what_was_told_of_it() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    let (post, other) = (alice.posts("look"), alice.posts("look again"));
    bob.likes(&post);
    bob.likes(&other);
    assert_eq!(alice.page("/stream").number("data-unread"), Some(2));
    assert!(alice.page("/stream").html.contains("<title>(2) "));
    alice.thread(&post);
    assert_eq!(alice.page("/stream").number("data-unread"), Some(1));
}

fn what_was_read_can_be_unread_again() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    bob.shares_with(&alice.handle());
    let id = pod.database().text("select cast(id as text) from notices", &[]).expect("a notice");
    let unread = || kinds(&alice, "/notifications?unread=1").len();
    assert_eq!(unread(), 1);
    alice.does("/notifications/read", &[("id", &id)]);
    assert_eq!((unread(), kinds(&alice, "/notifications").len()), (0, 1));
    alice.does("/notifications/read", &[("id", &id), ("unread", "1")]);
    assert_eq!(unread(), 1);
    assert_eq!(alice.page("/stream").number("data-unread"), Some(1));
    bob.submit("/notifications/read", &[("id", &id)]);
    assert_eq!(unread(), 1, "nobody reads what others are told");
}

fn a_birthday_of_a_contact_is_told_once() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    alice.shares_with(&bob.handle());
    bob.does("/profile", &[("first_name", "Bob"), ("birthday", "1984-05-24")]);
    assert!(pod.stop());
    // 2026-05-24 and the day after.
    let (day, next) = (Timestamp(1_779_580_800), Timestamp(1_779_667_200));
    let store = Store::open(&pod.database_path()).expect("the database opens");
    let tell = |now: Timestamp, day: &str| {
        let found = store.read(|db| notices::birthdays(db, now, day)).expect("the question is understood");
        let done: store::Result<()> = store.write(now, |tx| notice::of_birthdays(tx, &found));
        done.expect("it is noted");
        found.len()
    };
    assert_eq!(tell(day, "05-24"), 1);
    assert_eq!(tell(day, "05-24"), 0, "twice a day says it once");
    assert_eq!(tell(next, "05-25"), 0);
    drop(store);
    pod.start();
    assert_eq!(kinds(&pod.user("alice"), "/notifications?kind=birthdays"), ["birthday"]);
}

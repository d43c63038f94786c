//! What is taken back: by its author while the podmin looks at it, and by the podmin after a removal.

use crate::cases::{case_about, decides, removes};
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::until;

trials![
    what_its_author_takes_back_while_it_is_held_goes_at_once_and_the_case_stays,
    what_was_taken_back_while_it_was_held_is_not_sent_again_behind_the_back_of_the_podmin,
    what_is_under_a_held_post_is_taken_back_too,
    what_law_wants_kept_is_kept_when_its_author_takes_it_back,
    who_lives_here_takes_back_what_is_held_too,
    who_closes_a_held_account_is_gone_and_the_case_stays,
    a_removal_that_is_taken_back_lets_a_public_post_come_again_from_its_pod,
    what_was_written_here_does_not_come_back_and_the_page_says_so,
    a_removed_account_elsewhere_is_known_again_when_that_is_taken_back,
    what_was_deleted_before_it_was_sent_is_not_replaced_by_what_was_written_next,
];

fn what_was_deleted_before_it_was_sent_is_not_replaced_by_what_was_written_next() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let far = Double::heard_of(&pod);
    far.is_away(true);
    let deleted = alice.posts("for everybody");
    let comment = alice.comments(&deleted, "and more for everybody");
    until("them to wait", || (pod.database().number("select count(*) from outbox", &[]) >= 2).then_some(()));
    alice.deletes_comment(&comment);
    alice.deletes(&deleted);
    // Nobody else is to read it.
    let own = alice.posts_to("all", "for those of my aspects only");
    alice.comments(&own, "and more for them only");
    far.is_away(false);
    assert!(pod.stop());
    pod.make_due();
    pod.start();
    far.hears("retraction", &deleted);
    until("all of it to be sent", || (pod.database().number("select count(*) from outbox", &[]) == 0).then_some(()));
    let heard = far.letters().iter().filter(|letter| letter.xml.contains("only")).count();
    assert_eq!(heard, 0);
}

fn what_its_author_takes_back_while_it_is_held_goes_at_once_and_the_case_stays() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = bob.posts("Something I regret");
    alice.sees("Something I regret");
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    bob.deletes(&guid);
    let database = a.database();
    until("it to go", || (database.number("select count(*) from every_post", &[]) == 0).then_some(()));
    let page = alice.page(&format!("/podmin/cases/{case}")).html;
    assert!(page.contains("taken back or deleted meanwhile") && page.contains("it breaks a rule"), "{page}");
    assert!(alice.page("/podmin/cases").html.contains(&format!("data-case=\"{case}\"")), "it still waits");
    decides(&alice, &case, "close");
    assert!(!alice.page("/podmin/cases").html.contains("data-case"));
}

fn what_was_taken_back_while_it_was_held_is_not_sent_again_behind_the_back_of_the_podmin() {
    let pod = TestPod::new("alice");
    let alice = pod.user("alice");
    let double = Double::new(&["bob"]);
    let (guid, letter) = double.post("bob", "Look at me");
    let database = pod.database();
    let count = || database.number("select count(*) from every_post where guid = ?", &[&guid]);
    double.says("bob", &pod, &letter);
    until("the post", || (count() == 1).then_some(()));
    let case = case_about(&alice, "post", &guid);
    decides(&alice, &case, "hold");
    double.says("bob", &pod, &double.retraction("bob", "Post", &guid));
    until("it to go", || (count() == 0).then_some(()));
    double.says("bob", &pod, &letter);
    until("it to be refused", || pod.log().contains("was removed here").then_some(()));
    assert_eq!(count(), 0);
    decides(&alice, &case, "restore");
    double.says("bob", &pod, &letter);
    until("the post again", || (count() == 1).then_some(()));
}

fn what_is_under_a_held_post_is_taken_back_too() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    a.add_user("carol");
    let (alice, carol, bob) = (a.user("alice"), a.user("carol"), b.user("bob"));
    befriend(&carol, &bob);
    let guid = carol.posts("A question");
    bob.sees("A question");
    let comment = bob.comments(&guid, "A hasty answer");
    bob.likes(&guid);
    carol.sees_comment(&guid, "A hasty answer");
    carol.sees_likes(&guid, 1);
    let (held, post) = (case_about(&alice, "comment", &comment), case_about(&alice, "post", &guid));
    decides(&alice, &held, "hold");
    decides(&alice, &post, "hold");
    bob.deletes_comment(&comment);
    bob.unlikes(&guid);
    let database = a.database();
    for table in ["every_comment", "every_like"] {
        let sql = format!("select count(*) from {table}");
        until("it to go", || (database.number(&sql, &[]) == 0).then_some(()));
    }
    decides(&alice, &post, "restore");
    assert!(alice.page(&format!("/podmin/cases/{held}")).html.contains("taken back or deleted meanwhile"));
    assert_eq!(carol.thread(&guid).comments().len(), 0);
}

fn what_law_wants_kept_is_kept_when_its_author_takes_it_back() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    assert!(a.command(&["vault", "key"]).status.success());
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = bob.posts("Words for an authority");
    alice.sees("Words for an authority");
    let fields = [("kind", "post"), ("name", guid.as_str()), ("ground", "terror"), ("text", "")];
    assert_eq!(alice.submit("/podmin/cases", &fields).status, 303);
    decides(&alice, "1", "hold");
    bob.deletes(&guid);
    let database = a.database();
    until("it to go", || (database.number("select count(*) from every_post", &[]) == 0).then_some(()));
    assert_eq!(database.number("select count(*) from kept where \"case\" = 1", &[]), 1);
}

fn who_lives_here_takes_back_what_is_held_too() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    a.add_user("carol");
    assert!(a.command(&["vault", "key"]).status.success());
    let (alice, carol, bob) = (a.user("alice"), a.user("carol"), b.user("bob"));
    befriend(&carol, &bob);
    let (first, post) = (carol.posts("A good one"), carol.posts("Something I regret"));
    let comment = carol.comments(&first, "Not so good");
    bob.sees("Something I regret");
    bob.sees_comment(&first, "Not so good");
    let fields = [("kind", "post"), ("name", post.as_str()), ("ground", "terror"), ("text", "")];
    assert_eq!(alice.submit("/podmin/cases", &fields).status, 303);
    let about = case_about(&alice, "comment", &comment);
    let database = a.database();
    for (case, thing, rest) in [("1", format!("/posts/{post}"), 1), (&about, format!("/comments/{comment}"), 0)] {
        let delete = format!("{thing}/delete");
        decides(&alice, case, "hold");
        let page = carol.page(&format!("/decisions/{case}"));
        assert!(page.html.contains(&format!("href=\"{delete}\"")), "{}", page.html);
        assert_eq!(alice.client.get(&delete).status, 404, "nobody else is asked");
        let asked = carol.page(&delete);
        assert!(asked.html.contains("href=\"/decisions\""), "{}", asked.html);
        assert_eq!(carol.client.submit(&asked, &delete, &[]).status, 303);
        let left = "select (select count(*) from every_post) - 1 + (select count(*) from every_comment)";
        assert_eq!(database.number(left, &[]), rest, "{thing}");
        let page = alice.page(&format!("/podmin/cases/{case}")).html;
        assert!(page.contains("taken back or deleted meanwhile"), "{page}");
        assert!(!carol.page(&format!("/decisions/{case}")).html.contains(&delete));
    }
    assert_eq!(database.number("select count(*) from kept where \"case\" = 1", &[]), 1, "law wants it kept");
    bob.misses(&post);
    bob.misses_comment(&first, "Not so good");
}

fn who_closes_a_held_account_is_gone_and_the_case_stays() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.posts("Hello");
    alice.sees("Hello");
    let case = case_about(&alice, "account", &bob.handle());
    decides(&alice, &case, "hold");
    bob.does("/settings/close", &[("password", crate::support::pod::PASSWORD)]);
    let database = a.database();
    until("it to go", || (database.number("select count(*) from every_post", &[]) == 0).then_some(()));
    assert!(alice.page(&format!("/podmin/cases/{case}")).html.contains("taken back or deleted meanwhile"));
    decides(&alice, &case, "close");
}

fn a_removal_that_is_taken_back_lets_a_public_post_come_again_from_its_pod() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let guid = bob.posts("Misunderstood");
    alice.sees("Misunderstood");
    removes(&alice, "post", &guid);
    assert!(alice.page("/podmin/cases/1").html.contains("asks the author"), "the page says what can be done");
    decides(&alice, "1", "restore");
    alice.sees("Misunderstood");
    let page = alice.page("/podmin/cases/1").html;
    assert!(page.contains("Removal taken back") && !page.contains("cannot come back"), "{page}");
    assert_eq!(a.database().number("select count(*) from tombstones", &[]), 0);
    decides(&alice, "1", "remove");
    until("it to be gone again", || alice.page("/podmin/cases/1").html.contains("cannot come back").then_some(()));
    assert_eq!(alice.thread(&guid).status, 404);
}

fn what_was_written_here_does_not_come_back_and_the_page_says_so() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    // Two closed cases, which have both forgotten what they were about: both authors object.
    for text in ["One", "Two"] {
        let guid = bob.posts(text);
        removes(&alice, "post", &guid);
    }
    for case in ["1", "2"] {
        decides(&alice, case, "close");
    }
    let named = "select count(*) from cases where subject <> ''";
    until("both to be forgotten", || (pod.database().number(named, &[]) == 0).then_some(()));
    for case in ["1", "2"] {
        bob.does(&format!("/decisions/{case}/appeal"), &[("text", "It was a quotation.")]);
    }
    assert_eq!(alice.page("/podmin/cases").html.matches("data-case=").count(), 2);
    assert!(alice.page("/podmin/cases/1").html.contains("nobody can bring them back"));
    decides(&alice, "1", "restore");
    assert!(bob.page("/decisions/1").html.contains("you may post it again"));
    assert!(alice.page("/transparency").html.contains("Granted"));
    assert_eq!(pod.database().number("select count(*) from tombstones", &[]), 1, "the other stays");
    decides(&alice, "2", "close");
}

fn a_removed_account_elsewhere_is_known_again_when_that_is_taken_back() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    bob.posts("Before");
    alice.sees("Before");
    removes(&alice, "account", &bob.handle());
    bob.posts("Refused");
    until("it to be refused", || a.log().contains("was removed here").then_some(()));
    decides(&alice, "1", "restore");
    alice.shares_with(&bob.handle());
    until("alice to share", || bob.is_shared_with_by(&alice.handle()).then_some(()));
    bob.posts("Heard again");
    alice.sees("Heard again");
}

//! Who tries to get round the podmin's hand: by saying false things to the log, by moving away, by closing.

use crate::cases::{case_about, decides, removes};
use crate::support::double::{Double, entity, guid, relayable};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    nobody_writes_into_the_log_that_somebody_else_took_something_back,
    an_account_that_is_closed_again_and_again_is_gone_once,
    an_account_that_is_held_does_not_move_away,
    nobody_moves_from_or_to_an_account_that_is_suspended,
    what_was_decided_about_an_account_is_so_of_whom_it_became,
    nobody_is_made_to_share_with_whom_they_ignore_by_a_move,
    an_account_that_moves_before_it_is_decided_about_is_removed_where_it_is,
    what_closed_accounts_of_a_removed_pod_left_behind_goes_too,
    every_pod_that_took_part_hears_that_an_account_was_removed,
];

/// A case about a thing on a ground that law wants it kept on, held; its number.
fn held(podmin: &User, kind: &str, name: &str) -> String {
    let fields = [("kind", kind), ("name", name), ("ground", "terror"), ("text", "")];
    let answer = podmin.submit("/podmin/cases", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let case = answer.header("location").rsplit('/').next().unwrap_or_default().to_owned();
    decides(podmin, &case, "hold");
    case
}

/// Waits until everything that came was read.
fn all_is_read(pod: &TestPod) {
    until("the inbox to be empty", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
}

fn nobody_writes_into_the_log_that_somebody_else_took_something_back() {
    let pod = TestPod::new("alice");
    assert!(pod.command(&["vault", "key"]).status.success());
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let (guid, xml) = far.post("dora", "Look at me");
    far.says("dora", &pod, &xml);
    until("the post", || (alice.thread(&guid).status == 200).then_some(()));
    held(&alice, "post", &guid);
    let event = entity(
        "event",
        &[
            ("author", &far.handle("dan")),
            ("guid", &guid),
            ("summary", "a walk"),
            ("start", "2027-05-01T10:00:00Z"),
            ("description", "in the meadow"),
        ],
    );
    let database = pod.database();
    for _ in 0..2 {
        far.whispers("dan", &pod, "alice", &far.retraction("dan", "Person", &guid));
        far.says("dan", &pod, &event);
        until("the event", || (database.number("select count(*) from events", &[]) == 1).then_some(()));
        far.says("dan", &pod, &far.retraction("dan", "Event", &guid));
        until("the event to go", || (database.number("select count(*) from events", &[]) == 0).then_some(()));
    }
    far.says("dan", &pod, &far.retraction("dan", "Post", &guid));
    all_is_read(&pod);
    for sql in ["select count(*) from case_steps where what = 'gone'", "select count(*) from kept"] {
        assert_eq!(database.number(sql, &[]), 0, "{sql}");
    }
    far.says("dora", &pod, &far.retraction("dora", "StatusMessage", &guid));
    until("the post to go", || (database.number("select count(*) from every_post", &[]) == 0).then_some(()));
    for sql in ["select count(*) from case_steps where what = 'gone'", "select count(*) from kept"] {
        assert_eq!(database.number(sql, &[]), 1, "who wrote it is heard: {sql}");
    }
}

fn an_account_that_is_closed_again_and_again_is_gone_once() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let dora = far.handle("dora");
    held(&alice, "account", &dora);
    for _ in 0..3 {
        far.says("dora", &pod, &entity("account_deletion", &[("author", &dora)]));
        all_is_read(&pod);
    }
    let database = pod.database();
    assert_eq!(database.number("select count(*) from people where closed_at is not null", &[]), 1);
    assert_eq!(database.number("select count(*) from case_steps where what = 'gone'", &[]), 1);
}

/// Says that somebody of one pod is the same person of another from now on; `by_new`: it is the new account that says so.
fn move_of(from: &Double, name: &str, to: &Double, by_new: bool) -> String {
    let (old, new) = (from.handle(name), to.handle("dora"));
    let profile = entity("profile", &[("author", &new), ("first_name", "Dora"), ("public", "false")]);
    let signature = to.signature(&format!("AccountMigration:{old}:{new}"));
    let author = if by_new { &new } else { &old };
    let mut fields = vec![("author", author.as_str()), ("signature", &signature)];
    if by_new {
        fields.push(("old_identity", &old));
    }
    entity("account_migration", &fields).replace("<signature>", &format!("{profile}<signature>"))
}

fn an_account_that_is_held_does_not_move_away() {
    let pod = TestPod::new("alice");
    let (far, home) = (Double::heard_of(&pod), Double::new(&["dora"]));
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dora"));
    let (guid, xml) = far.post("dora", "Look at me");
    far.says("dora", &pod, &xml);
    alice.sees("Look at me");
    let case = held(&alice, "account", &far.handle("dora"));
    let waiting = || pod.database().number("select count(*) from inbox where attempts > 0", &[]);
    far.says("dora", &pod, &move_of(&far, "dora", &home, false));
    until("the move to wait", || (waiting() == 1).then_some(()));
    home.says("dora", &pod, &move_of(&far, "dora", &home, true));
    until("the same to wait", || (waiting() == 2).then_some(()));
    assert_eq!(alice.thread(&guid).status, 404);
    assert!(home.letters().is_empty(), "nobody shares with the new account: {:?}", home.letters());
    decides(&alice, &case, "restore");
    // It is told once only.
    assert!(pod.stop());
    pod.make_due();
    pod.start();
    home.hears("contact", &alice.handle());
    assert_eq!(alice.thread(&guid).status, 200);
}

fn nobody_moves_from_or_to_an_account_that_is_suspended() {
    let pod = TestPod::new("alice");
    let (far, home) = (Double::heard_of(&pod), Double::new(&["dora"]));
    let alice = pod.user("alice");
    let (_, xml) = far.post("dan", "Good morning");
    far.says("dan", &pod, &xml);
    let database = pod.database();
    until("dan's post", || (database.number("select count(*) from posts", &[]) == 1).then_some(()));
    alice.finds(&home.handle("dora"));
    let refused = || pod.log().matches("is suspended here").count();
    alice.does("/podmin/limits", &[("subject", &far.handle("dora")), ("severity", "suspend")]);
    home.says("dora", &pod, &move_of(&far, "dora", &home, true));
    until("the move from it to be refused", || (refused() == 1).then_some(()));
    alice.does("/podmin/limits", &[("subject", &home.handle("dora")), ("severity", "suspend")]);
    far.says("dan", &pod, &move_of(&far, "dan", &home, false));
    until("the move to it to be refused", || (refused() == 2).then_some(()));
    assert_eq!(database.number("select count(*) from migrations", &[]), 0);
}

fn what_was_decided_about_an_account_is_so_of_whom_it_became() {
    let pod = TestPod::new("alice");
    let (far, home) = (Double::heard_of(&pod), Double::new(&["dora"]));
    let alice = pod.user("alice");
    let (guid, xml) = far.post("dora", "Loud");
    far.says("dora", &pod, &xml);
    until("the post", || (alice.thread(&guid).status == 200).then_some(()));
    let old = far.handle("dora");
    alice.does("/podmin/limits", &[("subject", &old), ("severity", "silence"), ("no_pictures", "1")]);
    far.says("dora", &pod, &move_of(&far, "dora", &home, false));
    let database = pod.database();
    until("the move", || (database.number("select count(*) from migrations", &[]) == 1).then_some(()));
    assert_eq!(alice.thread(&guid).status, 404);
    let curbed = "select count(*) from curbs c join people p on p.id = c.person where p.handle = ?";
    assert_eq!(database.number(curbed, &[&home.handle("dora")]), 2);
    alice.does("/podmin/limits/lift", &[("subject", &old)]);
    assert_eq!(alice.thread(&guid).status, 200, "one word lifts it for both");
}

fn nobody_is_made_to_share_with_whom_they_ignore_by_a_move() {
    let pod = TestPod::new("alice");
    pod.add_user("bob");
    let (far, home) = (Double::heard_of(&pod), Double::new(&["dora"]));
    let (alice, bob) = (pod.user("alice"), pod.user("bob"));
    for user in [&alice, &bob] {
        user.shares_with(&far.handle("dora"));
    }
    let new = alice.finds(&home.handle("dora"));
    alice.does(&format!("/people/{new}/ignore"), &[]);
    far.says("dora", &pod, &move_of(&far, "dora", &home, false));
    home.hears("contact", &bob.handle());
    let shares = "select count(*) from aspect_members m join aspects a on a.id = m.aspect join users u on u.id = a.user \
                  where u.name = ?";
    assert_eq!(pod.database().number(shares, &[&"bob"]), 1);
    assert_eq!(pod.database().number(shares, &[&"alice"]), 0);
}

fn an_account_that_moves_before_it_is_decided_about_is_removed_where_it_is() {
    let pod = TestPod::new("alice");
    let (far, home) = (Double::heard_of(&pod), Double::new(&["dora"]));
    let alice = pod.user("alice");
    let (guid, xml) = far.post("dora", "Look at me");
    far.says("dora", &pod, &xml);
    until("the post", || (alice.thread(&guid).status == 200).then_some(()));
    let case = case_about(&alice, "account", &far.handle("dora"));
    far.says("dora", &pod, &move_of(&far, "dora", &home, false));
    let database = pod.database();
    until("the move", || (database.number("select count(*) from migrations", &[]) == 1).then_some(()));
    decides(&alice, &case, "hold");
    assert_eq!(alice.thread(&guid).status, 404);
    decides(&alice, &case, "remove");
    until("the post to go", || (database.number("select count(*) from every_post", &[]) == 0).then_some(()));
    home.says("dora", &pod, &home.post("dora", "Again").1);
    until("more to be refused", || pod.log().contains("was removed here").then_some(()));
}

/// A like of a post, signed by somebody there.
fn like_by(far: &Double, name: &str, post: &str) -> String {
    let (author, own) = (far.handle(name), guid());
    let fields = [
        ("author", author.as_str()),
        ("guid", &own),
        ("parent_guid", post),
        ("parent_type", "Post"),
        ("positive", "true"),
    ];
    relayable("like", &fields)
}

fn what_closed_accounts_of_a_removed_pod_left_behind_goes_too() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    let mine = alice.posts("Mine");
    let (_, comment) = far.comment("dora", &mine, "Bad words");
    far.says("dora", &pod, &comment);
    alice.sees_comment(&mine, "Bad words");
    far.says("dan", &pod, &like_by(&far, "dan", &mine));
    alice.sees_likes(&mine, 1);
    for name in ["dora", "dan"] {
        far.says(name, &pod, &entity("account_deletion", &[("author", &far.handle(name))]));
    }
    let database = pod.database();
    let closed = "select count(*) from people where closed_at is not null";
    until("both to be closed", || (database.number(closed, &[]) == 2).then_some(()));
    removes(&alice, "pod", &far.host());
    for table in ["every_comment", "every_like"] {
        assert_eq!(database.number(&format!("select count(*) from {table}"), &[]), 0, "{table}");
    }
    assert_eq!(alice.thread(&mine).status, 200);
}

fn every_pod_that_took_part_hears_that_an_account_was_removed() {
    let pod = TestPod::new("alice");
    pod.add_user("mallory");
    let (alice, mallory) = (pod.user("alice"), pod.user("mallory"));
    let (contact, resharer, other, liker) =
        (Double::new(&["dora"]), Double::new(&["dora"]), Double::new(&["dora"]), Double::new(&["dora"]));
    let post = mallory.posts("Bad words");
    contact.shares_with("dora", &pod, "mallory");
    let (reshare, xml) = resharer.reshare("dora", &mallory.handle(), &post);
    resharer.says("dora", &pod, &xml);
    let (_, xml) = other.comment("dora", &post, "I agree");
    other.says("dora", &pod, &xml);
    contact.says("dora", &pod, &like_by(&contact, "dora", &post));
    liker.says("dora", &pod, &like_by(&liker, "dora", &post));
    mallory.sees_comment(&post, "I agree");
    mallory.sees_likes(&post, 2);
    until("the reshare", || (alice.thread(&reshare).status == 200).then_some(()));
    until("the contact", || mallory.is_shared_with_by(&contact.handle("dora")).then_some(()));
    removes(&alice, "account", &mallory.handle());
    for double in [&contact, &resharer, &other, &liker] {
        double.hears("account_deletion", &mallory.handle());
    }
    assert_eq!(contact.letters_of("account_deletion").len(), 1, "and once");
}

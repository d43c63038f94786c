//! Who tries to get round the podmin's hand: by saying false things to the log, by moving away, by closing.

use crate::cases::decides;
use crate::support::double::{Double, entity};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![
    nobody_writes_into_the_log_that_somebody_else_took_something_back,
    an_account_that_is_closed_again_and_again_is_gone_once,
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

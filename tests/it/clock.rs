//! A machine that thinks it is 1970, or 2099: nothing is sent, believed or given up by such a clock, and all goes on when the
//! network has told the time.

use std::time::Duration;

use crate::support::clock::Clock;
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::{until, within};

trials![
    in_1970_every_queue_waits_and_then_all_of_it_goes_on,
    in_2099_every_queue_waits_and_then_all_of_it_goes_on,
    what_was_queued_in_1970_is_not_given_up_when_the_pod_starts_again,
];

/// Longer than the naps of the workers.
const NAPS: Duration = Duration::from_secs(45);

fn in_1970_every_queue_waits_and_then_all_of_it_goes_on() {
    waits_until_the_time_is_told(Clock::of_1970);
}

fn in_2099_every_queue_waits_and_then_all_of_it_goes_on() {
    waits_until_the_time_is_told(Clock::of_2099);
}

fn waits_until_the_time_is_told(wrong: fn(&TestPod) -> Clock) {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    let far = Double::new(&["dora"]);
    assert!(a.stop());
    let clock = wrong(&a);
    let environment = clock.environment();
    a.start_with(&environment.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    let queued = || {
        let database = a.database();
        let count = |table: &str| database.number(&format!("select count(*) from {table}"), &[]);
        (count("inbox"), count("outbox"))
    };
    let (guid, letter) = far.post("dora", "from afar");
    assert_eq!(far.says("dora", &a, &letter), 202);
    let alice = a.user("alice");
    alice.posts("what year is it?");
    assert_eq!(alice.page("/stream").status, 200, "it is read");
    let before = queued();
    assert_eq!(before, (1, 1), "{}", a.log());
    clock.is_right();
    within(NAPS, "the queues to be empty", || (queued() == (0, 0)).then_some(()));
    bob.sees("what year is it?");
    assert_eq!(a.database().number("select count(*) from posts where guid = ?", &[&guid]), 1, "{}", a.log());
}

fn what_was_queued_in_1970_is_not_given_up_when_the_pod_starts_again() {
    let (a, b) = (TestPod::new("alice"), TestPod::new("bob"));
    let (alice, bob) = (a.user("alice"), b.user("bob"));
    befriend(&alice, &bob);
    assert!(b.stop());
    alice.posts("for when you are back");
    until("the first try", || a.log().contains("WARN  outbox: away").then_some(()));
    assert!(a.stop());
    // As if that had been in 1970; the jobs of an hour come a minute after the start.
    a.change("update outgoing set created_at = 86400");
    a.start();
    until("it to be dated", || {
        (a.database().number("select min(created_at) from outgoing", &[]) > 1_000_000_000).then_some(())
    });
    b.start();
    assert!(a.stop());
    a.make_due();
    a.start();
    bob.sees("for when you are back");
}

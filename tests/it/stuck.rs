//! A letter that its pod cannot take, and pods that let others wait for their answers: nothing else gets stuck with them.

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;

trials![
    a_letter_that_a_pod_cannot_take_holds_up_none_behind_it,
    a_pod_that_was_quiet_and_cannot_take_a_letter_gets_the_others,
    a_pod_that_says_nothing_but_that_it_failed_is_tried_with_one_letter_after_the_other,
];

const NODEINFO: &str = "/.well-known/nodeinfo";

/// A pod that fails at everything for dan, whom alice knows.
fn fails_for_dan(pod: &TestPod) -> Double {
    let far = Double::heard_of(pod);
    far.points(&format!("/receive/users/{}", far.person("dan")), 500, "");
    pod.user("alice").finds(&far.handle("dan"));
    let left = "select (select count(*) from needs) + (select count(*) from outbox)";
    until("nothing to do", || (pod.database().number(left, &[]) == 0).then_some(()));
    far
}

/// As if the pods had not been heard of for years, though they answered today.
fn were_quiet(pod: &TestPod) {
    assert!(pod.stop());
    pod.change("update pods set seen_at = 1, asked_at = unixepoch()");
    pod.start();
}

fn a_letter_that_a_pod_cannot_take_holds_up_none_behind_it() {
    let pod = TestPod::new("alice");
    let far = fails_for_dan(&pod);
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dan"));
    until("a failed attempt", || {
        (pod.database().number("select count(*) from outbox where attempts > 0", &[]) > 0).then_some(())
    });
    let post = alice.posts("behind it");
    far.hears("status_message", &post);
    assert_eq!(pod.database().number("select count(*) from outbox where person is null", &[]), 0);
}

fn a_pod_that_was_quiet_and_cannot_take_a_letter_gets_the_others() {
    let pod = TestPod::new("alice");
    let far = fails_for_dan(&pod);
    were_quiet(&pod);
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dan"));
    let post = alice.posts("behind it");
    far.hears("status_message", &post);
    assert!(far.asked().iter().any(|path| path == NODEINFO), "{:?}", far.asked());
}

fn a_pod_that_says_nothing_but_that_it_failed_is_tried_with_one_letter_after_the_other() {
    let pod = TestPod::new("alice");
    let far = fails_for_dan(&pod);
    far.points(NODEINFO, 500, "");
    were_quiet(&pod);
    far.is_away(true);
    let alice = pod.user("alice");
    alice.shares_with(&far.handle("dan"));
    let post = alice.posts("behind them");
    let attempts = || pod.database().number("select max(attempts) from pods", &[]);
    until("a failed attempt", || (attempts() == 1).then_some(()));
    far.is_away(false);
    let letters = pod.database().number("select count(*) from outbox where person is not null", &[]);
    for letter in 1..=letters {
        assert!(far.letters_of("status_message").is_empty());
        next_chance(&pod);
        until("a failed attempt", || (attempts() == 1 + letter).then_some(()));
    }
    next_chance(&pod);
    far.hears("status_message", &post);
}

/// As if the pods had waited for as long as they wait for each other.
fn next_chance(pod: &TestPod) {
    assert!(pod.stop());
    pod.change("update pods set due = 0");
    pod.start();
}

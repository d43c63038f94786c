//! A letter that its pod cannot take, and pods that let others wait for their answers: nothing else gets stuck with them.

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use crate::support::double::{Double, sealed};
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::{PATIENCE, until, within};

trials![
    a_letter_that_a_pod_cannot_take_holds_up_none_behind_it,
    a_pod_that_was_quiet_and_cannot_take_a_letter_gets_the_others,
    a_pod_that_says_nothing_but_that_it_failed_is_tried_with_one_letter_after_the_other,
    a_pod_that_was_well_and_answers_no_more_keeps_nobody_from_being_found,
    pods_that_were_well_and_are_slow_together_keep_nobody_from_being_found,
    pods_with_many_people_to_be_found_have_their_turn_like_the_others,
    what_somebody_thought_better_of_before_it_was_sent_is_not_said,
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
    assert!(pod.database().number("select count(*) from outbox where attempts > 0", &[]) > 0, "the other still waits");
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

/// Pods that take every connection, say nothing, and close it after so many seconds.
fn silent_pods(many: usize, seconds: u64) -> Vec<String> {
    let listeners = (0..many).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let hosts = listeners.map(|listener| {
        let host = listener.local_addr().expect("an address").to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(seconds)))?;
                    stream.read_to_end(&mut Vec::new())
                });
            }
        });
        host
    });
    hosts.collect()
}

/// A pod where these people live, and others of which the last delivery went well.
fn are_well(pod: &TestPod, names: &[&str], others: &[String]) -> Double {
    let far = Double::new(names);
    far.shares_with(names[0], pod, "alice");
    let alice = pod.user("alice");
    until("somebody to share with alice", || alice.is_shared_with_by(&far.handle(names[0])).then_some(()));
    until("nothing to look up", || (pod.database().number("select count(*) from needs", &[]) == 0).then_some(()));
    assert!(pod.stop());
    for host in others {
        pod.change(&format!(
            "insert into pods (host, url, seen_at, asked_at) values ('{host}', 'http://{host}', unixepoch(), unixepoch())"
        ));
    }
    pod.start();
    far
}

/// Letters of as many people there whom nobody knows.
fn write(pod: &TestPod, hosts: &[String], from: usize, to: usize) {
    for (number, host) in (from..to).flat_map(|number| hosts.iter().map(move |host| (number, host))) {
        let envelope = sealed(&format!("nobody{number}@{host}"), "<nothing/>");
        let answer = pod.visitor().post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        assert_eq!(answer.status, 202);
    }
}

/// How many of them nobody tried to find yet.
fn untried(pod: &TestPod) -> i64 {
    pod.database().number("select count(*) from needs where need like 'person nobody%' and attempts = 0", &[])
}

fn arrives(patience: Duration, pod: &TestPod, guid: &str) {
    let count = || pod.database().number("select count(*) from posts where guid = ?", &[&guid]);
    within(patience, "the post", || (count() == 1).then_some(()));
}

fn a_pod_that_was_well_and_answers_no_more_keeps_nobody_from_being_found() {
    let pod = TestPod::new("alice");
    let silent = silent_pods(1, 90);
    let far = are_well(&pod, &["dora", "erin"], &silent);
    write(&pod, &silent, 0, 4);
    until("all of them to be looked for", || (untried(&pod) == 4).then_some(()));
    let (guid, xml) = far.post("erin", "from somebody new");
    assert_eq!(far.says("erin", &pod, &xml), 202);
    arrives(PATIENCE / 2, &pod, &guid);
    assert_eq!(untried(&pod), 4, "they were not just given up before");
}

fn pods_that_were_well_and_are_slow_together_keep_nobody_from_being_found() {
    let pod = TestPod::new("alice");
    let slow = silent_pods(2, 6);
    let far = are_well(&pod, &["dora", "zoe", "zora", "zuri"], &slow);
    write(&pod, &slow, 0, 1);
    until("both to be asked", || (untried(&pod) == 2).then_some(()));
    let letters = ["zoe", "zora", "zuri"].map(|name| (name, far.post(name, "from somebody new")));
    for (name, (_, xml)) in &letters {
        assert_eq!(far.says(name, &pod, xml), 202);
    }
    write(&pod, &slow, 1, 6);
    for (_, (guid, _)) in &letters {
        arrives(PATIENCE, &pod, guid);
    }
    assert!(untried(&pod) >= 9, "each was waited for once: {} are left of 12", untried(&pod));
}

fn pods_with_many_people_to_be_found_have_their_turn_like_the_others() {
    let pod = TestPod::new("alice");
    let crowded = silent_pods(2, 4);
    let far = are_well(&pod, &["dora", "zoe"], &crowded);
    write(&pod, &crowded, 0, 1);
    until("both to be asked", || (untried(&pod) == 2).then_some(()));
    let (guid, xml) = far.post("zoe", "from somebody new");
    assert_eq!(far.says("zoe", &pod, &xml), 202);
    write(&pod, &crowded, 1, 12);
    arrives(PATIENCE, &pod, &guid);
    assert!(untried(&pod) >= 20, "each had its turn once: {} are left of 24", untried(&pod));
}

/// Deliveries that fail one by one may come in another order.
fn what_somebody_thought_better_of_before_it_was_sent_is_not_said() {
    let pod = TestPod::new("alice");
    let far = Double::heard_of(&pod);
    let alice = pod.user("alice");
    alice.finds(&far.handle("dora"));
    far.is_away(true);
    alice.shares_with(&far.handle("dora"));
    alice.stops_sharing_with(&far.handle("dora"));
    far.is_away(false);
    assert!(pod.stop());
    pod.make_due();
    pod.start();
    assert!(far.hears("contact", &alice.handle()).xml.contains("<sharing>false</sharing>"));
    until("an empty outbox", || (pod.database().number("select count(*) from outbox", &[]) == 0).then_some(()));
    assert!(!far.letters_of("contact").iter().any(|letter| letter.xml.contains("<sharing>true</sharing>")));
}

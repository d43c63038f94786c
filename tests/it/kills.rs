//! Three pods that talk to each other, killed at random moments again and again: nothing that any of them acknowledged
//! is lost, and all of it reaches the others in the end.

use std::time::{Duration, Instant};

use crate::support::dice::Dice;
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::befriend;
use crate::support::wait::{until, within};
use crate::support::witness::{Acknowledged, Witness};

trials![pods_that_are_killed_again_and_again_lose_nothing_that_they_acknowledged,];

/// Kills; `PAPPUS_KILLS` may say more.
const KILLS: usize = 15;

/// Milliseconds between two of them at the most.
const PAUSE: usize = 500;

fn pods_that_are_killed_again_and_again_lose_nothing_that_they_acknowledged() {
    let mut dice = Dice::thrown();
    let kills = std::env::var("PAPPUS_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let pods = ["alice", "bob", "carol"].map(TestPod::new);
    let far = Double::new(&["dora"]);
    let witnesses = [(); 3].map(|()| Witness::new());
    let users = [pods[0].user("alice"), pods[1].user("bob"), pods[2].user("carol")];
    for (one, other) in [(0, 1), (1, 2), (2, 0)] {
        befriend(&users[one], &users[other]);
    }
    std::thread::scope(|scope| {
        for ((pod, user), witness) in pods.iter().zip(&users).zip(&witnesses) {
            let far = &far;
            scope.spawn(move || witness.hears_of(user, &user.name));
            scope.spawn(move || witness.hears_from(far, pod));
        }
        let _ends: Vec<_> = witnesses.iter().map(Witness::end).collect();
        until("everybody at work", || witnesses.iter().all(|witness| witness.counts().0 > 0).then_some(()));
        for _ in 0..kills {
            let pod = &pods[dice.below(pods.len())];
            // Not a wait for something to happen: the moment is the input of this trial.
            std::thread::sleep(Duration::from_millis(dice.below(PAUSE) as u64));
            pod.kill();
            pod.start();
        }
    });
    deliver(&pods);
    for (pod, witness) in pods.iter().zip(&witnesses) {
        let known = witness.so_far();
        eprintln!("{}: {} posts and {} letters", pod.url, known.posts.len(), known.letters.len());
        known.is_at(pod);
        for other in &pods {
            Acknowledged { posts: known.posts.clone(), letters: Vec::new() }.is_at(other);
        }
    }
    for pod in &pods {
        assert!(pod.stop());
        let checked = pod.command(&["check"]);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Lets hours pass until every queue is empty: what could not be delivered to a pod that was away is due again.
fn deliver(pods: &[TestPod]) {
    let waiting = |pod: &TestPod| {
        pod.database().number("select (select count(*) from inbox) + (select count(*) from outbox)", &[])
    };
    within(Duration::from_secs(120), "all queues to be empty", || {
        let busy: Vec<&TestPod> = pods.iter().filter(|pod| waiting(pod) > 0).collect();
        for pod in &busy {
            assert!(pod.stop());
            pod.make_due();
            pod.start();
        }
        // Some need each other; nobody is stopped while it has only begun.
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end && pods.iter().any(|pod| waiting(pod) > 0) {
            std::thread::sleep(Duration::from_millis(50));
        }
        // Once more: what left one of them for another between two looks was seen at neither.
        (busy.is_empty() && pods.iter().all(|pod| waiting(pod) == 0)).then_some(())
    });
}

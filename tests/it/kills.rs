//! Three pods that talk to each other, killed at random moments again and again: nothing that any of them acknowledged
//! is lost, and all of it reaches the others in the end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::dice::Dice;
use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::{User, befriend};
use crate::support::wait::{until, within};

trials![pods_that_are_killed_again_and_again_lose_nothing_that_they_acknowledged];

/// Kills; `PAPPUS_KILLS` may say more.
const KILLS: usize = 15;

/// Milliseconds between two of them at the most.
const PAUSE: usize = 500;

/// What a pod acknowledged.
#[derive(Default)]
struct Acknowledged {
    posts: Mutex<Vec<String>>,
    letters: Mutex<Vec<String>>,
}

fn pods_that_are_killed_again_and_again_lose_nothing_that_they_acknowledged() {
    let mut dice = Dice::thrown();
    let kills = std::env::var("PAPPUS_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let pods = ["alice", "bob", "carol"].map(TestPod::new);
    let far = Double::new(&["dora"]);
    let known: [Acknowledged; 3] = Default::default();
    let users = [pods[0].user("alice"), pods[1].user("bob"), pods[2].user("carol")];
    for (one, other) in [(0, 1), (1, 2), (2, 0)] {
        befriend(&users[one], &users[other]);
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for ((pod, user), known) in pods.iter().zip(&users).zip(&known) {
            let (far, over) = (&far, &over);
            scope.spawn(move || writes(user, known, over));
            scope.spawn(move || hears(pod, far, known, over));
        }
        until("everybody at work", || known.iter().all(|known| !known.posts.lock().unwrap().is_empty()).then_some(()));
        for _ in 0..kills {
            let pod = &pods[dice.below(pods.len())];
            // Not a wait for something to happen: the moment is the input of this trial.
            std::thread::sleep(Duration::from_millis(dice.below(PAUSE) as u64));
            pod.kill();
            pod.start();
        }
        over.store(true, Ordering::Relaxed);
    });
    deliver(&pods);
    for ((pod, user), known) in pods.iter().zip(&users).zip(&known) {
        let (posts, letters) = (known.posts.lock().unwrap(), known.letters.lock().unwrap());
        eprintln!("{}: {} posts and {} letters", user.handle(), posts.len(), letters.len());
        for there in &pods {
            is_there(there, "text", &posts);
        }
        is_there(pod, "guid", &letters);
    }
    for pod in &pods {
        assert!(pod.stop());
        let checked = pod.command(&["check"]);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

fn is_there(pod: &TestPod, column: &str, wanted: &[String]) {
    let there = pod.database().texts(&format!("select {column} from posts"));
    let missing: Vec<_> = wanted.iter().filter(|wanted| !there.contains(wanted)).collect();
    assert!(missing.is_empty(), "{} are missing at {}: {missing:?}", missing.len(), pod.url);
}

/// Writes posts and reads the stream, whatever becomes of the pod.
fn writes(user: &User, known: &Acknowledged, over: &AtomicBool) {
    let page = user.page("/settings");
    for number in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
        let text = format!("{} wrote number {number}z", user.name);
        let sent = user.client.try_submit(&page, "/posts", &[("text", &text), ("audience", "public")]);
        if sent.is_ok_and(|answer| answer.status == 303) {
            known.posts.lock().unwrap().push(text);
        }
        let _ = user.client.try_get("/stream");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Gets letters from a pod that nobody kills.
fn hears(pod: &TestPod, far: &Double, known: &Acknowledged, over: &AtomicBool) {
    let client = pod.visitor();
    while !over.load(Ordering::Relaxed) {
        let (guid, xml) = far.post("dora", "from afar");
        let envelope = far.envelope("dora", &xml);
        let sent = client.try_post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        if sent.is_ok_and(|answer| answer.status == 202) {
            known.letters.lock().unwrap().push(guid);
        }
        std::thread::sleep(Duration::from_millis(20));
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
        busy.is_empty().then_some(())
    });
}

//! The plug is pulled at awkward moments: what was acknowledged is there afterwards, and the file is sound.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::user::User;
use crate::support::wait::until;

trials![what_was_acknowledged_before_a_crash_is_there_after_it, a_pod_that_is_asked_to_stop_under_load_loses_nothing,];

/// Writers at a time.
const WRITERS: usize = 4;

/// What was acknowledged.
#[derive(Default)]
struct Acknowledged {
    posts: Mutex<Vec<String>>,
    messages: Mutex<Vec<String>>,
}

fn what_was_acknowledged_before_a_crash_is_there_after_it() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let known = Acknowledged::default();
    // The moments are not evenly spread, so that they fall into starts, bursts and calm.
    for (round, moment) in [5, 230, 41, 610, 120].into_iter().enumerate() {
        interrupt(&pod, &far, &known, round, Duration::from_millis(moment), Signal::KILL);
        pod.start();
    }
    nothing_is_missing(&pod, &known);
}

fn a_pod_that_is_asked_to_stop_under_load_loses_nothing() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let known = Acknowledged::default();
    interrupt(&pod, &far, &known, 0, Duration::from_millis(300), Signal::TERM);
    pod.start();
    nothing_is_missing(&pod, &known);
}

/// People write and pods send until the signal comes in the middle.
fn interrupt(pod: &TestPod, far: &Double, known: &Acknowledged, round: usize, moment: Duration, signal: Signal) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let over = &over;
            // Signed in before anything breaks.
            let person = (writer % 2 == 0).then(|| pod.user("alice"));
            scope.spawn(move || match person {
                Some(person) => people_write(&person, known, over, &format!("r{round}w{writer}")),
                None => pods_send(pod, far, known, over),
            });
        }
        let before = known.posts.lock().unwrap().len();
        until("the first post of the round", || (known.posts.lock().unwrap().len() > before).then_some(()));
        // Not a wait for something to happen: the moment is the input of this trial.
        std::thread::sleep(moment);
        match signal {
            Signal::KILL => pod.kill(),
            _ => assert!(pod.stop(), "{}", pod.log()),
        }
        over.store(true, Ordering::Relaxed);
    });
}

fn people_write(alice: &User, known: &Acknowledged, over: &AtomicBool, name: &str) {
    let page = alice.page("/settings");
    for number in 0.. {
        let text = format!("post {name}n{number}z");
        let sent = alice.client.try_submit(&page, "/posts", &[("text", &text), ("audience", "public")]);
        match sent {
            Ok(answer) if answer.status == 303 => known.posts.lock().unwrap().push(text),
            _ if over.load(Ordering::Relaxed) => return,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn pods_send(pod: &TestPod, far: &Double, known: &Acknowledged, over: &AtomicBool) {
    let client = pod.visitor();
    loop {
        let (guid, xml) = far.post("dora", "from afar");
        let envelope = far.envelope("dora", &xml);
        let sent = client.try_post("/receive/public", "application/magic-envelope+xml", envelope.as_bytes());
        match sent {
            Ok(answer) if answer.status == 202 => known.messages.lock().unwrap().push(guid),
            _ if over.load(Ordering::Relaxed) => return,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn nothing_is_missing(pod: &TestPod, known: &Acknowledged) {
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    let database = pod.database();
    let texts = database.texts("select text from posts");
    let missing: Vec<_> = known.posts.lock().unwrap().iter().filter(|text| !texts.contains(text)).cloned().collect();
    assert!(missing.is_empty(), "{} posts are missing: {missing:?}", missing.len());
    let guids = database.texts("select guid from posts");
    let messages = known.messages.lock().unwrap();
    let lost: Vec<_> = messages.iter().filter(|guid| !guids.contains(guid)).cloned().collect();
    assert!(lost.is_empty(), "{} of {} messages are lost: {lost:?}\n{}", lost.len(), messages.len(), pod.log());
    assert!(!messages.is_empty(), "some messages were acknowledged");
    pod.stop();
    let checked = pod.command(&["check"]);
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}

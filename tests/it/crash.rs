//! The plug is pulled at awkward moments: what was acknowledged is there afterwards, and the file is sound.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::double::Double;
use crate::support::pod::TestPod;
use crate::support::trials;
use crate::support::wait::until;
use crate::support::witness::Witness;

trials![what_was_acknowledged_before_a_crash_is_there_after_it, a_pod_that_is_asked_to_stop_under_load_loses_nothing,];

/// Writers at a time.
const WRITERS: usize = 4;

fn what_was_acknowledged_before_a_crash_is_there_after_it() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let witness = Witness::new();
    // The moments are not evenly spread, so that they fall into starts, bursts and calm.
    for (round, moment) in [5, 230, 41, 610, 120].into_iter().enumerate() {
        interrupt(&pod, &far, &witness, round, Duration::from_millis(moment), Signal::KILL);
        pod.start();
    }
    nothing_is_missing(&pod, &witness);
}

fn a_pod_that_is_asked_to_stop_under_load_loses_nothing() {
    let pod = TestPod::new("alice");
    let far = Double::new(&["dora"]);
    let witness = Witness::new();
    interrupt(&pod, &far, &witness, 0, Duration::from_millis(300), Signal::TERM);
    pod.start();
    nothing_is_missing(&pod, &witness);
}

/// People write and pods send until the signal comes in the middle.
fn interrupt(pod: &TestPod, far: &Double, witness: &Witness, round: usize, moment: Duration, signal: Signal) {
    witness.begins();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            // Signed in before anything breaks.
            let person = (writer % 2 == 0).then(|| pod.user("alice"));
            scope.spawn(move || match person {
                Some(person) => witness.hears_of(&person, &format!("post r{round}w{writer}")),
                None => witness.hears_from(far, pod),
            });
        }
        let before = witness.counts();
        let more = |count: (usize, usize)| count.0 > before.0 && count.1 > before.1;
        witness.until_over(|| {
            until("the first post and letter of the round", || more(witness.counts()).then_some(()));
            // Not a wait for something to happen: the moment is the input of this trial.
            std::thread::sleep(moment);
            match signal {
                Signal::KILL => pod.kill(),
                _ => assert!(pod.stop(), "{}", pod.log()),
            }
        });
    });
}

fn nothing_is_missing(pod: &TestPod, witness: &Witness) {
    until("an empty inbox", || (pod.database().number("select count(*) from inbox", &[]) == 0).then_some(()));
    let known = witness.so_far();
    assert!(!known.letters.is_empty(), "some letters were acknowledged");
    known.is_at(pod);
    pod.stop();
    let checked = pod.command(&["check"]);
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}

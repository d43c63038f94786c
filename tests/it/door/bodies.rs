//! Room for bodies: who gets it, who waits for it, and who has to give it back.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use pappus::web::door::limits::BODY_MAX;

use super::{Caller, NEIGHBOUR, Options, Porch, address, answer};
use crate::support::pod::TestPod;
use crate::support::wait::until;

crate::support::trials![
    one_client_cannot_take_all_the_room_for_bodies,
    two_that_waited_for_room_together_are_both_served,
    who_waited_for_room_and_left_is_forgotten,
];

fn one_client_cannot_take_all_the_room_for_bodies() {
    const SLOW: usize = 2_000;
    let narrow = |options: &mut Options| {
        options.limits.bodies = 4 * BODY_MAX as usize + SLOW;
        // What comes earns all the time it needs.
        (options.limits.body, options.limits.body_rate) = (Duration::from_millis(400), 1);
    };
    let porch = Porch::with(narrow, Arc::new(answer));
    let mut slow = Caller::from(NEIGHBOUR, porch.address);
    let half = "x".repeat(SLOW / 2);
    slow.say(format!("POST /length HTTP/1.1\r\nHost: pod\r\nContent-Length: {SLOW}\r\n\r\n{half}").as_bytes());
    let mut greedy: Vec<Caller> = (0..8).map(|_| porch.caller()).collect();
    let head = "POST /length HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n";
    greedy[0].say(format!("{head}\r\n3e8\r\n{}\r\n", "x".repeat(1_000)).as_bytes());
    for caller in &mut greedy[1..] {
        caller.say(format!("{head}Expect: 100-continue\r\n\r\n").as_bytes());
    }
    let mut other = Caller::from(NEIGHBOUR, porch.address);
    other.say(b"POST /length HTTP/1.1\r\nHost: pod\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(other.answer().1, b"5", "others do not wait with them");
    // When their time is up they take from each other only.
    let first = greedy[0].rest();
    assert!(first.starts_with("HTTP/1.1 408 "), "the first makes room for the next: {first}");
    assert_eq!(greedy[1].head(), "HTTP/1.1 100 Continue\r\n\r\n");
    slow.say(half.as_bytes());
    assert_eq!(slow.answer().1, SLOW.to_string().as_bytes());
}

fn two_that_waited_for_room_together_are_both_served() {
    let gate = Arc::new(Barrier::new(2));
    let keeper = gate.clone();
    let porch = Porch::with(
        |options| {
            options.limits.bodies = 1_000;
            (options.limits.body, options.limits.body_rate) = (Duration::from_millis(150), 1);
            // Who brings files keeps the door busy, until both have come.
            options.may_upload = Arc::new(move |_, _| {
                keeper.wait();
                keeper.wait();
                0
            });
        },
        Arc::new(answer),
    );
    let mut greedy = porch.caller();
    greedy.say(b"POST /length HTTP/1.1\r\nHost: pod\r\nContent-Length: 1000\r\n\r\n");
    greedy.say(&[b'x'; 500]);
    let mut both = [porch.caller(), porch.caller()];
    for caller in &mut both {
        caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
        assert_eq!(caller.answer().1, b"ok");
    }
    let mut busy = porch.caller();
    let kind = "Content-Type: multipart/form-data; boundary=x";
    busy.say(format!("POST /files HTTP/1.1\r\nHost: pod\r\n{kind}\r\nContent-Length: {}\r\n\r\n", 8 << 20).as_bytes());
    gate.wait();
    for caller in &mut both {
        caller.say(b"POST /length HTTP/1.1\r\nHost: pod\r\nContent-Length: 5\r\n\r\nhello");
    }
    gate.wait();
    for caller in &mut both {
        assert_eq!(caller.answer().1, b"5");
    }
    assert!(greedy.rest().starts_with("HTTP/1.1 408 "), "who holds all the room gives it back");
}

fn who_waited_for_room_and_left_is_forgotten() {
    let pod = TestPod::unborn();
    pod.set_up("alice");
    pod.start_with(&[("PAPPUS_LOG", "debug")]);
    let waits = || {
        let log = pod.log();
        let counts = log.lines().filter_map(|line| line.split_once("event=no-room waiting=")?.1.split(' ').next());
        counts.map(str::to_owned).collect::<Vec<String>>()
    };
    let comes = || {
        let mut caller = Caller::to(address(&pod));
        caller.say(b"POST /receive/public HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n");
        caller
    };
    let _holds = comes();
    let waits_and_leaves = || {
        let (before, waiting) = (waits().len(), comes());
        let count = until("it to wait", || waits().get(before).cloned());
        waiting.breaks_off();
        count
    };
    for _ in 0..8 {
        waits_and_leaves();
    }
    // The door may hear of who comes before it hears of who left.
    until("nobody to wait but who is there", || (waits_and_leaves() == "1").then_some(()));
}

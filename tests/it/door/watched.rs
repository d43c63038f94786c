//! What the watchdog takes for life.

use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pappus::service::Watch;
use pappus::web::Request;
use pappus::web::door::{Handler, Options};

use super::{Caller, NEIGHBOUR, Porch, address, answer};
use crate::support::pod::TestPod;
use crate::support::wait::until;

crate::support::trials![
    a_pod_with_too_much_to_do_is_not_taken_for_dead,
    a_pod_that_answers_nobody_is_not_taken_for_alive,
];

fn a_pod_with_too_much_to_do_is_not_taken_for_dead() {
    const ASK: &[u8] = b"GET /health HTTP/1.1\r\nHost: pod\r\n\r\n";
    let pod = TestPod::unborn();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).expect("a socket");
    systemd.set_nonblocking(true).expect("a socket");
    let hears = |wanted: &str| {
        let mut words = [0; 256];
        let length = systemd.recv(&mut words).ok()?;
        String::from_utf8_lossy(&words[..length]).lines().any(|line| line == wanted).then_some(())
    };
    pod.spawn_with(&[("NOTIFY_SOCKET", &path.display().to_string()), ("WATCHDOG_USEC", "400000")]);
    until("the pod to be ready", || hears("READY=1"));
    // All the places for who comes from this machine, as the watchdog does.
    let mut crowd: Vec<Caller> = Vec::new();
    while crowd.len() < 64 {
        crowd.push(until("a place", || {
            let mut caller = Caller::to(address(&pod));
            caller.say(ASK);
            let mut status = [0; 12];
            caller.0.read_exact(&mut status).ok()?;
            status.ends_with(b"200").then(|| drop(caller.answer()))?;
            Some(caller)
        }));
    }
    while hears("WATCHDOG=1").is_some() {}
    for _ in 0..3 {
        until("the pod to be called well", || {
            for caller in &mut crowd {
                caller.say(ASK);
                assert_eq!(caller.answer().1, b"ok");
            }
            hears("WATCHDOG=1")
        });
    }
}

fn a_pod_that_answers_nobody_is_not_taken_for_alive() {
    let answered = Arc::new(AtomicUsize::default());
    let count = answered.clone();
    let handler: Handler = Arc::new(move |request: &Request| {
        count.fetch_add(1, Ordering::Relaxed);
        answer(request)
    });
    let porch = Porch::with(|options: &mut Options| options.limits.connections_per_client = 1, handler);
    let ask = |caller: &mut Caller| {
        caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
        assert_eq!(caller.answer().1, b"ok");
    };
    // The only place for who comes from this machine, as the watchdog does.
    let mut stays = porch.caller();
    ask(&mut stays);
    let mut other = Caller::from(NEIGHBOUR, porch.address);
    let mut watch = Watch::new(porch.address, answered);
    for _ in 0..2 {
        assert!(watch.is_well(), "somebody was answered");
        assert!(!watch.is_well(), "nobody was since");
        ask(&mut other);
    }
}

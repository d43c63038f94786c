//! Who reads large answers slowly, or not at all: no worker waits with them.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use pappus::web::door::{Handler, Options};
use pappus::web::{Request, Response};
use rustix::net::sockopt::set_socket_recv_buffer_size;

use super::{BIG, Caller, Porch, answer};

crate::support::trials![
    who_does_not_read_large_answers_keeps_no_worker,
    who_reads_slowly_gets_all_of_it_while_others_are_served,
    more_answers_than_there_is_room_for_keep_nobody_from_being_served,
];

/// Bytes of the largest picture from elsewhere.
const PICTURE: usize = 8 << 20;

/// With time for slow readers beyond the patience of any trial.
fn patient() -> Porch {
    let handler: Handler = Arc::new(|request: &Request| match request.path.as_str() {
        "/picture" => Response::bytes("image/png", vec![b'x'; PICTURE]),
        _ => answer(request),
    });
    Porch::with(|options: &mut Options| options.limits.write = Duration::from_secs(600), handler)
}

/// Asks, and takes so many bytes of the answer before it reads.
fn asks(porch: &Porch, path: &str, before: usize) -> Caller {
    let mut caller = porch.caller();
    set_socket_recv_buffer_size(&caller.0, before).expect("a socket");
    caller.say(format!("GET {path} HTTP/1.1\r\nHost: pod\r\n\r\n").as_bytes());
    caller
}

fn who_does_not_read_large_answers_keeps_no_worker() {
    let porch = patient();
    let _deaf: Vec<Caller> = (0..8).map(|place| asks(&porch, ["/picture", "/big"][place % 2], 4096)).collect();
    for _ in 0..10 {
        porch.still_serves();
    }
}

fn who_reads_slowly_gets_all_of_it_while_others_are_served() {
    let porch = patient();
    let mut slow = asks(&porch, "/big", 128 << 10);
    let _deaf: Vec<Caller> = (0..4).map(|_| asks(&porch, "/big", 4096)).collect();
    slow.head();
    let mut piece = vec![0; BIG / 24];
    for _ in 0..24 {
        slow.0.read_exact(&mut piece).expect("the next of the answer");
        assert!(piece.iter().all(|byte| *byte == b'x'));
        porch.still_serves();
    }
}

fn more_answers_than_there_is_room_for_keep_nobody_from_being_served() {
    let porch = patient();
    let _deaf: Vec<Caller> = (0..16).map(|_| asks(&porch, "/picture", 4096)).collect();
    porch.still_serves();
    let mut reader = porch.caller();
    reader.say(b"GET /big HTTP/1.1\r\nHost: pod\r\n\r\n");
    assert_eq!(reader.answer().1.len(), BIG, "who reads gets it all");
}

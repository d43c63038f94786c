//! Who waits for a worker: in turn, whoever brings how many; and what becomes of them in a full house.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use pappus::web::door::{Handler, Options};
use pappus::web::{Request, Response};

use super::{Caller, NEIGHBOUR, PATIENCE, Porch, Shutdown};
use crate::support::wait::until;

crate::support::trials![
    a_house_full_of_waiting_requests_lets_others_in,
    who_asks_much_waits_for_its_own_turns,
    who_breaks_off_in_line_is_not_served_and_who_only_listens_is,
];

const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const LATE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// More than ask in any trial.
const MANY: usize = 1_000;

/// Notes who asks for what, and lets nobody go on before it is told to.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    came: Vec<(IpAddr, String)>,
    /// So many more may go on.
    may_go: usize,
}

impl Gate {
    fn porch(self: &Arc<Gate>, change: impl FnOnce(&mut Options)) -> Porch {
        let gate = self.clone();
        let handler: Handler = Arc::new(move |request: &Request| {
            gate.state.lock().expect("no panic here").came.push((request.client, request.path.clone()));
            gate.changed.notify_all();
            gate.when(|state| state.may_go > 0).may_go -= 1;
            Response::text(200, "served")
        });
        let few = |options: &mut Options| {
            options.workers = 1;
            change(options);
        };
        Porch::with(few, handler)
    }

    fn when(&self, is_so: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state.lock().expect("no panic here");
        let (state, waited) =
            self.changed.wait_timeout_while(state, PATIENCE, |state| !is_so(state)).expect("no panic here");
        assert!(!waited.timed_out(), "waited in vain; so far came {:?}", state.came);
        state
    }

    fn open(&self, many: usize) {
        self.state.lock().expect("no panic here").may_go += many;
        self.changed.notify_all();
    }
}

fn asks(porch: &Porch, from: Ipv4Addr, path: &str) -> Caller {
    let mut caller = Caller::from(from, porch.address);
    caller.say(format!("GET {path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n").as_bytes());
    caller
}

/// What the door says by itself it says after it has read what came before.
fn all_are_in_line(porch: &Porch) {
    porch.refuses(405, b"DELETE / HTTP/1.1\r\nHost: pod\r\n\r\n");
}

fn is_served(mut caller: Caller) -> bool {
    caller.rest().starts_with("HTTP/1.1 200 ")
}

fn a_house_full_of_waiting_requests_lets_others_in() {
    let gate = Arc::new(Gate::default());
    let porch = gate.porch(|options| {
        (options.limits.connections, options.limits.connections_per_client) = (16, 8);
    });
    let ask = |place: usize| asks(&porch, [NEIGHBOUR, OTHER][place % 2], "/greedy");
    let mut greedy: Vec<Caller> = (0..15).map(ask).collect();
    all_are_in_line(&porch);
    greedy.push(ask(15));
    let late: Vec<Caller> = [LATE, Ipv4Addr::new(127, 0, 0, 5)].map(|from| asks(&porch, from, "/late")).into();
    gate.open(MANY);
    assert!(late.into_iter().all(is_served), "who comes later is let in");
    let served = greedy.into_iter().map(is_served).filter(|served| *served).count();
    assert!(served >= 12, "and takes no more places than it needs: {served} were served");
}

fn who_asks_much_waits_for_its_own_turns() {
    let gate = Arc::new(Gate::default());
    let porch = gate.porch(|_| {});
    let mut all: Vec<Caller> = (0..20).map(|_| asks(&porch, NEIGHBOUR, "/")).collect();
    all.extend([OTHER, OTHER, LATE].map(|from| asks(&porch, from, "/")));
    all_are_in_line(&porch);
    for came in 2..all.len() {
        drop(gate.when(|state| state.came.len() == came));
        gate.open(1);
    }
    let state = gate.when(|state| state.came.len() == all.len());
    let last = |client: Ipv4Addr| state.came.iter().rposition(|(other, _)| *other == client);
    // Some are in hand before the others come.
    assert!(last(LATE) < Some(9) && last(OTHER) < Some(11), "{:?}", state.came);
    drop(state);
    gate.open(MANY);
    assert!(all.into_iter().all(is_served));
}

fn who_breaks_off_in_line_is_not_served_and_who_only_listens_is() {
    let gate = Arc::new(Gate::default());
    let porch = gate.porch(|options| options.limits.connections_per_client = 4);
    let before: Vec<Caller> = (0..4).map(|_| asks(&porch, NEIGHBOUR, "/")).collect();
    all_are_in_line(&porch);
    let _quiet: Vec<Caller> = (0..3).map(|_| Caller::from(OTHER, porch.address)).collect();
    let leaves = asks(&porch, OTHER, "/left");
    let listens = asks(&porch, LATE, "/listens");
    all_are_in_line(&porch);
    leaves.breaks_off();
    listens.0.shutdown(Shutdown::Write).expect("a socket");
    until("its place to be free", || {
        let mut caller = Caller::from(OTHER, porch.address);
        caller.say(b"DELETE / HTTP/1.1\r\nHost: pod\r\n\r\n");
        caller.rest().starts_with("HTTP/1.1 405 ").then_some(())
    });
    gate.open(MANY);
    assert!(is_served(listens) && before.into_iter().all(is_served));
    let came = &gate.when(|_| true).came;
    assert!(came.len() == 5 && came.iter().all(|(_, path)| path != "/left"), "{came:?}");
}

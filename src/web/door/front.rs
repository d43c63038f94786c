//! The loop: one thread that owns every public connection. It sleeps until a socket or a deadline wakes it. What it
//! does with a request is in `intake`, `handoff` and `outgo`, in this order; who is let in, in `places`.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use rustix::event::epoll::EventFlags;

use super::backend::{Backend, Handler, Private};
use super::connection::{Connection, Stage};
use super::files::Counters;
use super::line::Line;
use super::link::Link;
use super::listen::{Crowd, Listener};
use super::poll::{Event, Poll, Token};
use super::refusal;
use super::room::Room;
use super::slab::{Key, Slab};
use super::stop::Stop;
use super::upload::Uploads;
use super::{Errand, Options};

/// Connections taken from a listener before anybody else has a turn.
const ACCEPT_BURST: usize = 32;

/// Bytes read or written at a time.
const PIECE: usize = 32 << 10;

pub struct Front<'a> {
    pub options: &'a Options,
    pub listeners: &'a [Listener],
    /// How many connections there may be.
    pub places: usize,
    pub backstage: &'a mut Backstage,
    pub poll: Poll,
    pub clock: Clock,
    pub connections: Slab<Connection>,
    pub crowd: Crowd,
    pub links: Slab<Link>,
    pub idle_links: Vec<Key>,
    /// Whole requests that wait for a worker: errands of each kind, then the others.
    pub ready: [(Option<Errand>, Line); 3],
    /// Heads whose bodies wait for room.
    pub roomless: VecDeque<Key>,
    pub bodies: Room,
    /// Bytes of answers that are kept.
    pub answers: usize,
    pub scratch: Box<[u8]>,
    pub uploads: Uploads,
    /// Until when nobody is accepted.
    pause: Option<Instant>,
    /// Until when what is in hand may be finished.
    drain: Option<Instant>,
}

/// What outlives the loop when it has to be begun again.
pub struct Backstage {
    pub private: Private,
    pub backend: Backend,
    pub counters: Counters,
    pub handler: Handler,
    pub next_ticket: usize,
    pub next_name: usize,
}

impl Backstage {
    /// A new tiny_http with new workers, in place of one that accepts no more.
    pub fn renew(&mut self, workers: usize) -> io::Result<()> {
        self.next_name += 1;
        let name = format!("door-{}", self.next_name);
        let fresh = Backend::start(&self.private, &name, workers, &self.handler, &self.counters)?;
        std::mem::replace(&mut self.backend, fresh).dismiss();
        Ok(())
    }
}

/// The time, as of the last waking, and when to wake next.
pub struct Clock {
    pub now: Instant,
    next: Option<Instant>,
}

impl Clock {
    /// Wakes no later than then.
    pub fn arm(&mut self, when: Instant) {
        self.next = Some(self.next.map_or(when, |next| next.min(when)));
    }

    /// The instant so long from now, which it will wake for.
    pub fn within(&mut self, time: Duration) -> Option<Instant> {
        let when = self.now + time;
        self.arm(when);
        Some(when)
    }
}

impl<'a> Front<'a> {
    pub fn new(
        options: &'a Options,
        listeners: &'a [Listener],
        places: usize,
        backstage: &'a mut Backstage,
    ) -> io::Result<Front<'a>> {
        Ok(Front {
            options,
            listeners,
            places,
            backstage,
            poll: Poll::new()?,
            clock: Clock { now: Instant::now(), next: None },
            connections: Slab::new(),
            crowd: Crowd::default(),
            links: Slab::new(),
            idle_links: Vec::new(),
            ready: [Some(Errand::Far), Some(Errand::Heavy), None].map(|kind| (kind, Line::default())),
            roomless: VecDeque::new(),
            bodies: Room::new(options.limits.bodies),
            answers: 0,
            scratch: vec![0; PIECE].into(),
            uploads: Uploads::default(),
            pause: None,
            drain: None,
        })
    }

    /// Until it is told to stop and has finished what it had in hand.
    pub fn run(&mut self, stop: &Stop) -> io::Result<()> {
        self.poll.add(stop.bell(), Token::Stop, EventFlags::IN)?;
        self.open_listeners()?;
        let mut events = Vec::new();
        while !self.is_done() {
            self.poll.wait(self.clock.next, &mut events)?;
            self.clock.now = Instant::now();
            for event in &events {
                self.happened(*event, stop);
            }
            self.look_at_the_clock();
            self.hand_on();
        }
        Ok(())
    }

    fn happened(&mut self, event: Event, stop: &Stop) {
        let readable = event.flags.contains(EventFlags::IN);
        let writable = event.flags.contains(EventFlags::OUT);
        let broken = event.flags.intersects(EventFlags::ERR | EventFlags::HUP);
        match event.token {
            Token::Stop => self.begin_to_stop(stop),
            Token::Listener(place) => self.accept(place),
            Token::Connection(key) if broken => self.close(key),
            Token::Connection(key) => {
                if writable {
                    self.flush(key);
                }
                if readable {
                    self.readable(key);
                }
            }
            Token::Link(key) => {
                if writable {
                    self.send_to_worker(key);
                }
                if readable || broken {
                    self.hear_from_worker(key);
                }
            }
        }
    }

    fn open_listeners(&mut self) -> io::Result<()> {
        for (place, listener) in self.listeners.iter().enumerate() {
            self.poll.add(&listener.socket, Token::Listener(place), EventFlags::IN)?;
        }
        Ok(())
    }

    fn close_listeners(&mut self) {
        for listener in self.listeners {
            self.poll.remove(&listener.socket);
        }
    }

    fn accept(&mut self, place: usize) {
        for _ in 0..ACCEPT_BURST {
            let Listener { socket, tls } = &self.listeners[place];
            match socket.accept() {
                Ok((socket, peer)) => self.admit(socket, peer, tls.clone()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if is_the_clients(&error) => {}
                Err(error) => return self.pause(&error),
            }
        }
    }

    /// The system has no socket to give: asking at once again would only burn time.
    fn pause(&mut self, error: &io::Error) {
        log::warn!(target: "door", "event=cannot-accept error=\"{error}\"");
        self.close_listeners();
        self.pause = self.clock.within(self.options.limits.pause);
    }

    /// Forgets a connection and all it holds. A worker that has its request in hand finishes for nobody.
    pub fn close(&mut self, key: Key) {
        let Some(connection) = self.connections.remove(key) else { return };
        self.leave_crowd(connection.peer, connection.counted);
        self.answers -= connection.output.counted;
        match connection.stage {
            Stage::Body(incoming) => self.leave_room(key, incoming.room),
            Stage::Ready(incoming) => {
                self.leave_line(key);
                self.leave_room(key, incoming.room);
            }
            Stage::Asked(link) => {
                if let Some(exchange) = self.links.get(link).and_then(|link| link.exchange.as_mut()) {
                    exchange.client = None;
                }
            }
            _ => {}
        }
    }

    /// Asks the system to watch what the connection now waits for. What it merely need not watch any more is told
    /// only when it gets in the way (`exactly`).
    pub fn watch(&mut self, key: Key, exactly: bool) {
        let Some(connection) = self.connections.get(key) else { return };
        let (wants, watched) = (connection.wants(), connection.watched);
        let extra_out = watched.contains(EventFlags::OUT) && !wants.contains(EventFlags::OUT);
        if wants == watched || (!exactly && !extra_out && watched.contains(wants)) {
            return;
        }
        connection.watched = wants;
        if self.poll.change(&connection.transport, Token::Connection(key), wants).is_err() {
            self.close(key);
        }
    }

    fn look_at_the_clock(&mut self) {
        let now = self.clock.now;
        if self.clock.next.is_none_or(|next| next > now) {
            return;
        }
        self.clock.next = None;
        if self.pause.is_some_and(|until| until <= now) {
            self.pause = None;
            if self.drain.is_none() && self.open_listeners().is_err() {
                self.close_listeners();
                self.pause = self.clock.within(self.options.limits.pause);
            }
        }
        for key in due(self.connections.iter().map(|(key, connection)| (key, connection.deadline)), now) {
            self.connection_is_late(key);
        }
        let links = self.links.iter().map(|(key, link)| (key, link.exchange.as_ref().and_then(|asked| asked.deadline)));
        for key in due(links, now) {
            self.worker_is_late(key);
        }
        let deadlines = self.connections.iter().filter_map(|(_, connection)| connection.deadline);
        let answers = self.links.iter().filter_map(|(_, link)| link.exchange.as_ref()?.deadline);
        let next = deadlines.chain(answers).chain(self.pause).chain(self.drain).min();
        if let Some(next) = next {
            self.clock.arm(next);
        }
    }

    fn connection_is_late(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        // Another one that was late may have made room for it.
        if connection.deadline.is_none_or(|deadline| deadline > self.clock.now) {
            return;
        }
        if matches!(&connection.stage, Stage::Body(incoming) if incoming.room.is_none()) {
            return self.insist_on_room(key);
        }
        match connection.farewell() {
            Some(refusal) => self.refuse(key, refusal),
            None => self.close(key),
        }
    }

    fn begin_to_stop(&mut self, stop: &Stop) {
        self.poll.remove(stop.bell());
        self.close_listeners();
        self.pause = None;
        self.drain = self.clock.within(self.options.limits.drain);
        let keys: Vec<Key> = self.connections.iter().map(|(key, _)| key).collect();
        for key in keys {
            let Some(connection) = self.connections.get(key) else { continue };
            connection.closing = true;
            match connection.stage {
                Stage::Idle => self.close(key),
                Stage::Head if connection.input.is_empty() => self.close(key),
                Stage::Head => self.refuse(key, refusal::STOPPING),
                _ => {}
            }
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.drain.is_some()
    }

    fn is_done(&self) -> bool {
        let Some(until) = self.drain else { return false };
        let in_hand = self.connections.iter().any(|(_, connection)| !matches!(connection.stage, Stage::Lingering))
            || self.links.iter().any(|(_, link)| link.exchange.is_some());
        !in_hand || self.clock.now >= until
    }
}

/// The keys whose time is up.
fn due(things: impl Iterator<Item = (Key, Option<Instant>)>, now: Instant) -> Vec<Key> {
    things.filter(|(_, deadline)| deadline.is_some_and(|deadline| deadline <= now)).map(|(key, _)| key).collect()
}

/// An error of a client that has gone again (accept(2)), not of this machine.
fn is_the_clients(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let of_this_machine =
        [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::BADF, Errno::INVAL, Errno::NOTSOCK];
    !Errno::from_io_error(error).is_some_and(|errno| of_this_machine.contains(&errno))
}

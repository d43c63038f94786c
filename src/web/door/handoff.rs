//! From a whole request to a worker and back.

use std::io::{self, Read, Write};

use rustix::event::epoll::EventFlags;

use super::Errand;
use super::backend::{CLIENT, SECURE, TICKET};
use super::connection::{Incoming, Stage};
use super::forwarded;
use super::front::Front;
use super::intake::is_passing;
use super::link::{Answer, Exchange, Link};
use super::poll::Token;
use super::refusal;
use super::relay::{self, Frame};
use super::slab::Key;

/// Bytes of a head that a worker may write.
const ANSWER_HEAD_MAX: usize = 64 << 10;

/// Threads that tiny_http has from the start. Beyond them it starts one for a new connection when it believes that none is
/// idle, and counts one that it has just woken as idle: of two new connections one may then wait for ever. So further
/// links are opened one at a time, each when an answer has come by the one before.
const THREADS: usize = 4;

/// Bytes of a body that are sent together with the head.
const TOGETHER: usize = 16 << 10;

/// Pieces of an answer heard before anybody else has a turn.
const BURST: usize = 8;

impl Front<'_> {
    /// Gives waiting requests to workers, as far as there are some.
    pub fn hand_on(&mut self) {
        for line in 0..self.ready.len() {
            self.hand_on_from(line);
        }
    }

    fn hand_on_from(&mut self, line: usize) {
        let errand = self.ready[line].0;
        while !self.ready[line].1.is_empty() {
            let Some(link) = self.free_link(errand) else { return };
            let Some(key) = self.ready[line].1.next() else { return };
            self.assign(key, link, errand);
        }
    }

    /// A request no longer waits for a worker.
    pub fn leave_line(&mut self, key: Key) {
        self.ready.iter_mut().for_each(|(_, line)| line.leave(key));
    }

    /// A way to tiny_http, when not too many requests of this kind are with it.
    fn free_link(&mut self, errand: Option<Errand>) -> Option<Key> {
        if !self.has_place(errand) {
            return None;
        }
        while let Some(key) = self.idle_links.pop() {
            if self.links.get(key).is_some() {
                return Some(key);
            }
        }
        let untried = self.links.iter().any(|(_, link)| !link.proven);
        if self.links.len() >= THREADS && untried {
            return None;
        }
        match self.open_link() {
            Ok(key) => Some(key),
            Err(error) => {
                log::warn!(target: "door", "event=no-worker error=\"{error}\"");
                self.clock.within(self.options.limits.pause);
                None
            }
        }
    }

    fn has_place(&self, errand: Option<Errand>) -> bool {
        let count = |alike: &dyn Fn(Option<Errand>) -> bool| {
            let in_hand = self.links.iter().filter_map(|(_, link)| link.exchange.as_ref());
            in_hand.filter(|exchange| alike(exchange.errand)).count()
        };
        let alike = count(&|other| other == errand);
        match errand {
            None => alike < self.options.requests(),
            Some(_) => alike < self.options.workers && count(&|other| other.is_some()) < self.options.errands(),
        }
    }

    fn open_link(&mut self) -> io::Result<Key> {
        let stream = match self.backstage.backend.connect() {
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
                self.backstage.renew(self.options.threads())?;
                self.backstage.backend.connect()?
            }
            other => other?,
        };
        let key = self.links.add(Link { stream, watched: EventFlags::IN, exchange: None, proven: false });
        let Some(link) = self.links.get(key) else { return Err(io::ErrorKind::NotFound.into()) };
        let watched = self.poll.add(&link.stream, Token::Link(key), EventFlags::IN);
        if watched.is_err() {
            self.links.remove(key);
        }
        watched.map(|()| key)
    }

    fn assign(&mut self, key: Key, link_key: Key, errand: Option<Errand>) {
        let Some(connection) = self.connections.get(key) else { return };
        let Stage::Ready(incoming) = std::mem::replace(&mut connection.stage, Stage::Asked(link_key)) else { return };
        connection.deadline = None;
        let (client, forwarded) = forwarded::origin(
            connection.peer,
            &incoming.head.forwarded_for,
            &incoming.head.forwarded_proto,
            &self.options.trusted_proxies,
        );
        let ticket = self.backstage.next_ticket;
        self.backstage.next_ticket = ticket.wrapping_add(1);
        self.backstage.counters.files.announce(ticket);
        let without_body = incoming.is_head();
        let room = incoming.room.unwrap_or_default();
        let Incoming { head, mut body, upload, .. } = *incoming;
        if let Some(upload) = upload {
            self.backstage.counters.brought.announce(ticket);
            self.backstage.counters.brought.leave(ticket, upload);
        }
        let old = head.old;
        let mut onward = head.onward;
        let secure = u8::from(forwarded || connection.transport.is_secure());
        let ours = format!(
            "{CLIENT}: {client}\r\n{SECURE}: {secure}\r\n{TICKET}: {ticket}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        onward.extend_from_slice(ours.as_bytes());
        if body.len() <= TOGETHER {
            onward.append(&mut body);
        }
        let deadline = self.clock.within(self.options.limits.answer);
        let Some(link) = self.links.get(link_key) else { return };
        link.exchange = Some(Exchange {
            client: Some(key),
            ticket,
            errand,
            without_body,
            old,
            head: onward,
            body,
            sent: 0,
            room,
            answer: Answer::Head(Vec::new()),
            deadline,
        });
        self.send_to_worker(link_key);
    }

    /// Sends what the socket takes of the request.
    pub fn send_to_worker(&mut self, key: Key) {
        let Some(link) = self.links.get(key) else { return };
        let Some(exchange) = &mut link.exchange else { return };
        while !exchange.unsent().is_empty() {
            match link.stream.write(exchange.unsent()) {
                Ok(sent) => exchange.sent += sent,
                Err(error) if is_passing(&error) => return self.watch_link(key, EventFlags::IN | EventFlags::OUT),
                Err(_) => return self.lose_link(key),
            }
        }
        exchange.head = Vec::new();
        exchange.body = Vec::new();
        exchange.sent = 0;
        let room = std::mem::take(&mut exchange.room);
        self.watch_link(key, EventFlags::IN);
        self.give_back(room);
    }

    fn watch_link(&mut self, key: Key, flags: EventFlags) {
        let Some(link) = self.links.get(key) else { return };
        if link.watched != flags {
            link.watched = flags;
            if self.poll.change(&link.stream, Token::Link(key), flags).is_err() {
                self.lose_link(key);
            }
        }
    }

    /// Reads what there is of an answer and passes it on. No worker waits for its client: what that does not take is
    /// kept, as far as the room for answers goes.
    pub fn hear_from_worker(&mut self, key: Key) {
        for _ in 0..BURST {
            let Some(link) = self.links.get(key) else { return };
            let length = match link.stream.read(&mut self.scratch) {
                Ok(length) => length,
                Err(error) if is_passing(&error) => break,
                Err(_) => 0,
            };
            if length == 0 || self.absorb(key, length).is_none() {
                return self.lose_link(key);
            }
            if self.is_answered(key) {
                break;
            }
        }
        self.pass_on(key);
    }

    /// Takes so many bytes of `scratch` as the next of the answer. `None` when they are no answer.
    fn absorb(&mut self, key: Key, length: usize) -> Option<()> {
        let exchange = self.links.get(key)?.exchange.as_mut()?;
        let Answer::Head(head) = &mut exchange.answer else { return self.absorb_body(key, 0, length) };
        let before = head.len();
        head.extend_from_slice(&self.scratch[..length]);
        let Some(end) = relay::head_end(head) else {
            return (head.len() <= ANSWER_HEAD_MAX).then_some(());
        };
        let head = std::mem::take(head);
        exchange.deadline = None;
        let (client, ticket, without_body, old) =
            (exchange.client, exchange.ticket, exchange.without_body, exchange.old);
        let file = self.backstage.counters.files.take(ticket);
        let stopping = self.is_stopping();
        let mut connection = client.and_then(|client| self.connections.get(client));
        if let Some(connection) = &mut connection {
            connection.closing |= stopping;
        }
        let closing = connection.as_ref().is_none_or(|connection| connection.closing);
        let frame = Frame {
            without_body,
            file: file.as_ref().map(|file| file.left),
            connection: match (closing, old) {
                (true, _) => Some("close"),
                (false, true) => Some("keep-alive"),
                (false, false) => None,
            },
        };
        let reframed = relay::reframe(&head[..end], frame)?;
        if let Some(connection) = connection {
            connection.output.push(&reframed.head);
            connection.output.file = file.filter(|file| !without_body && file.left > 0);
        }
        self.links.get(key)?.exchange.as_mut()?.answer = Answer::Body(reframed.body);
        self.absorb_body(key, end - before, length)
    }

    /// Takes `scratch[from..to]` as body.
    fn absorb_body(&mut self, key: Key, from: usize, to: usize) -> Option<()> {
        let exchange = self.links.get(key)?.exchange.as_mut()?;
        let Answer::Body(left) = &mut exchange.answer else { return None };
        *left = left.checked_sub((to - from) as u64)?;
        if let Some(connection) = exchange.client.and_then(|client| self.connections.get(client)) {
            connection.output.push(&self.scratch[from..to]);
        }
        Some(())
    }

    fn is_answered(&mut self, key: Key) -> bool {
        let exchange = self.links.get(key).and_then(|link| link.exchange.as_ref());
        exchange.is_some_and(|exchange| matches!(exchange.answer, Answer::Body(0)))
    }

    /// Sends on what came; a finished answer frees the link.
    fn pass_on(&mut self, key: Key) {
        let answered = self.is_answered(key);
        let Some(link) = self.links.get(key) else { return };
        let Some(exchange) = &link.exchange else { return };
        let client = exchange.client;
        if answered {
            let room = exchange.room;
            let clean = exchange.unsent().is_empty();
            link.exchange = None;
            link.proven = true;
            self.give_back(room);
            if let Some(connection) = client.and_then(|client| self.connections.get(client)) {
                connection.stage = Stage::Answered;
            }
            if clean { self.idle_links.push(key) } else { self.lose_link(key) }
        }
        if let Some(client) = client {
            self.flush(client);
        }
    }

    /// The link is of no more use; whoever waited for an answer over it is told.
    fn lose_link(&mut self, key: Key) {
        let Some(link) = self.links.remove(key) else { return };
        let Some(exchange) = link.exchange else { return };
        self.backstage.counters.files.take(exchange.ticket);
        self.backstage.counters.brought.take(exchange.ticket);
        log::warn!(target: "door", "event=answer-lost");
        self.give_back(exchange.room);
        if let Some(client) = exchange.client {
            match exchange.answer {
                Answer::Head(_) => self.refuse(client, refusal::BROKEN),
                Answer::Body(_) => self.close(client),
            }
        }
    }

    /// The client is told that it takes too long; the worker keeps its link until it is done.
    pub fn worker_is_late(&mut self, key: Key) {
        let Some(exchange) = self.links.get(key).and_then(|link| link.exchange.as_mut()) else { return };
        exchange.deadline = None;
        if let Some(client) = exchange.client.take() {
            log::warn!(target: "door", "event=slow-answer");
            self.refuse(client, refusal::SLOW);
        }
    }
}

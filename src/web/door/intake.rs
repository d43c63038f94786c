//! From a client's bytes to a whole request.

use std::io;
use std::net::IpAddr;

use super::connection::{Connection, Incoming, Stage};
use super::forwarded;
use super::front::Front;
use super::head::{self, Framing, Head};
use super::limits::{BODY_MAX, LINGER_MAX, UPLOAD_MIN};
use super::listen::{Client, client};
use super::refusal::{self, Refusal};
use super::room::Share;
use super::scan::Scan;
use super::slab::Key;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Front<'_> {
    /// The client sent something, or its end.
    pub fn readable(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        if !connection.reads() {
            return self.watch(key, true);
        }
        match connection.transport.read(&mut self.scratch) {
            Ok(0) => self.close(key),
            Ok(length) if matches!(connection.stage, Stage::Lingering) => {
                connection.lingered += length;
                if connection.lingered > LINGER_MAX {
                    self.close(key);
                }
            }
            Ok(length) => {
                connection.input.extend_from_slice(&self.scratch[..length]);
                self.advance(key);
            }
            Err(error) if is_passing(&error) => self.watch(key, false),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => self.refuse(key, refusal::PLAIN),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => self.part(key),
            Err(_) => self.close(key),
        }
    }

    /// Goes as far as what came allows.
    pub fn advance(&mut self, key: Key) {
        while let Some(connection) = self.connections.get(key) {
            let more = match connection.stage {
                Stage::Idle | Stage::Head => self.advance_head(key),
                Stage::Body(_) => self.advance_body(key),
                _ => Ok(false),
            };
            match more {
                Ok(true) => {}
                Ok(false) => return self.watch(key, false),
                Err(refusal) => return self.refuse(key, refusal),
            }
        }
    }

    /// True when there is a head.
    fn advance_head(&mut self, key: Key) -> Result<bool, Refusal> {
        let Some(connection) = self.connections.get(key) else { return Ok(false) };
        if connection.input.is_empty() {
            return Ok(false);
        }
        if matches!(connection.stage, Stage::Idle) {
            connection.stage = Stage::Head;
            connection.since = self.clock.now;
            connection.deadline = self.clock.within(self.options.limits.head);
        }
        let Some(skipped) = connection.scan.skipped(&connection.input) else { return Ok(false) };
        connection.input.drain(..skipped);
        let Some(length) = connection.scan.step(&connection.input)? else { return Ok(false) };
        let head = head::read(&connection.input[..length])?;
        connection.input.drain(..length);
        connection.scan = Scan::default();
        connection.closing |= !head.keep_alive;
        let peer = connection.peer;
        let sender = self.sender(peer, &head);
        let incoming = self.begin_body(head, sender)?;
        let Some(connection) = self.connections.get(key) else { return Ok(false) };
        connection.stage = Stage::Body(Box::new(incoming));
        connection.since = self.clock.now;
        connection.deadline = None;
        Ok(true)
    }

    /// Whose request it is; a trusted proxy's own is nobody's.
    fn sender(&self, peer: IpAddr, head: &Head) -> Option<Client> {
        let trusted = &self.options.trusted_proxies;
        let (address, _) = forwarded::origin(peer, &head.forwarded_for, &head.forwarded_proto, trusted);
        (!trusted.iter().any(|block| block.contains(address))).then(|| client(address))
    }

    /// A larger body is let in when it brings files and somebody known sends it.
    fn begin_body(&mut self, head: Head, sender: Option<Client>) -> Result<Incoming, Refusal> {
        let length = match head.framing {
            Framing::Length(length) => length,
            Framing::Chunked => 0,
        };
        let most = match &head.brings {
            Some(brings) if length > UPLOAD_MIN => (self.options.may_upload)(&brings.cookies, &brings.path),
            _ => 0,
        };
        if length > BODY_MAX.max(most) {
            return Err(refusal::LARGE);
        }
        let mut incoming = Incoming::new(head, sender, self.clock.now);
        if most > 0 {
            incoming.upload = Some(self.uploads.begin(&self.options.socket_dir, length).ok_or(refusal::FULL)?);
        }
        Ok(incoming)
    }

    /// Takes what came of the body; a whole request gets in line for a worker.
    fn advance_body(&mut self, key: Key) -> Result<bool, Refusal> {
        if !self.has_room(key) {
            return Ok(false);
        }
        let limits = &self.options.limits;
        let Some(connection) = self.connections.get(key) else { return Ok(false) };
        let Connection { stage, input, .. } = connection;
        let Stage::Body(incoming) = stage else { return Ok(false) };
        incoming.take(input)?;
        if !incoming.is_whole() {
            let earned = std::time::Duration::from_millis(incoming.came() * 1000 / limits.body_rate.max(1));
            let until = incoming.began + limits.body + earned;
            connection.deadline = Some(until);
            self.clock.arm(until);
            return Ok(false);
        }
        if input.is_empty() {
            *input = Vec::new();
        }
        let Stage::Body(incoming) = std::mem::replace(stage, Stage::Answered) else { return Ok(false) };
        let errand = (self.options.errand)(incoming.head.method, incoming.head.path(), incoming.came());
        let client = incoming.client;
        connection.stage = Stage::Ready(incoming);
        connection.deadline = self.clock.within(limits.answer);
        if let Some((_, line)) = self.ready.iter_mut().find(|(kind, _)| *kind == errand) {
            line.join(client, key);
        }
        Ok(false)
    }

    /// Whether the body may be kept; if not yet, the connection waits in line for it.
    fn has_room(&mut self, key: Key) -> bool {
        let Some(connection) = self.connections.get(key) else { return false };
        let Stage::Body(incoming) = &mut connection.stage else { return false };
        if incoming.room.is_some() {
            return true;
        }
        let Some(share) = self.bodies.take(incoming.client, incoming.wanted()) else {
            if connection.deadline.is_none() {
                connection.deadline = self.clock.within(self.options.limits.body);
            }
            if !self.roomless.contains(&key) {
                self.roomless.push_back(key);
                log::debug!(target: "door", "event=no-room waiting={} peer={}", self.roomless.len(), connection.peer);
            }
            return false;
        };
        incoming.room = Some(share);
        incoming.began = self.clock.now;
        if incoming.head.expects && connection.input.is_empty() {
            connection.output.push(CONTINUE);
            self.flush(key);
        }
        true
    }

    /// A body waited long enough: the one that has been coming longest makes room, or this one is refused. Who has used
    /// up its own share takes nothing from others.
    pub fn insist_on_room(&mut self, key: Key) {
        let Some(Stage::Body(waiting)) = self.connections.get(key).map(|connection| &connection.stage) else { return };
        let sender = waiting.client;
        let only_own = self.bodies.is_used_up(sender, waiting.wanted());
        let patience = self.options.limits.body;
        let now = self.clock.now;
        let coming = self.connections.iter().filter_map(|(other, connection)| match &connection.stage {
            Stage::Body(incoming) => {
                let slow = incoming.room.is_some() && incoming.began + patience <= now;
                (slow && (!only_own || incoming.client == sender)).then_some((incoming.began, other))
            }
            _ => None,
        });
        if let Some((_, slowest)) = coming.min_by_key(|(began, _)| *began) {
            self.refuse(slowest, refusal::LATE);
        }
        let waits = |connection: &mut Connection| matches!(&connection.stage, Stage::Body(body) if body.room.is_none());
        if self.connections.get(key).is_some_and(waits) {
            self.refuse(key, refusal::FULL);
        }
    }

    /// Gives back the room of a body, or its place in the line for it.
    pub fn leave_room(&mut self, key: Key, room: Option<Share>) {
        match room {
            Some(room) => self.give_back(room),
            None => self.roomless.retain(|waiting| *waiting != key),
        }
    }

    /// A body is no longer kept: whoever waits for room looks again.
    pub fn give_back(&mut self, room: Share) {
        if !self.bodies.give_back(room) {
            return;
        }
        for key in std::mem::take(&mut self.roomless) {
            self.advance(key);
        }
    }

    /// Says no and ends the connection.
    pub fn refuse(&mut self, key: Key, refusal: Refusal) {
        let Some(connection) = self.connections.get(key) else { return };
        let (without_body, room) = match &connection.stage {
            Stage::Body(incoming) | Stage::Ready(incoming) => (incoming.is_head(), incoming.room),
            _ => (false, Some(Share::default())),
        };
        log::debug!(target: "door", "event=refused status={} peer={}", refusal.status, connection.peer);
        connection.stage = Stage::Answered;
        connection.closing = true;
        connection.input = Vec::new();
        connection.output.push(&refusal.write(without_body));
        self.leave_line(key);
        self.leave_room(key, room);
        self.flush(key);
    }
}

/// An error that says: later.
pub fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

//! A connection of the door to tiny_http: carries one request and its answer at a time, then the next.

use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::epoll::EventFlags;

use super::Errand;
use super::room::Share;
use super::slab::Key;

pub struct Link {
    pub stream: UnixStream,
    pub watched: EventFlags,
    pub exchange: Option<Exchange>,
    /// An answer has come this way, so a thread of tiny_http listens at the other end.
    pub proven: bool,
}

/// A request in a worker's hand.
pub struct Exchange {
    /// `None` when the client is gone; the worker still has to finish.
    pub client: Option<Key>,
    pub ticket: usize,
    pub errand: Option<Errand>,
    pub without_body: bool,
    /// The client speaks HTTP/1.0 and must be told when the connection stays.
    pub old: bool,
    /// Still to be sent to the worker: `head`, then `body`, from `sent` on over both.
    pub head: Vec<u8>,
    pub body: Vec<u8>,
    pub sent: usize,
    pub room: Share,
    pub answer: Answer,
    /// When the client is told that it takes too long.
    pub deadline: Option<Instant>,
}

/// How far the worker's answer was read.
pub enum Answer {
    /// The head as far as it came.
    Head(Vec<u8>),
    /// Bytes of the body still to come.
    Body(u64),
}

impl Exchange {
    /// What is still to be sent to the worker.
    pub fn unsent(&self) -> &[u8] {
        match self.sent.checked_sub(self.head.len()) {
            None => &self.head[self.sent..],
            Some(sent) => &self.body[sent..],
        }
    }
}

//! One client's connection: where it stands between two bytes.

use std::net::IpAddr;
use std::time::Instant;

use rustix::event::epoll::EventFlags;

use super::chunked::Decoder;
use super::files::Rest;
use super::head::{Framing, Head};
use super::limits::{BODY_MAX, UPLOAD_MIN};
use super::listen::Client;
use super::refusal::{self, Refusal};
use super::room::Share;
use super::scan::Scan;
use super::slab::Key;
use super::transport::Transport;
use super::upload::Upload;

pub struct Connection {
    pub transport: Transport,
    pub peer: IpAddr,
    /// Counted in the crowd; a trusted proxy is not.
    pub counted: bool,
    pub stage: Stage,
    /// What came and was not used yet: part of a head, or requests sent ahead.
    pub input: Vec<u8>,
    pub scan: Scan,
    pub output: Output,
    /// Nothing more is read from the client after this answer.
    pub closing: bool,
    /// What the system was asked to watch.
    pub watched: EventFlags,
    /// Since when the door waits for the client.
    pub since: Instant,
    pub deadline: Option<Instant>,
    /// Bytes that came since the connection was told to end.
    pub lingered: usize,
}

/// What the connection waits for.
pub enum Stage {
    /// The next request, of which nothing came yet.
    Idle,
    /// The rest of a head, or the first one.
    Head,
    /// The rest of a body, or room for it.
    Body(Box<Incoming>),
    /// A free worker.
    Ready(Box<Incoming>),
    /// The worker's answer, over this link.
    Asked(Key),
    /// The client, to take the rest of the answer.
    Answered,
    /// The client, to notice that the connection ends.
    Lingering,
}

/// A request whose head was understood.
pub struct Incoming {
    pub head: Head,
    pub body: Vec<u8>,
    /// Where the body goes instead, when it brings files.
    pub upload: Option<Upload>,
    pub frame: Frame,
    /// Who sends it, behind trusted proxies; `None` when that is a proxy itself.
    pub client: Option<Client>,
    /// Its share of the room for bodies; `None` while it waits for that.
    pub room: Option<Share>,
    pub began: Instant,
}

/// How the rest of the body is told from what follows it.
pub enum Frame {
    /// Bytes still to come.
    Length(u64),
    Chunks(Decoder),
}

impl Incoming {
    pub fn new(head: Head, client: Option<Client>, now: Instant) -> Incoming {
        let (frame, room) = match head.framing {
            Framing::Length(0) => (Frame::Length(0), Some(Share::default())),
            Framing::Length(length) => (Frame::Length(length), None),
            Framing::Chunked => (Frame::Chunks(Decoder::new(BODY_MAX)), None),
        };
        Incoming { head, body: Vec::new(), upload: None, frame, client, room, began: now }
    }

    /// How much room the body may need, in bytes.
    pub fn wanted(&self) -> usize {
        match self.frame {
            // A piece at a time passes through memory.
            _ if self.upload.is_some() => UPLOAD_MIN as usize,
            Frame::Length(length) => length as usize,
            Frame::Chunks(_) => BODY_MAX as usize,
        }
    }

    pub fn is_whole(&self) -> bool {
        match &self.frame {
            Frame::Length(left) => *left == 0,
            Frame::Chunks(decoder) => decoder.is_done(),
        }
    }

    /// Moves what belongs to the body out of `input`.
    pub fn take(&mut self, input: &mut Vec<u8>) -> Result<(), Refusal> {
        let used = match &mut self.frame {
            Frame::Length(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                if let Some(upload) = &mut self.upload {
                    upload.push(&input[..here]).map_err(|_| refusal::FULL)?;
                } else {
                    grow(&mut self.body, here, *left as usize);
                    self.body.extend_from_slice(&input[..here]);
                }
                *left -= here as u64;
                here
            }
            Frame::Chunks(decoder) => decoder.feed(input, &mut self.body)?,
        };
        input.drain(..used);
        Ok(())
    }

    /// Bytes of the body that came.
    pub fn came(&self) -> u64 {
        self.upload.as_ref().map_or(self.body.len() as u64, |upload| upload.length)
    }

    pub fn is_head(&self) -> bool {
        self.head.method == crate::web::Method::Head
    }
}

/// Doubles, but never beyond what is still to come.
fn grow(body: &mut Vec<u8>, here: usize, left: usize) {
    if body.capacity() - body.len() < here {
        body.reserve_exact(body.len().max(16 << 10).max(here).min(left));
    }
}

/// Bytes that were sent and are still kept, when more than that are left.
const SENT_MAX: usize = 64 << 10;

/// What goes to the client.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    sent: usize,
    /// Comes after the bytes.
    pub file: Option<Rest>,
    /// The socket takes no more at the moment.
    pub blocked: bool,
    /// Bytes the client took since its time was last extended.
    pub taken: usize,
    /// Bytes of the common budget for answers.
    pub counted: usize,
}

impl Output {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What is still to be sent of the bytes.
    pub fn left(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    pub fn advance(&mut self, sent: usize) {
        self.sent += sent;
        if self.sent == self.bytes.len() {
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent > SENT_MAX.max(self.left().len()) {
            self.bytes.drain(..self.sent);
            self.bytes.shrink_to_fit();
            self.sent = 0;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.left().is_empty() && self.file.is_none()
    }

    /// Gives memory back; an idle connection keeps none.
    pub fn release(&mut self) {
        *self = Output { counted: self.counted, ..Output::default() };
    }
}

impl Connection {
    pub fn new(transport: Transport, peer: IpAddr, counted: bool, now: Instant) -> Connection {
        Connection {
            transport,
            peer,
            counted,
            stage: Stage::Head,
            input: Vec::new(),
            scan: Scan::default(),
            output: Output::default(),
            closing: false,
            watched: EventFlags::IN,
            since: now,
            deadline: None,
            lingered: 0,
        }
    }

    /// Whether more from the client is of use now.
    pub fn reads(&self) -> bool {
        match &self.stage {
            Stage::Idle | Stage::Head | Stage::Lingering => true,
            Stage::Body(incoming) => incoming.room.is_some(),
            Stage::Ready(_) | Stage::Asked(_) | Stage::Answered => false,
        }
    }

    pub fn wants(&self) -> EventFlags {
        let reads = if self.reads() { EventFlags::IN } else { EventFlags::empty() };
        let writes = if self.output.blocked || self.transport.owes() { EventFlags::OUT } else { EventFlags::empty() };
        reads | writes
    }

    /// Whether only the client keeps the connection: then it may be cut off when the place is needed.
    pub fn waits_for_client(&self) -> bool {
        match self.stage {
            Stage::Idle | Stage::Head | Stage::Body(_) | Stage::Lingering => true,
            Stage::Ready(_) => false,
            Stage::Asked(_) | Stage::Answered => self.output.blocked,
        }
    }

    /// What to say when its time is up; `None` when there is nobody to say it to.
    pub fn farewell(&self) -> Option<Refusal> {
        match &self.stage {
            Stage::Head if !self.input.is_empty() => Some(refusal::LATE),
            Stage::Body(incoming) if incoming.room.is_none() => Some(refusal::FULL),
            Stage::Body(_) => Some(refusal::LATE),
            Stage::Ready(_) => Some(refusal::FULL),
            _ => None,
        }
    }
}

//! Which sockets the door watches, and for what.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use super::slab::Key;

/// Which thing an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Stop,
    Listener(usize),
    Connection(Key),
    Link(Key),
}

impl Token {
    fn bits(self) -> u64 {
        match self {
            Token::Stop => 0,
            Token::Listener(place) => 1 << 56 | place as u64,
            Token::Connection(key) => 2 << 56 | key.bits(),
            Token::Link(key) => 3 << 56 | key.bits(),
        }
    }

    fn from_bits(bits: u64) -> Token {
        match bits >> 56 {
            1 => Token::Listener((bits & 0xffff_ffff) as usize),
            2 => Token::Connection(Key::from_bits(bits)),
            3 => Token::Link(Key::from_bits(bits)),
            _ => Token::Stop,
        }
    }
}

/// Something happened.
#[derive(Clone, Copy)]
pub struct Event {
    pub token: Token,
    pub flags: EventFlags,
}

pub struct Poll {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poll {
    pub fn new() -> io::Result<Poll> {
        Ok(Poll { epoll: epoll::create(CreateFlags::CLOEXEC)?, events: Vec::with_capacity(64) })
    }

    pub fn add(&self, source: impl AsFd, token: Token, flags: EventFlags) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, source, EventData::new_u64(token.bits()), flags)?)
    }

    pub fn change(&self, source: impl AsFd, token: Token, flags: EventFlags) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, source, EventData::new_u64(token.bits()), flags)?)
    }

    pub fn remove(&self, source: impl AsFd) {
        // Not watched is what was asked for.
        let _ = epoll::delete(&self.epoll, source);
    }

    /// Sleeps until something happens or until then; for ever without a time.
    pub fn wait(&mut self, until: Option<Instant>, happened: &mut Vec<Event>) -> io::Result<()> {
        let timeout = until.map(|until| timespec(until.saturating_duration_since(Instant::now())));
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        happened.clear();
        happened.extend(self.events.iter().map(|event| {
            let (data, flags) = (event.data, event.flags);
            Event { token: Token::from_bits(data.u64()), flags }
        }));
        Ok(())
    }
}

fn timespec(time: Duration) -> Timespec {
    // A day is as good as any longer time, and fits everywhere.
    let time = time.min(Duration::from_secs(86_400));
    // A number below 10⁹ fits whatever the machine counts nanoseconds in.
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos() as _ }
}

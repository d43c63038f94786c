//! One word for the whole program: stop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// Said once, heard by everybody who holds a copy; it wakes the door.
#[derive(Clone)]
pub struct Stop(Arc<Word>);

struct Word {
    said: AtomicBool,
    bell: OwnedFd,
}

impl Stop {
    /// Fails when the process has no file descriptor left.
    pub fn new() -> io::Result<Stop> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Stop(Arc::new(Word { said: AtomicBool::new(false), bell })))
    }

    pub fn set(&self) {
        self.0.said.store(true, Ordering::Release);
        // A bell that can't ring has rung already: its counter is full.
        let _ = rustix::io::write(&self.0.bell, &1u64.to_ne_bytes());
    }

    pub fn is_set(&self) -> bool {
        self.0.said.load(Ordering::Acquire)
    }

    /// Readable from the moment it is said.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}

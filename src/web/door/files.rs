//! Files on their way out. A worker only says which file is the answer; the door reads it as fast as the client does,
//! so that a slow client keeps a file open and no worker waiting.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::spool::{Hold, Spool};
use super::upload::Upload;
use crate::sync::lock;

/// What of a file is still to be sent.
pub struct Rest {
    file: Arc<File>,
    at: u64,
    /// Bytes.
    pub left: u64,
    _hold: Option<Hold>,
}

impl Rest {
    /// So many bytes from where the file stands.
    pub fn of(file: impl Into<Arc<File>>, length: u64) -> io::Result<Rest> {
        let file = file.into();
        let at = (&*file).stream_position()?;
        Ok(Rest { file, at, left: length, _hold: None })
    }

    pub fn holding(self, hold: Hold) -> Rest {
        Rest { _hold: Some(hold), ..self }
    }

    /// The next piece, at most as long as the buffer; an error when the file is shorter than was promised.
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        match self.file.read_at(&mut buffer[..wanted], self.at)? {
            0 if wanted > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => Ok(length),
        }
    }

    /// So many bytes were sent.
    pub fn advance(&mut self, sent: usize) {
        self.at += sent as u64;
        self.left = self.left.saturating_sub(sent as u64);
    }
}

/// Where workers leave files for the door, and the door for workers, each under the ticket of its request.
#[derive(Clone)]
pub struct Counters {
    pub files: Arc<Counter<Rest>>,
    pub brought: Arc<Counter<Upload>>,
    /// Where an answer becomes a file.
    pub spool: Arc<Spool>,
}

/// Places for things that wait to be taken.
pub struct Counter<T>(Mutex<HashMap<usize, Option<T>>>);

impl<T> Default for Counter<T> {
    fn default() -> Counter<T> {
        Counter(Mutex::default())
    }
}

impl<T> Counter<T> {
    /// Opens a place; without it nothing can be left.
    pub fn announce(&self, ticket: usize) {
        self.places().insert(ticket, None);
    }

    /// Leaves something, if anybody still waits for it.
    pub fn leave(&self, ticket: usize, thing: T) {
        if let Some(place) = self.places().get_mut(&ticket) {
            *place = Some(thing);
        }
    }

    /// Takes what was left, if anything was, and closes the place.
    pub fn take(&self, ticket: usize) -> Option<T> {
        self.places().remove(&ticket).flatten()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<usize, Option<T>>> {
        lock(&self.0)
    }
}

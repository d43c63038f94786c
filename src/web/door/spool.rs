//! Large answers on their way out. A worker puts one into a file without a name and is free again, however slowly the
//! client reads: the door sends files by itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::files::Rest;
use super::limits::SPOOL_MAX;
use crate::media::folder::{ROOM_MIN, free_at};

pub struct Spool {
    directory: PathBuf,
    /// Bytes of all files.
    taken: AtomicUsize,
    made: AtomicUsize,
}

/// So many bytes of the spool, until it is dropped.
pub struct Hold {
    spool: Arc<Spool>,
    bytes: usize,
}

impl Spool {
    pub fn new(directory: &Path) -> Spool {
        Spool { directory: directory.to_owned(), taken: AtomicUsize::default(), made: AtomicUsize::default() }
    }

    /// These bytes as a file; `None` when there is no room for them.
    pub fn keep(self: &Arc<Spool>, bytes: &[u8]) -> Option<Rest> {
        let length = bytes.len() as u64;
        let before = self.taken.fetch_add(bytes.len(), Ordering::Relaxed);
        let hold = Hold { spool: self.clone(), bytes: bytes.len() };
        if before as u64 + length > SPOOL_MAX || free_at(&self.directory) < length + ROOM_MIN {
            return None;
        }
        match self.write(bytes).and_then(|file| Rest::of(file, length)) {
            Ok(rest) => Some(rest.holding(hold)),
            Err(error) => {
                log::warn!(target: "door", "event=no-spool error=\"{error}\"");
                None
            }
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<File> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut file = nameless(&self.directory.join(format!("door-answer-{number}")))?;
        file.write_all(bytes)?;
        file.rewind()?;
        Ok(file)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.spool.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A new file that goes when it is dropped. Its name, which it has for a moment, should begin like those of sockets:
/// what a killed process left is cleared away with them.
pub fn nameless(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    let gone = fs::remove_file(path);
    file.and_then(|file| gone.map(|()| file))
}

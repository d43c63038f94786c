//! Bodies that bring files. Only somebody who is signed in may send one that is larger than other bodies; it goes to a
//! file without a name as it comes, and the worker gets the file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::spool::nameless;
use crate::media::folder::{ROOM_MIN, free_at};

/// How large a body with files may be, in bytes, by the cookies of the request and its path.
pub type MayUpload = Arc<dyn Fn(&str, &str) -> u64 + Send + Sync>;

/// Bodies with files that are kept at once.
const UPLOADS_MAX: usize = 4;

/// A body in a file, which goes when it is dropped.
#[derive(Debug)]
pub struct Upload {
    pub file: File,
    /// Bytes.
    pub length: u64,
    _place: Arc<()>,
}

impl Upload {
    /// Appends what came.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Gives out places for bodies with files.
#[derive(Default)]
pub struct Uploads {
    place: Arc<()>,
    made: usize,
}

impl Uploads {
    /// A new one of so many bytes in a directory; `None` when there are too many, or when the disk has no room.
    pub fn begin(&mut self, directory: &Path, length: u64) -> Option<Upload> {
        if Arc::strong_count(&self.place) > UPLOADS_MAX || free_at(directory) < length.saturating_add(ROOM_MIN) {
            return None;
        }
        self.made = self.made.wrapping_add(1);
        match nameless(&directory.join(format!("door-upload-{}", self.made))) {
            Ok(file) => Some(Upload { file, length: 0, _place: self.place.clone() }),
            Err(error) => {
                log::warn!(target: "door", "event=no-upload error=\"{error}\"");
                None
            }
        }
    }
}

//! Where archives lie while they are brought in, so that it can go on after a restart: `imports/`, each file named by
//! the number of its import. The key of an account is in there, so nobody else may read it, and it goes in the end.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Error;
use crate::media::folder::{ROOM_MIN, free_at};
use crate::media::source::Source;
use crate::model::{Guid, ImportId, Timestamp};

/// Files of photos that come with one archive at the most.
pub const PHOTOS_MAX: usize = 100;

/// Files begin like this until it is known for what.
const NEW: &str = "new-";

pub struct Shelf<'a>(pub &'a Path);

/// Files that lie there but belong to nothing yet; they go when this is dropped.
pub struct Brought {
    /// The archive first, then the photos.
    files: Vec<PathBuf>,
}

/// An archive and its photos.
pub struct Files {
    pub archive: File,
    pub photos: Vec<File>,
}

impl Shelf<'_> {
    /// Copies an archive and zip files of photos here.
    pub fn bring<'s>(&self, files: impl Iterator<Item = Source<'s>>) -> Result<Brought, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.0)?;
        let mut brought = Brought { files: Vec::new() };
        for from in files.take(PHOTOS_MAX + 1) {
            let path = self.0.join(format!("{NEW}{}", Guid::random()));
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            brought.files.push(path);
            if free_at(self.0) < from.len() + ROOM_MIN {
                return Err(Error::Room);
            }
            io::copy(&mut from.reader(), &mut file)?;
            file.sync_all()?;
        }
        Ok(brought)
    }

    /// The files of an import; `None` when they are gone.
    pub fn open(&self, id: ImportId) -> Option<Files> {
        let archive = File::open(self.0.join(id.to_string())).ok()?;
        let photos = (1..=PHOTOS_MAX).map_while(|number| File::open(self.0.join(format!("{id}-{number}"))).ok());
        Some(Files { archive, photos: photos.collect() })
    }

    /// Bytes of the archive of an import.
    pub fn length(&self, id: ImportId) -> Option<u64> {
        fs::metadata(self.0.join(id.to_string())).ok().map(|file| file.len())
    }

    /// Removes the files of an import, and what was left a day ago when the power failed.
    pub fn remove(&self, id: ImportId, now: Timestamp) {
        let (own, photos) = (id.to_string(), format!("{id}-"));
        for file in fs::read_dir(self.0).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let old = || file.metadata().is_ok_and(|data| data.mtime() < now.0 - 86_400);
            if name == own || name.starts_with(&photos) || (name.starts_with(NEW) && old()) {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// Only one process brings archives in at a time; `None` while another one does.
    pub fn lock(&self) -> Result<Option<File>, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.0)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.0.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Brought {
    /// They belong to this import now.
    pub fn give(mut self, shelf: &Shelf, id: ImportId) -> io::Result<()> {
        for (number, file) in std::mem::take(&mut self.files).iter().enumerate() {
            let name = if number == 0 { id.to_string() } else { format!("{id}-{number}") };
            fs::rename(file, shelf.0.join(name))?;
        }
        Ok(())
    }
}

impl Drop for Brought {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
    }
}

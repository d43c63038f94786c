//! A backup: everything in the data folder that a pod needs to live on elsewhere, in one tar file. First comes
//! `pappus-backup.json`, which says whose it is; then the files; at the end `SHA256SUMS`, so that anybody can check it
//! with `tar -x` and `sha256sum -c`. It may be sealed with age as a whole. It is written and read piece by piece, so
//! memory does not grow with it.

pub mod read;
pub mod seal;
mod tar;
pub mod write;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::{self, OpenError};

/// The name of the database in it, and in the data folder.
pub const DATABASE: &str = "pappus.db";

const HEAD: &str = "pappus-backup.json";
const SUMS: &str = "SHA256SUMS";

/// What this program writes and reads.
const FORMAT: u32 = 1;

/// Bytes read at a time.
const PIECE: usize = 64 << 10;

/// Bytes that stay free on the disk for what else the pod writes meanwhile.
const ROOM_MIN: u64 = 16 << 20;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub format: u32,
    /// The program that wrote it, with its version.
    pub program: String,
    /// Base address of the pod.
    pub pod: String,
    /// Schema of the database.
    pub schema: i64,
    /// RFC 3339.
    pub made_at: String,
}

/// Why there is no backup, or why one is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("backup: {0}")]
    Stream(#[from] io::Error),
    #[error("database: {0}")]
    Store(#[from] store::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("backup: {0}; nothing was restored")]
    Refused(String),
    #[error("disk: {0} MB more are needed on the disk of {1}")]
    Room(u64, PathBuf),
    #[error("{0}: it changed while it was read; run the backup again")]
    Changed(PathBuf),
    #[error("folder {0}: another backup of this pod is just being made")]
    Busy(PathBuf),
    #[error("folder {0}: another pappus is running on it; stop that one first")]
    Running(PathBuf),
    #[error("folder {0}: there is something in it; a backup is restored into an empty folder, name one with --data")]
    Occupied(PathBuf),
    #[error("backup: it is sealed with a passphrase; use --passphrase-file, or a terminal to type it on")]
    NeedsPassphrase,
    #[error("backup: it is sealed for a key; name the file with the key with --key")]
    NeedsKey,
    #[error("backup: {0}")]
    Seal(String),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::File(path.to_owned(), error)
}

fn refused(why: impl Into<String>) -> Error {
    Error::Refused(why.into())
}

/// Whether a file of the data folder is none that a pod elsewhere needs: the database, which is copied by itself, with
/// its log and copies; locks; what is only half written.
fn is_passing(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    let database = name.starts_with("pappus.") && (name.ends_with(".db") || name.contains(".db-"));
    database || last.starts_with('.') || matches!(name, "lock" | HEAD | SUMS) || name.starts_with("imports/new-")
}

/// Whether there is room on the disk of a folder for so many bytes more.
fn has_room(folder: &Path, bytes: u64) -> Result<(), Error> {
    let free = crate::media::folder::free_at(folder);
    let wanted = bytes.saturating_add(ROOM_MIN);
    if free >= wanted { Ok(()) } else { Err(Error::Room(((wanted - free) >> 20) + 1, folder.to_owned())) }
}

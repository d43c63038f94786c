//! Moving house: all that a person has, written as an archive of diaspora* (format 2.0) and brought in from one.
//!
//! An archive is judged as a whole before anything is changed (`judge`); then it is brought in by steps, each of many
//! small transactions that note how far they came (`bring`), so that it goes on after a restart and may be done twice.

pub mod bring;
pub mod export;
pub mod judge;
mod photos;
pub mod pictures;
pub mod read;
mod restore;
pub mod shelf;
pub mod zip;

use std::io;

use super::{diaspora, write};
use crate::model::Refusal;
use crate::social;
use crate::store;

/// The format's version, as diaspora* writes it.
pub const VERSION: &str = "2.0";

/// Why an archive could not be written or brought in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Write(#[from] write::Error),
    #[error(transparent)]
    Diaspora(#[from] diaspora::Error),
    #[error("archive: {0}")]
    Io(#[from] io::Error),
    #[error("archive: {0}")]
    Json(#[from] serde_json::Error),
    /// It may not be brought in; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Social(#[from] social::Error),
    /// There is not so much room on the disk.
    #[error("archive: there is no room for it on the disk")]
    Room,
}

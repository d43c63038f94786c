//! Pictures: those that people bring, which are made ready and kept here, and those of other pods, which are shown
//! through this one so that looking at them tells nobody who looks.

pub mod canvas;
pub mod decode;
mod encode;
pub mod exif;
pub mod fingerprint;
pub mod folder;
pub mod gif;
mod jpeg;
pub mod kind;
pub mod looked;
pub mod pdq;
pub mod picture;
pub mod preview;
pub mod proxy;
mod shrink;
pub mod silent;
pub mod source;

use crate::sync::lock;
use std::sync::{Mutex, MutexGuard};

/// Only one picture is worked on at a time.
static ONE: Mutex<()> = Mutex::new(());

fn take_turn() -> MutexGuard<'static, ()> {
    lock(&ONE)
}

/// Why a picture was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not a JPEG, PNG, GIF or WebP")]
    Kind,
    #[error("the picture is damaged")]
    Broken,
    #[error("the picture has too many pixels")]
    Pixels,
    #[error("the file is too large")]
    Bytes,
    #[error("a profile picture cannot move")]
    Moving,
    #[error("the disk is full")]
    Full,
    #[error("picture: {0}")]
    Io(#[from] std::io::Error),
}

impl From<jpeg::Error> for Error {
    fn from(error: jpeg::Error) -> Error {
        match error {
            jpeg::Error::Broken => Error::Broken,
            jpeg::Error::Unknown => Error::Kind,
            jpeg::Error::Large => Error::Pixels,
            jpeg::Error::Io(error) => Error::Io(error),
        }
    }
}

impl From<gif::Error> for Error {
    fn from(error: gif::Error) -> Error {
        match error {
            gif::Error::Broken => Error::Broken,
            gif::Error::Io(error) => Error::Io(error),
        }
    }
}

impl From<png::DecodingError> for Error {
    fn from(error: png::DecodingError) -> Error {
        match error {
            // The end of the source is the end of what was sent, not of this machine.
            png::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Error::Io(error),
            png::DecodingError::LimitsExceeded => Error::Pixels,
            _ => Error::Broken,
        }
    }
}

impl From<image_webp::DecodingError> for Error {
    fn from(error: image_webp::DecodingError) -> Error {
        match error {
            image_webp::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                Error::Io(error)
            }
            _ => Error::Broken,
        }
    }
}

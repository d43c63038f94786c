//! When the disk or the file will not: what the podmin can do about it.

use rusqlite::{ErrorCode, ffi};

use super::Error;

/// Why nothing can be written, or read, that is not the program's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Full,
    ReadOnly,
    /// Another program has it locked.
    Busy,
    /// The disk gives errors.
    Disk,
    Damaged,
    Memory,
}

impl Trouble {
    pub fn of(error: &Error) -> Option<Trouble> {
        match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Some(Trouble::Full),
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Some(Trouble::ReadOnly),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Trouble::Busy),
            ErrorCode::SystemIoFailure => Some(Trouble::Disk),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Trouble::Damaged),
            ErrorCode::OutOfMemory => Some(Trouble::Memory),
            _ => None,
        }
    }

    /// What the podmin can do.
    pub fn advice(self) -> &'static str {
        match self {
            Trouble::Full => "make room on its disk; until then the pod only reads, and loses nothing",
            Trouble::ReadOnly => {
                "look whether its disk is mounted read-only (dmesg says why) and whether the folder belongs to the user who runs the pod"
            }
            Trouble::Busy => "another program has the database locked; close it (fuser pappus.db names it)",
            Trouble::Disk => {
                "the disk gives errors: look at dmesg, make a backup at once (pappus backup), replace the disk"
            }
            Trouble::Damaged => "stop the pod and run `pappus check --repair`, or restore the last backup",
            Trouble::Memory => "there is too little memory for what the pod was asked for",
        }
    }
}

/// Whether what cannot be read may be readable in part: not when something is in the way of the whole file.
pub fn may_be_damage(error: &Error) -> bool {
    let read = [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_CORRUPTFS];
    match Trouble::of(error) {
        Some(Trouble::Disk) => error.sqlite_error().is_some_and(|error| read.contains(&error.extended_code)),
        Some(Trouble::Full | Trouble::ReadOnly | Trouble::Busy | Trouble::Memory) => false,
        Some(Trouble::Damaged) | None => true,
    }
}

/// The advice behind an error: `; …`, or nothing.
pub fn advised(error: &Error) -> String {
    Trouble::of(error).map_or(String::new(), |trouble| format!("; {}", trouble.advice()))
}

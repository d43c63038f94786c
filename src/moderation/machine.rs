//! The machine the pod runs on, and its process: also for the shell, which is another process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock, statvfs};
use serde::Serialize;

/// Clock ticks a second in what the kernel tells programs.
const TICKS: u64 = 100;

#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Whether the pod runs.
    pub running: bool,
    /// Seconds since it was started.
    pub uptime: Option<u64>,
    /// Bytes of memory that it uses.
    pub memory: Option<u64>,
    /// Bytes that are free on the disk of its folder.
    pub disk_free: Option<u64>,
    /// Bytes of that disk.
    pub disk: Option<u64>,
    /// Bytes of the log of the database, which is folded into it now and then.
    pub wal: u64,
}

/// Takes the lock of a data folder and writes into it who has it; the lock goes with the process. `None`: another one
/// has it.
pub fn lock(data: &Path) -> io::Result<Option<File>> {
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(data.join("lock"))?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(None);
    }
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(Some(file))
}

/// Looks at the machine, and at the process that has the lock of a data folder.
pub fn look(data: &Path) -> Machine {
    let process = holder(data).map(|pid| Path::new("/proc").join(pid));
    let disk = statvfs(data).ok();
    Machine {
        running: process.is_some(),
        uptime: process.as_deref().and_then(uptime),
        memory: process.as_deref().and_then(memory),
        disk_free: disk.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        disk: disk.map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize)),
        wal: fs::metadata(data.join("pappus.db-wal")).map_or(0, |file| file.len()),
    }
}

/// The number of the process that has the lock.
fn holder(data: &Path) -> Option<String> {
    let path = data.join("lock");
    let file = File::open(&path).ok()?;
    // Who gets the lock just to see whether it is free lets go of it at once.
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    let number = fs::read_to_string(path).ok()?;
    number.bytes().all(|b| b.is_ascii_digit()).then_some(number).filter(|number| !number.is_empty())
}

fn memory(process: &Path) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// From the kernel's own clock: the other one may have jumped since.
fn uptime(process: &Path) -> Option<u64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name of the program, in brackets, may hold anything. The start is the 20th word after it.
    let started: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let up = fs::read_to_string("/proc/uptime").ok()?;
    let up: f64 = up.split_whitespace().next()?.parse().ok()?;
    Some((up as u64).saturating_sub(started / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_lock_is_seen_and_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!look(folder.path()).running);
        let held = lock(folder.path()).expect("works").expect("is free");
        let seen = look(folder.path());
        assert!(seen.running && seen.memory.is_some_and(|bytes| bytes > 1 << 20), "{seen:?}");
        assert!(lock(folder.path()).expect("works").is_none());
        assert!(look(folder.path()).running, "who was turned away changed nothing");
        drop(held);
        assert!(!look(folder.path()).running);
    }
}

//! The log: one line a thing that happened, to stderr. Under systemd with its priority, so that the journal can sort;
//! else with time and level, so that a person can.

use std::io::Write;
use std::os::fd::AsFd;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::model::Timestamp;
use crate::pod;

struct Journal {
    systemd: bool,
}

/// Starts the log. `stream` is the environment's `JOURNAL_STREAM`.
pub fn start(level: LevelFilter, stream: Option<&str>) {
    let journal = Journal { systemd: stream.is_some_and(is_stderr) };
    if log::set_boxed_logger(Box::new(journal)).is_ok() {
        log::set_max_level(level);
    }
}

/// Whether `device:inode` is what stderr leads to (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_stderr(stream: &str) -> bool {
    rustix::fs::fstat(std::io::stderr().as_fd()).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata) -> bool {
        // What strangers say wrongly in TLS is no news, and they could say it for ever.
        if metadata.target().starts_with("rustls") {
            return false;
        }
        let mine = metadata.target().starts_with("pappus") || !metadata.target().contains("::");
        mine || metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // One event is one line, whatever is in it.
        let message = record.args().to_string().replace(['\n', '\r'], " ");
        let target = record.target();
        let line = if self.systemd {
            format!("<{}>{target}: {message}\n", priority(record.level()))
        } else {
            format!("{} {:5} {target}: {message}\n", time(pod::now()), record.level())
        };
        // Nobody is left to tell when stderr is closed.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// syslog(3)'s priorities.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

fn time(now: Timestamp) -> String {
    now.to_string().replace('T', " ")
}

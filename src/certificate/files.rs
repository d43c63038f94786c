//! The podmin's own files: shown at the start, and again whenever they change. New ones that are no good are not shown,
//! and the old ones stay.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::pair::{Error, Pair};
use crate::pod::{Stop, Wake};
use crate::web::door::Papers;

/// Between two looks at the files.
const EVERY: Duration = Duration::from_secs(2);

/// Where the certificate and its key are.
#[derive(Clone, Debug)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What changes when a file does, or who may read it.
pub type Stamp = Vec<Option<(u64, u64, [i64; 4])>>;

impl Files {
    pub fn read(&self) -> Result<Pair, Error> {
        Pair::read(&self.certificate, &self.key)
    }

    pub fn stamp(&self) -> Stamp {
        // The second time is that of the last change of anything: mended rights leave the first one as it is.
        let times = |file: &Metadata| [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        let of = |path| fs::metadata(path).ok().map(|file| (file.ino(), file.size(), times(&file)));
        vec![of(&self.certificate), of(&self.key)]
    }
}

/// Looks at the files until `stop`. What was read when the pod started is shown already; `known` is how they were then.
pub fn watch(files: &Files, mut known: Stamp, papers: &Papers, stop: &Stop, rest: &Wake) {
    let mut before = known.clone();
    while !stop.is_set() {
        let seen = rest.count();
        let now = files.stamp();
        // Two files do not change in one moment: they are read when they have stood still for a while.
        if now != known && now == before {
            show_again(files, papers);
            known.clone_from(&now);
        }
        before = now;
        rest.sleep(seen, Some(EVERY));
    }
}

fn show_again(files: &Files, papers: &Papers) {
    match files.read() {
        Ok(pair) => {
            log::info!(target: "certificate", "the certificate was read again; it holds until {}", pair.until);
            papers.show(pair.shown);
        }
        Err(error) => {
            log::error!(target: "certificate", "the new certificate is not used, the old one is shown on: {error}");
        }
    }
}

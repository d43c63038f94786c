//! How the pod proves over https who it is: by a certificate from files of the podmin's, which are read again whenever
//! they change, or by one that it gets from an authority by itself.

pub mod acme;
pub mod chain;
mod der;
pub mod files;
pub mod pair;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use crate::pod::{Pod, Stop, Wake};
use crate::web::door::Papers;
use acme::Acme;
use files::{Files, Stamp};

/// What the pod shows, and where it comes from.
pub struct Certificate {
    pub papers: Arc<Papers>,
    source: Source,
}

enum Source {
    Files(Files, Stamp),
    Authority(Box<Acme>),
}

impl Certificate {
    /// The podmin's own, which must be good when the pod starts.
    pub fn from_files(files: Files) -> Result<Certificate, pair::Error> {
        let papers = Arc::new(Papers::default());
        // Before they are read: a change in the next moment is one.
        let known = files.stamp();
        papers.show(files.read()?.shown);
        Ok(Certificate { papers, source: Source::Files(files, known) })
    }

    /// One that the pod gets; what it got before is shown meanwhile, over or not.
    pub fn from_authority(acme: Acme) -> Certificate {
        let papers = Arc::new(Papers::default());
        if let Some(pair) = acme.kept() {
            papers.show(pair.shown);
        }
        Certificate { papers, source: Source::Authority(Box::new(acme)) }
    }

    /// Keeps it up to date until `stop`.
    pub fn run(&self, pod: &Pod, stop: &Stop, rest: &Wake) {
        match &self.source {
            Source::Files(files, known) => files::watch(files, known.clone(), &self.papers, stop, rest),
            Source::Authority(acme) => acme.run(pod, &self.papers, stop, rest),
        }
    }
}

/// A folder that nobody else may enter.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that nobody else may read, in one step: the old one or the new one is there, even after a power cut.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("part");
    let _ = std::fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

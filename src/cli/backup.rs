//! `pappus backup` and `pappus restore`: the whole pod in one file, also while it runs.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::line::{Line, bar};
use super::{Error, secret};
use crate::backup::seal::{self, Keys, Seal};
use crate::backup::write::Summary;
use crate::backup::{self, read, write};
use crate::config::Config;
use crate::pod::now;

/// For whom a backup is sealed.
pub enum Lock {
    /// Nobody: it is a plain tar file.
    None,
    Recipient(String),
    /// Typed twice.
    Passphrase,
    /// The first line of a file; `-`: of standard input.
    PassphraseFile(PathBuf),
}

/// Writes a backup into a file, which is there whole or not at all, or to standard output (`-`).
pub fn make(config: &Config, to: &Path, lock: &Lock) -> Result<(), Error> {
    if !config.database().exists() {
        return Err(Error::Usage(format!(
            "backup: there is no pod in {}; name its folder with --data",
            config.data.display()
        )));
    }
    let seal = match lock {
        Lock::None => Seal::Open,
        Lock::Recipient(text) => Seal::recipient(text)?,
        Lock::Passphrase => Seal::passphrase(secret::new("New passphrase: ", "--passphrase-file")?)?,
        Lock::PassphraseFile(file) => Seal::passphrase(secret::from_file(file)?)?,
    };
    if to == Path::new("-") {
        let mut out = io::stdout();
        if out.is_terminal() {
            return Err(Error::Usage(
                "backup: it is not for a terminal; say `backup FILE`, or `backup - | …`".to_owned(),
            ));
        }
        let summary = fill(config, &seal, &mut out)?;
        tell(&summary, "standard output");
        return Ok(());
    }
    let summary = into_file(config, to, &seal)?;
    tell(&summary, &to.display().to_string());
    Ok(())
}

/// Written under another name, synced, renamed.
fn into_file(config: &Config, to: &Path, seal: &Seal) -> Result<Summary, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| Error::Backup(backup::Error::File(path, error))
    };
    // What is there is replaced: a device or a folder must not be.
    let name = to.file_name().filter(|_| to.is_file() || !to.exists());
    let name =
        name.ok_or_else(|| Error::Usage(format!("backup: {} is no file; name one in a folder", to.display())))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = OsString::from(".");
    part.push(name);
    part.push(".part");
    let part = folder.join(part);
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&part);
    let file = opened.map_err(failed(&part))?;
    if file.try_lock().is_err() {
        return Err(Error::System(format!("{}: another backup is just being written to it", to.display())));
    }
    let written = file.set_len(0).map_err(failed(&part)).and_then(|()| {
        let summary = fill(config, seal, &mut BufWriter::with_capacity(64 << 10, &file))?;
        file.sync_all().map_err(failed(&part))?;
        fs::rename(&part, to).map_err(failed(to))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))?;
        Ok(summary)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn fill(config: &Config, seal: &Seal, out: &mut dyn Write) -> Result<Summary, Error> {
    let line = Line::new();
    let mut progress =
        |done: u64, total: u64| line.say(&format!("{} {} of {} MB", bar(done, total), done >> 20, total >> 20));
    let summary = seal.around(out, |out| {
        let summary = write::write(&config.data, out, now(), &mut progress)?;
        out.flush()?;
        Ok(summary)
    });
    line.end();
    Ok(summary?)
}

fn tell(summary: &Summary, place: &str) {
    for name in &summary.left_out {
        complain!("left out: {} (no file of a pod is called so)", name.display());
    }
    complain!("{place}: {} files, {} kB", summary.files, summary.bytes.div_ceil(1024));
}

/// Restores a backup from a file, or from standard input (`-`), into an empty folder.
pub fn restore(config: &Config, from: &Path, passphrase_file: Option<&Path>, key: Option<&Path>) -> Result<(), Error> {
    let failed = |path: &Path, error: io::Error| Error::Backup(backup::Error::File(path.to_owned(), error));
    let (input, length): (Box<dyn Read>, u64) = if from == Path::new("-") {
        (Box::new(io::stdin()), 0)
    } else {
        let file = File::open(from).map_err(|error| failed(from, error))?;
        let length = file.metadata().map_err(|error| failed(from, error))?.len();
        (Box::new(file), length)
    };
    let key = key.map(|key| fs::read_to_string(key).map_err(|error| failed(key, error))).transpose()?;
    let mut passphrase = || match passphrase_file {
        Some(file) => secret::from_file(file).map_err(|why| backup::Error::Seal(why.to_string())),
        None => secret::known("Passphrase: ").map_err(|_| backup::Error::NeedsPassphrase),
    };
    let mut tar = seal::open(input, &mut Keys { key, passphrase: &mut passphrase })?;
    let line = Line::new();
    let mut progress = |done: u64, total: u64| line.say(&format!("{} {} MB", bar(done, total), done >> 20));
    let head = read::restore(&mut tar, length, &config.data, &mut progress);
    line.end();
    let head = head?;
    say!("{} as it was at {}, in {}.", head.pod, head.made_at, config.data.display());
    say!("Start it with --url {} on this machine alone: two of one pod harm each other.", head.pod);
    Ok(())
}

//! `pappus bank`: the bank of pictures that are not shown, from the shell, also while the pod runs.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::args::Bank;
use super::{Error, open};
use crate::config::Config;
use crate::media::fingerprint;
use crate::media::source::Source;
use crate::model::hex::hex;
use crate::model::picture::{HashKind, parse_hash};
use crate::moderation::bank::{self, Counted, List};
use crate::moderation::ground;
use crate::pod;

use crate::store::{Store, bank as stored};

pub fn run(config: &Config, deed: &Bank) -> Result<(), Error> {
    if let Bank::Hash { files } = deed {
        return files.iter().try_for_each(|file| hash(file));
    }
    let (store, _) = open(config)?;
    match deed {
        Bank::Import { file, ground, kind, look } => import(&store, file, ground, *kind, *look),
        Bank::Remove { what } => remove(&store, what),
        Bank::List | Bank::Hash { .. } => list(&store),
    }
}

fn import(store: &Store, file: &Path, ground: &str, kind: Option<HashKind>, look: bool) -> Result<(), Error> {
    let failed = |error: io::Error| Error::System(format!("{}: {error}", file.display()));
    if ground::get(ground).is_none() {
        let known: Vec<&str> = ground::all().map(|(key, _)| key).collect();
        return Err(Error::Usage(format!("{ground}: no such ground; there are {}", known.join(", "))));
    }
    let source = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let list = List { source: &source, ground, kind };
    let lines = || File::open(file).map(BufReader::new);
    let counted = bank::count(&list, lines().map_err(failed)?).map_err(failed)?;
    say(&counted);
    if look {
        say!("Nothing was changed.");
        return Ok(());
    }
    let done = bank::import(store, pod::now(), &list, &counted, lines().map_err(failed)?, &mut |_| ());
    done.map_err(|error| Error::System(format!("{}: {error}", file.display())))?;
    say!("They are in the bank as {source}.");
    Ok(())
}

fn say(counted: &Counted) {
    for (line, why) in &counted.first_wrong {
        say!("line {line}: {why}");
    }
    let others = match (counted.wrong, counted.other) {
        (0, 0) => String::new(),
        (wrong, other) => format!("; left out: {wrong} lines that are not understood, {other} hashes of other kinds"),
    };
    say!("{} SHA-256 and {} PDQ hashes{others}.", counted.sha256, counted.pdq);
}

fn list(store: &Store) -> Result<(), Error> {
    for list in store.read(stored::lists)? {
        let (kind, day) = (list.kind.as_str(), list.added_at.civil().date());
        say!("{:>4}  {kind:<6}  {:>8}  {day}  {}  {}", list.id, list.hashes, list.ground, list.source);
    }
    Ok(())
}

/// By the number of a list, or one hash wherever it is.
fn remove(store: &Store, what: &str) -> Result<(), Error> {
    let gone = match (what.parse(), parse_hash(what)) {
        (_, Some(hash)) => store.write(pod::now(), |tx| stored::remove(tx, &hash))? > 0,
        (Ok(id), None) => store.write(pod::now(), |tx| stored::remove_list(tx, id))?,
        (Err(_), None) => return Err(Error::Usage(format!("{what}: neither the number of a list nor a hash"))),
    };
    if gone { Ok(()) } else { Err(Error::Usage(format!("{what}: not in the bank; see `pappus bank list`"))) }
}

/// What a picture is known by: SHA-256, PDQ, its quality.
fn hash(path: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::System(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let known = fingerprint::of(Source::File { file: &file, from: 0, length }).map_err(failed)?;
    let look = known.pdq.map_or_else(|| "-  -".to_owned(), |pdq| format!("{}  {}", hex(&pdq.hash), pdq.quality));
    say!("{}  {look}  {}", hex(&known.sha256), path.display());
    Ok(())
}

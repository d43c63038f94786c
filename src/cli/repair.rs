//! `pappus check --repair`: mends what can be mended in the folder of a stopped pod, and says what was lost.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Error, has_database};
use crate::backup;
use crate::config::Config;
use crate::media::folder::Folder;
use crate::model::Timestamp;
use crate::moderation::machine;
use crate::pod::now;
use crate::store::{self, OpenError, Store, photos, repair, trouble};

/// How the names of damaged databases begin that are kept; their number follows.
const KEPT: &str = "pappus.damaged-";

/// With `sure`, also when all pictures are gone.
pub fn run(config: &Config, sure: bool) -> Result<ExitCode, Error> {
    // Opening it would make a new one, to which all pictures are nobody's.
    if !has_database(config) {
        return Err(Error::NoDatabase(config.database()));
    }
    let lock = machine::lock(&config.data).map_err(|error| Error::Folder(config.data.clone(), error))?;
    let _lock = lock.ok_or_else(|| Error::Running(config.data.clone()))?;
    take_back(&config.data).map_err(|error| Error::Folder(config.data.clone(), error))?;
    let stale = remove_stale(&config.data);
    if stale > 0 {
        say!("{stale} temporary files that nobody needs were removed");
    }
    if !is_readable(config)? {
        salvage(config)?;
    }
    let store = Store::open(&config.database())?;
    mend_database(&store)?;
    mend_pictures(&store, config, sure)?;
    store.fold()?;
    super::check::run(config)
}

/// Whether the file is sound, or is after its indexes were made anew. What is in the way and is no damage ends the repair.
fn is_readable(config: &Config) -> Result<bool, Error> {
    match examine(config) {
        Err(Error::Open(OpenError::Sqlite(_, error)) | Error::Store(error)) if trouble::may_be_damage(&error) => {
            Ok(false)
        }
        examined => examined,
    }
}

fn examine(config: &Config) -> Result<bool, Error> {
    let store = Store::open(&config.database())?;
    if !store.read(repair::knows_itself)? {
        return Ok(false);
    }
    if store.read(store::checks::damage)?.is_empty() {
        return Ok(true);
    }
    store.write(now(), |tx| repair::reindex(tx).and_then(|()| repair::rebuild_words(tx)))?;
    say!("the indexes were made anew");
    Ok(store.read(store::checks::damage)?.is_empty())
}

/// Brings what can be read into a new file, and keeps the damaged one.
fn salvage(config: &Config) -> Result<(), Error> {
    let (damaged, new) = (config.database(), config.data.join(".salvaged.db"));
    let salvaged = repair::salvage(&damaged, &new)?;
    // Who runs the pod is not root.
    if rustix::process::geteuid().is_root() {
        let owned = fs::metadata(&damaged).and_then(|owner| chown(&new, Some(owner.uid()), Some(owner.gid())));
        owned.map_err(|error| Error::Folder(config.data.clone(), error))?;
    }
    let store = Store::open(&new)?;
    if !store.read(repair::knows_itself)? {
        drop(store);
        let _ = fs::remove_file(&new);
        let why = "check: the pod's own keys cannot be read any more; nothing was changed. Restore the last backup";
        return Err(Error::System(why.to_owned()));
    }
    // The words of rows that came in another order than they were written in.
    store.write(now(), repair::rebuild_words)?;
    mend_database(&store)?;
    let number = unused(&config.data);
    if salvaged.iter().any(|table| table.holes > 0) {
        set_aside(config, &store, number)?;
    }
    store.fold()?;
    drop(store);
    let kept = config.data.join(format!("{KEPT}{number}.db"));
    replace(&config.data, &damaged, &new, &kept).map_err(|error| Error::Folder(config.data.clone(), error))?;
    say!("the database was damaged; what could be read is in a new one, the old one is {}", kept.display());
    for table in salvaged.iter().filter(|table| table.holes > 0) {
        say!("{}: {} rows were saved, {} places could not be read", table.table, table.rows, table.holes);
    }
    Ok(())
}

/// Puts the new database into the place of the damaged one, which keeps its log: there is one or the other at any
/// moment.
fn replace(data: &Path, damaged: &Path, new: &Path, kept: &Path) -> io::Result<()> {
    File::open(new)?.sync_all()?;
    fs::hard_link(damaged, kept)?;
    File::open(data)?.sync_all()?;
    move_if_there(&beside(damaged, "-wal"), &beside(kept, "-wal"))?;
    let _ = fs::remove_file(beside(damaged, "-shm"));
    // Else the log of the damaged one could come to be one of the new one.
    File::open(data)?.sync_all()?;
    fs::rename(new, damaged)?;
    File::open(data)?.sync_all()
}

/// Takes back what `replace` did before it was killed in the middle.
fn take_back(data: &Path) -> io::Result<()> {
    let database = data.join(backup::DATABASE);
    let known = fs::metadata(&database)?;
    for entry in fs::read_dir(data)?.flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let is_kept = name.starts_with(KEPT) && name.ends_with(".db");
        if is_kept && fs::metadata(&path).is_ok_and(|file| (file.dev(), file.ino()) == (known.dev(), known.ino())) {
            move_if_there(&beside(&path, "-wal"), &beside(&database, "-wal"))?;
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// SQLite's names of the files beside a database.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The number of the damaged file among those that are kept.
fn unused(data: &Path) -> usize {
    (1..).find(|number| !data.join(format!("{KEPT}{number}.db")).exists()).unwrap_or(0)
}

/// Keeps pictures that the new database does not know, too: what knew them may be what could not be read.
fn set_aside(config: &Config, store: &Store, number: usize) -> Result<(), Error> {
    let aside = config.data.join(format!("photos.damaged-{number}"));
    let (folder, other) = (Folder::new(config.photos()), Folder::new(aside.clone()));
    let unknown = unneeded(&folder, &store.read(photos::needed)?);
    for name in &unknown {
        folder.hand_over(name, &other).map_err(|error| Error::Folder(aside.clone(), error))?;
    }
    if !unknown.is_empty() {
        say!("{} pictures that nobody needs any more are in {}", unknown.len(), aside.display());
    }
    Ok(())
}

/// Pictures in the folder that are none of those (in their order).
fn unneeded(folder: &Folder, needed: &[String]) -> Vec<String> {
    let mut names = folder.names_before(Timestamp(i64::MAX));
    names.retain(|name| needed.binary_search(name).is_err());
    names
}

fn mend_database(store: &Store) -> Result<(), Error> {
    for (table, count) in store.write(now(), repair::remove_orphans)? {
        say!("{table}: {count} rows that pointed to nothing were removed");
    }
    if !store.write(now(), repair::words_are_sound)? {
        store.write(now(), repair::rebuild_words)?;
        say!("what is searched was made anew");
    }
    Ok(())
}

/// Photos whose pictures are gone go; pictures that no photo needs go, too.
fn mend_pictures(store: &Store, config: &Config, sure: bool) -> Result<(), Error> {
    let (folder, needed) = (Folder::new(config.photos()), store.read(photos::needed)?);
    let there = folder.names_before(Timestamp(i64::MAX));
    let missing = needed.iter().filter(|name| there.binary_search(name).is_err()).count();
    if !sure && missing > needed.len() / 2 {
        return Err(Error::NoPictures(config.photos(), missing));
    }
    for name in needed.iter().filter(|name| !folder.is_whole(name)) {
        store.write(now(), |tx| repair::forget_picture(tx, name))?;
        say!("picture {name} was missing or damaged; it is gone, its post stays");
    }
    let removed = unneeded(&folder, &needed).iter().filter(|name| folder.remove(name).is_ok()).count();
    if removed > 0 {
        say!("{removed} pictures that nobody needs were removed");
    }
    Ok(())
}

/// Removes what was only half written when something was killed; how many files.
fn remove_stale(data: &Path) -> usize {
    let mut removed = 0;
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, is_folder) = (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
        if name == backup::read::STAGE {
            removed += usize::from(fs::remove_dir_all(&path).is_ok());
        } else if is_folder && matches!(name.as_str(), "vault" | "imports") {
            let stale = |name: &str| name.starts_with('.') || name.starts_with("new-");
            let files = fs::read_dir(&path).into_iter().flatten().flatten();
            let files = files.filter(|file| stale(&file.file_name().to_string_lossy()));
            removed += files.filter(|file| fs::remove_file(file.path()).is_ok()).count();
        } else if !is_folder && [".backup", ".salvaged", ".doctor"].iter().any(|begin| name.starts_with(begin)) {
            removed += usize::from(fs::remove_file(&path).is_ok());
        }
    }
    removed
}

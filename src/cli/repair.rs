//! `pappus check --repair`: mends what can be mended in the folder of a stopped pod, and says what was lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::Error;
use crate::backup;
use crate::config::Config;
use crate::media::folder::Folder;
use crate::model::Timestamp;
use crate::moderation::machine;
use crate::pod::now;
use crate::store::{self, Store, photos, repair};

pub fn run(config: &Config) -> Result<ExitCode, Error> {
    let lock = machine::lock(&config.data).map_err(|error| Error::Folder(config.data.clone(), error))?;
    let _lock = lock.ok_or_else(|| Error::Running(config.data.clone()))?;
    let stale = remove_stale(&config.data);
    if stale > 0 {
        say!("{stale} temporary files that nobody needs were removed");
    }
    if !is_readable(config) {
        salvage(config)?;
    }
    let store = Store::open(&config.database())?;
    mend_database(&store)?;
    mend_pictures(&store, &Folder::new(config.photos()))?;
    store.fold()?;
    super::check::run(config)
}

/// Whether the file is sound, or is after its indexes were made anew.
fn is_readable(config: &Config) -> bool {
    let tried = Store::open(&config.database()).ok().and_then(|store| {
        if store.read(store::damage).ok()?.is_empty() {
            return Some(true);
        }
        store.write(now(), |tx| repair::reindex(tx).and_then(|()| repair::rebuild_words(tx))).ok()?;
        say!("the indexes were made anew");
        store.read(store::damage).ok().map(|findings| findings.is_empty())
    });
    tried.unwrap_or(false)
}

/// Brings what can be read into a new file, and keeps the damaged one.
fn salvage(config: &Config) -> Result<(), Error> {
    let (damaged, new) = (config.database(), config.data.join(".salvaged.db"));
    let salvaged = repair::salvage(&damaged, &new)?;
    let store = Store::open(&new)?;
    if !store.read(repair::knows_itself)? {
        drop(store);
        let _ = fs::remove_file(&new);
        let why = "check: the pod's own keys cannot be read any more; nothing was changed. Restore the last backup";
        return Err(Error::System(why.to_owned()));
    }
    drop(store);
    let kept = unused(&config.data);
    let failed = |error| Error::Backup(backup::Error::File(kept.clone(), error));
    fs::rename(&damaged, &kept).map_err(failed)?;
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(config.data.join(format!("{}{ending}", backup::DATABASE)));
    }
    fs::rename(&new, &damaged).map_err(failed)?;
    say!("the database was damaged; what could be read is in a new one, the old one is {}", kept.display());
    for table in salvaged.iter().filter(|table| table.holes > 0) {
        say!("{}: {} rows were saved, {} places could not be read", table.table, table.rows, table.holes);
    }
    Ok(())
}

/// A name for the damaged file.
fn unused(data: &Path) -> PathBuf {
    let mut names = (1..).map(|number| data.join(format!("pappus.damaged-{number}.db")));
    names.find(|path| !path.exists()).unwrap_or_else(|| data.join("pappus.damaged.db"))
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
fn mend_pictures(store: &Store, folder: &Folder) -> Result<(), Error> {
    let mut needed = store.read(photos::needed)?;
    for name in needed.iter().filter(|name| !folder.is_whole(name)) {
        store.write(now(), |tx| repair::forget_picture(tx, name))?;
        say!("picture {name} was missing or damaged; it is gone, its post stays");
    }
    needed.sort();
    let mut removed = 0;
    for name in folder.names_before(Timestamp(i64::MAX)) {
        let is_orphan = needed.binary_search(&name).is_err();
        removed += usize::from(is_orphan && folder.remove(&name).is_ok());
    }
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

//! `pappus export` and `pappus import`: moving house from the shell, also while the pod runs.

use std::fs::{File, OpenOptions};
use std::iter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::args::Keep;
use super::line::{Line, bar};
use super::serve::assemble;
use super::{Error, open};
use crate::config::Config;
use crate::federation::archive::shelf::Shelf;
use crate::federation::archive::{self, bring, export, pictures, read};
use crate::media::folder::Folder;
use crate::media::source::Source;
use crate::model::{Handle, Import, User};
use crate::pod::Stop;
use crate::store::{Store, accounts, imports};

/// Bytes of pictures in one zip file.
const VOLUME: u64 = 2 << 30;

/// Writes a user's archive and pictures: into a folder, or the archive as a file and the pictures beside it.
pub fn export(config: &Config, name: &str, to: &Path) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let me = user(&store, name)?;
    let (folder, file) = if to.is_dir() {
        (to, to.join(format!("{name}_data.json.gz")))
    } else {
        (to.parent().unwrap_or(to), to.to_owned())
    };
    let line = Line::new();
    export::write(&store, &me, create(&file)?, &mut |things| line.say(&format!("{things} things written")))?;
    line.end();
    say!("{}", file.display());
    let photos = Folder::new(config.photos());
    for (at, volume) in pictures::volumes(&store, &photos, &me, VOLUME)?.iter().enumerate() {
        let file = folder.join(format!("{name}_photos_{}.zip", at + 1));
        line.say(&format!("{} pictures, {} MB", volume.names.len(), volume.length >> 20));
        pictures::write(&photos, volume, create(&file)?)?;
        line.end();
        say!("{}", file.display());
    }
    Ok(())
}

/// Brings an archive and pictures in, for a user here.
pub fn import(config: &Config, name: &str, archive: &Path, photos: &[PathBuf], keep: Keep) -> Result<(), Error> {
    let pod = assemble(config)?;
    let me = user(&pod.store, name)?;
    let files: Vec<File> =
        iter::once(archive).chain(photos.iter().map(PathBuf::as_path)).map(open_file).collect::<Result<_, _>>()?;
    let shelf = Shelf(&pod.imports);
    match pod.store.read(|db| imports::last(db, me.id))?.filter(|last| !last.step.is_over()) {
        // The same archive, interrupted: it goes on where it was.
        Some(last) if shelf.length(last.id) == Some(read::file(&files[0]).map_err(archive::Error::from)?.len()) => {}
        _ => {
            let files: Vec<Source> =
                files.iter().map(read::file).collect::<Result<_, _>>().map_err(archive::Error::from)?;
            bring::leave(&pod, &me, files.into_iter(), !keep.profile, !keep.settings)?;
        }
    }
    let line = Line::new();
    let done = bring::all(&pod, &Stop::default(), &mut |import| line.say(&progress(import)))?;
    line.end();
    if !done {
        return Err(Error::System("another import is on its way; its progress stands in the settings".to_owned()));
    }
    let last = pod.store.read(|db| imports::last(db, me.id))?;
    match last {
        Some(Import { refusal: Some(why), .. }) => Err(Error::System(format!("{why}; nothing was changed"))),
        Some(import) => {
            let old = import.old.as_ref().map_or("", Handle::as_str);
            say!("{old} lives on as {}.", me.person.handle);
            say!("{} of {} things brought in.", import.total - import.left_out, import.total);
            Ok(())
        }
        None => Ok(()),
    }
}

fn open_file(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| Error::System(format!("{}: {error}", path.display())))
}

/// `[#####-----] 1200 of 2400, posts`
fn progress(import: &Import) -> String {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let bar = bar(number(import.through), number(import.total));
    format!("{bar} {} of {}, {}", import.through, import.total, import.step.as_str())
}

fn user(store: &Store, name: &str) -> Result<User, Error> {
    let user = store.read(|db| accounts::by_name(db, name))?;
    user.ok_or_else(|| Error::Usage(format!("nobody is called {name} here; see `pappus user list`")))
}

/// A new file that only its owner may read: the account's key is in it.
fn create(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().write(true).read(true).create(true).truncate(true).mode(0o600).open(path);
    file.map_err(|error| Error::System(format!("{}: {error}", path.display())))
}

impl From<archive::Error> for Error {
    fn from(error: archive::Error) -> Error {
        Error::System(error.to_string())
    }
}

//! `pappus export` and `pappus import`: moving house from the shell, also while the pod runs.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Error, open};
use crate::config::Config;
use crate::federation::archive::{self, export, pictures};
use crate::media::folder::Folder;
use crate::model::User;
use crate::store::{Store, accounts};

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
    println!("{}", file.display());
    let photos = Folder::new(config.photos());
    for (at, volume) in pictures::volumes(&store, &photos, &me, VOLUME)?.iter().enumerate() {
        let file = folder.join(format!("{name}_photos_{}.zip", at + 1));
        line.say(&format!("{} pictures, {} MB", volume.names.len(), volume.length >> 20));
        pictures::write(&photos, volume, create(&file)?)?;
        line.end();
        println!("{}", file.display());
    }
    Ok(())
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

/// A line on the terminal that is written over and over; nothing when nobody watches.
struct Line(bool);

impl Line {
    fn new() -> Line {
        Line(std::io::stderr().is_terminal())
    }

    fn say(&self, text: &str) {
        if self.0 {
            // A terminal that is gone is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    fn end(&self) {
        self.say("");
    }
}

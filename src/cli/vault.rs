//! `pappus vault`: the key of the vault, shown once, and opening what is in it on another machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Error, open};
use crate::config::Config;
use crate::moderation::vault;
use crate::pod::now;
use crate::store;

/// Makes the recovery key and prints it as a key file; it is stored nowhere.
pub fn key(config: &Config, again: bool) -> Result<(), Error> {
    let (db, _) = open(config)?;
    let made = db.write(now(), |tx| match store::vault::recipient(tx)? {
        Some(known) if !again => Ok::<_, store::Error>(Err(known)),
        _ => vault::make_key(tx).map(Ok),
    })?;
    let key = made.map_err(|known| {
        Error::Usage(format!(
            "vault: there is a key, {known}, which was shown when it was made; if it is lost, make another one with --again"
        ))
    })?;
    say!("{}", key.file(now()).trim_end());
    complain!(
        "Write this down or keep the file on another machine. It is not shown again, and this pod has not kept it."
    );
    Ok(())
}

/// Keeps a file of the vault longer, because an authority or a court asks for that.
pub fn keep_longer(config: &Config, name: &str, days: i64, why: &str) -> Result<(), Error> {
    let (store, _) = open(config)?;
    let until = store.write(now(), |tx| vault::keep_longer(tx, "shell", name, days, why))?;
    say!("{name}: kept until {until}.");
    Ok(())
}

/// Opens a file of the vault.
pub fn open_file(file: &Path, key: &Path, to: Option<&Path>) -> Result<(), Error> {
    let failed = |path: &Path, error: io::Error| Error::System(format!("vault: {}: {error}", path.display()));
    let key_text = fs::read_to_string(key).map_err(|error| failed(key, error))?;
    let sealed = File::open(file).map_err(|error| failed(file, error))?;
    match to {
        Some(path) => {
            let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let mut out = out.map_err(|error| failed(path, error))?;
            vault::open(sealed, &key_text, &mut out).and_then(|_| out.sync_all()).map_err(|error| failed(file, error))
        }
        None => {
            let mut out = io::stdout().lock();
            vault::open(sealed, &key_text, &mut out).and_then(|_| out.flush()).map_err(|error| failed(file, error))
        }
    }
}

//! The podmin's own texts and grounds: files in `texts/` of the data folder, which are read when the program starts, and
//! `pappus texts`, which writes out those of the program to begin from.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::Error;
use crate::config::Config;
use crate::moderation::ground;
use crate::web::text::{self, LANGUAGES};

/// The file of grounds.
const GROUNDS: &str = "grounds.toml";

/// Reads the podmin's own files, once. A file that cannot be understood ends the program: a law clock must not run by
/// something else than its podmin wrote.
pub fn load(config: &Config) -> Result<(), Error> {
    static ONCE: Once = Once::new();
    let mut result = Ok(());
    ONCE.call_once(|| result = read(&config.data.join("texts")));
    result
}

fn read(folder: &Path) -> Result<(), Error> {
    let wrong = |why: String| Error::Texts(folder.to_owned(), why);
    let file = |name: &str| match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(format!("{name}: {error}"))),
    };
    let mut own = Vec::new();
    for (tag, _) in LANGUAGES {
        own.extend(file(&format!("{tag}.toml"))?.map(|text| (tag, text)));
    }
    if !own.is_empty() {
        for unknown in text::load(&own).map_err(wrong)? {
            log::warn!(target: "texts", "{unknown}: there is no such text, so nobody reads it");
        }
    }
    if let Some(text) = file(GROUNDS)? {
        ground::load(&text).map_err(|why| wrong(format!("{GROUNDS}: {why}")))?;
    }
    let nameless = ground::all().find(|(key, _)| !text::book("").knows(&format!("ground.{key}")));
    match nameless {
        Some((key, _)) => Err(wrong(format!("{GROUNDS}: [{key}] has no name; write it into en.toml below [ground]"))),
        None => Ok(()),
    }
}

/// Writes out what the program says by itself.
pub fn write(to: &Path) -> Result<(), Error> {
    let failed = |path: PathBuf, error| Error::Folder(path, error);
    fs::create_dir_all(to).map_err(|error| failed(to.to_owned(), error))?;
    let texts = LANGUAGES.map(|(tag, text)| (format!("{tag}.toml"), text));
    for (name, text) in texts.into_iter().chain([(GROUNDS.to_owned(), ground::FILE)]) {
        let path = to.join(name);
        fs::write(&path, text).map_err(|error| failed(path.clone(), error))?;
        say!("{}", path.display());
    }
    Ok(())
}

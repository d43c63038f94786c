//! `pappus check`: whether what is stored is sound.

use std::process::ExitCode;

use super::{Error, open};
use crate::config::Config;
use crate::media::folder::Folder;
use crate::moderation::log as ledger;
use crate::store::{self, photos};

pub fn run(config: &Config) -> Result<ExitCode, Error> {
    if !config.database().exists() {
        return Err(Error::Usage(format!("check: there is no database at {}", config.database().display())));
    }
    let (store, _) = open(config)?;
    let mut findings = store.read(store::check)?;
    findings.extend(store.read(ledger::check)?);
    for finding in &findings {
        println!("{finding}");
    }
    let folder = Folder::new(config.photos());
    let mut broken = store.read(photos::needed)?;
    broken.retain(|name| !folder.is_whole(name));
    for name in &broken {
        println!("picture {name} is missing or damaged");
    }
    if findings.is_empty() && broken.is_empty() {
        println!("The database and the pictures are sound.");
        return Ok(ExitCode::SUCCESS);
    }
    if !findings.is_empty() {
        println!("The database is damaged.");
    }
    println!("Stop the pod, keep a copy of {}, and restore the last backup.", config.data.display());
    Ok(ExitCode::FAILURE)
}

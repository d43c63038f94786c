//! `pappus check`: whether what is stored is sound.

use std::process::ExitCode;

use super::{Error, has_database, open};
use crate::config::Config;
use crate::media::folder::Folder;
use crate::moderation::log as ledger;
use crate::pod::now;
use crate::store::trouble::Trouble;
use crate::store::{self, OpenError, photos, repair};

pub fn run(config: &Config) -> Result<ExitCode, Error> {
    if !has_database(config) {
        return Err(Error::NoDatabase(config.database()));
    }
    let (findings, broken) = match examine(config) {
        Err(Error::Store(error) | Error::Open(OpenError::Sqlite(_, error))) if is_damage(&error) => {
            (vec![error.to_string()], Vec::new())
        }
        examined => examined?,
    };
    for finding in &findings {
        say!("{finding}");
    }
    for name in &broken {
        say!("picture {name} is missing or damaged");
    }
    if findings.is_empty() && broken.is_empty() {
        say!("The database and the pictures are sound.");
        return Ok(ExitCode::SUCCESS);
    }
    if !findings.is_empty() {
        say!("The database is damaged.");
    }
    let data = config.data.display();
    say!("Stop the pod, keep a copy of {data}, and run `pappus check --repair`, or restore the last backup.");
    Ok(ExitCode::FAILURE)
}

fn is_damage(error: &store::Error) -> bool {
    Trouble::of(error) == Some(Trouble::Damaged)
}

/// What is wrong with the database, and the pictures that are missing or damaged.
fn examine(config: &Config) -> Result<(Vec<String>, Vec<String>), Error> {
    let (store, _) = open(config)?;
    let mut findings = store.read(store::checks::findings)?;
    if !findings.is_empty() {
        // What is not sound cannot say which pictures it needs.
        return Ok((findings, Vec::new()));
    }
    findings.extend(store.read(ledger::check)?);
    if !store.write(now(), repair::words_are_sound)? {
        findings.push("what is searched is not what is in the posts".to_owned());
    }
    let folder = Folder::new(config.photos());
    let mut broken = store.read(photos::needed)?;
    broken.retain(|name| !folder.is_whole(name));
    Ok((findings, broken))
}

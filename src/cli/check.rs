//! `pappus check`: whether what is stored is sound.

use std::process::ExitCode;

use super::{Error, open};
use crate::config::Config;
use crate::store;

pub fn run(config: &Config) -> Result<ExitCode, Error> {
    if !config.database().exists() {
        return Err(Error::Usage(format!("check: there is no database at {}", config.database().display())));
    }
    let (store, _) = open(config)?;
    let findings = store.read(store::check)?;
    if findings.is_empty() {
        println!("The database is sound.");
        return Ok(ExitCode::SUCCESS);
    }
    for finding in &findings {
        println!("{finding}");
    }
    println!(
        "The database is damaged. Stop the pod, keep a copy of {}, and restore the last backup.",
        config.data.display()
    );
    Ok(ExitCode::FAILURE)
}

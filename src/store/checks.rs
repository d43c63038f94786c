//! What SQLite says about the file.

use std::collections::HashSet;

use super::trouble::Trouble;
use super::{Db, Result};

/// The first thing that is wrong with the file at a quick look.
pub fn quick(db: &Db) -> Result<Option<String>> {
    let answer: String = db.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    Ok((answer != "ok").then_some(answer))
}

/// What is wrong with the file itself.
pub fn damage(db: &Db) -> Result<Vec<String>> {
    let read =
        || -> Result<Vec<String>> { db.prepare("pragma integrity_check")?.query_map([], |row| row.get(0))?.collect() };
    match read() {
        Ok(lines) => Ok(lines.into_iter().filter(|line| line != "ok").collect()),
        Err(error) if Trouble::of(&error) == Some(Trouble::Damaged) => Ok(vec![error.to_string()]),
        Err(error) => Err(error),
    }
}

/// Findings of `pappus check`: what SQLite itself says about the file. Empty when all is well.
pub fn findings(db: &Db) -> Result<Vec<String>> {
    let mut findings = damage(db)?;
    if !findings.is_empty() {
        // Whatever else is wrong comes of that.
        return Ok(findings);
    }
    let mut orphans = db.prepare("pragma foreign_key_check")?;
    let mut tables = HashSet::new();
    for row in orphans.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))? {
        let (table, parent) = row?;
        if tables.insert((table.clone(), parent.clone())) {
            findings.push(format!("rows of {table} point to rows of {parent} that are not there"));
        }
    }
    Ok(findings)
}

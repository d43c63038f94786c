//! What links in posts lead to, looked up once.

use std::collections::HashMap;

use super::{Db, Result, Tx, json_list};
use crate::model::Timestamp;

/// What is shown of a link; nothing of it when there was nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    pub title: Option<String>,
    pub description: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
}

pub fn add(tx: &Tx, url: &str, link: &Link) -> Result<()> {
    tx.execute(
        "insert or replace into links (url, title, description, image, fetched_at) values (?, ?, ?, ?, ?)",
        (url, &link.title, &link.description, &link.image, tx.now),
    )?;
    Ok(())
}

/// Whether a link was looked at.
pub fn has(db: &Db, url: &str) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from links where url = ?)")?.query_row([url], |row| row.get(0))
}

/// Those of these links that have a title.
pub fn get(db: &Db, urls: &[&str]) -> Result<HashMap<String, Link>> {
    if urls.is_empty() {
        return Ok(HashMap::new());
    }
    db.prepare_cached(
        "select url, title, description, image from links where url in (select value from json_each(?)) and title is not null",
    )?
    .query_map([json_list(urls)], |row| {
        Ok((row.get(0)?, Link { title: row.get(1)?, description: row.get(2)?, image: row.get(3)? }))
    })?
    .collect()
}

/// Whether links were looked at before a time.
pub fn any_before(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row("select exists (select 1 from links where fetched_at < ?)", [before], |row| row.get(0))
}

/// Forgets links that were looked at before a time.
pub fn forget_before(tx: &Tx, before: Timestamp) -> Result<()> {
    tx.execute("delete from links where fetched_at < ?", [before])?;
    Ok(())
}

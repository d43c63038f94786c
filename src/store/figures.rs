//! Counting for the podmin: what waits, what is stored and how large it is about, what could go.

use serde::Serialize;

use super::outbox::WITHHELD;
use super::{Db, Result};
use crate::model::Timestamp;

/// What waits to be done.
#[derive(Clone, Debug, Serialize)]
pub struct Queues {
    /// Messages that came in.
    pub inbox: i64,
    /// Of these, those that wait for something that must be fetched first.
    pub parked: i64,
    /// Deliveries.
    pub outbox: i64,
    /// Of these, those that could go now.
    pub due: i64,
    /// Of these, those that the podmin holds.
    pub withheld: i64,
    /// Things to be fetched from other pods.
    pub needs: i64,
    pub mails: i64,
}

pub fn queues(db: &Db, now: Timestamp) -> Result<Queues> {
    db.prepare_cached(
        "select (select count(*) from inbox), (select count(*) from inbox where need is not null), \
         (select count(*) from outbox), \
         (select count(*) from outbox o join pods p on p.host = o.host where o.due <= :now and p.due <= :now), \
         (select count(*) from outbox where due = :withheld), (select count(*) from needs), (select count(*) from mails)",
    )?
    .query_row(rusqlite::named_params! { ":now": now, ":withheld": WITHHELD }, |row| {
        Ok(Queues {
            inbox: row.get(0)?,
            parked: row.get(1)?,
            outbox: row.get(2)?,
            due: row.get(3)?,
            withheld: row.get(4)?,
            needs: row.get(5)?,
            mails: row.get(6)?,
        })
    })
}

/// How much of one kind is stored.
#[derive(Clone, Debug, Serialize)]
pub struct Kind {
    pub name: &'static str,
    pub rows: i64,
    /// About, from the newest rows: SQLite does not keep count.
    pub bytes: i64,
}

/// Rows that the size of all of a kind is guessed from.
const SAMPLE: i64 = 200;

/// Kind, table, order of age, and the bytes of a row: its long columns, and about what the short ones and its indexes
/// take.
const KINDS: [(&str, &str, &str, &str); 8] = [
    ("posts", "every_post", "id", "length(cast(text as blob)) * 2 + coalesce(length(cast(embed as blob)), 0) + 180"),
    ("comments", "every_comment", "id", "length(cast(text as blob)) + coalesce(length(cast(relay as blob)), 0) + 140"),
    ("likes", "every_like", "id", "coalesce(length(cast(relay as blob)), 0) + 120"),
    ("photos", "every_photo", "id", "length(path) + length(name) + length(cast(text as blob)) + 150"),
    ("people", "every_person", "id", "coalesce(length(key), 0) + length(cast(bio as blob)) + 420"),
    ("messages", "every_message", "id", "length(cast(text as blob)) + 110"),
    ("notices", "every_notice", "id", "110"),
    ("previews", "links", "fetched_at", "length(url) * 2 + coalesce(length(cast(description as blob)), 0) + 90"),
];

/// What is stored, by kind. Counts whole tables: not to be asked with every view.
pub fn kinds(db: &Db) -> Result<Vec<Kind>> {
    let kind = |(name, table, age, size): (&'static str, &str, &str, &str)| {
        let rows: i64 = db.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0))?;
        let sample = format!("select avg({size}) from (select * from {table} order by {age} desc limit {SAMPLE})");
        let mean: Option<f64> = db.query_row(&sample, [], |row| row.get(0))?;
        Ok(Kind { name, rows, bytes: (mean.unwrap_or(0.0) as i64).saturating_mul(rows) })
    };
    KINDS.into_iter().map(kind).collect()
}

/// Bytes of the database file, and of these what is free in it.
pub fn file(db: &Db) -> Result<(i64, i64)> {
    let number = |pragma: &str| db.query_row(&format!("pragma {pragma}"), [], |row| row.get::<_, i64>(0));
    let page = number("page_size")?;
    Ok((number("page_count")? * page, number("freelist_count")? * page))
}

//! The bank: hashes of pictures that are not to be shown. There may be a million of them, in lists that come and go as a
//! whole: they lie packed, in no order, and each picture is compared with all (1.3 ms for 100,000 on a desktop machine;
//! a row each took seven times as long, an index sixteen times the room).

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::{Db, Result, Tx};
use crate::model::picture::{BITS_MAX, Hash, HashKind, distance};
use crate::model::{Hashes, Match, Timestamp};

/// Hashes in a row of `bank_pages`: as many as fit a page of the file.
const PACKED: usize = 126;
/// Bytes of a hash.
const LENGTH: usize = 32;

/// Hashes that came together, for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub id: i64,
    /// Name of the file, or `podmin`.
    pub source: String,
    /// Key of a ground.
    pub ground: String,
    pub kind: HashKind,
    pub hashes: i64,
    pub added_at: Timestamp,
}

/// All lists, the newest first.
pub fn lists(db: &Db) -> Result<Vec<List>> {
    db.prepare_cached(
        "select l.id, l.source, l.ground, l.kind, coalesce(sum(length(p.hashes)), 0) / 32, l.added_at \
         from bank_lists l left join bank_pages p on p.list = l.id group by l.id order by l.id desc",
    )?
    .query_map([], |row| {
        Ok(List {
            id: row.get(0)?,
            source: row.get(1)?,
            ground: row.get(2)?,
            kind: kind(&row.get::<_, String>(3)?),
            hashes: row.get(4)?,
            added_at: row.get(5)?,
        })
    })?
    .collect()
}

fn kind(text: &str) -> HashKind {
    if text == HashKind::Pdq.as_str() { HashKind::Pdq } else { HashKind::Sha256 }
}

/// Hashes in all lists.
pub fn count(db: &Db) -> Result<i64> {
    db.query_row("select coalesce(sum(length(hashes)), 0) / 32 from bank_pages", [], |row| row.get(0))
}

/// The list of a source, ground and kind; it is made when it is not there.
pub fn list(tx: &Tx, source: &str, ground: &str, kind: HashKind) -> Result<i64> {
    tx.prepare_cached(
        "insert into bank_lists (source, ground, kind, added_at) values (?, ?, ?, ?) \
         on conflict (source, ground, kind) do update set added_at = bank_lists.added_at returning id",
    )?
    .query_row((source, ground, kind.as_str(), tx.now), |row| row.get(0))
}

/// Puts hashes into a list.
pub fn add(tx: &Tx, list: i64, mut hashes: &[Hash]) -> Result<()> {
    let last = tx
        .prepare_cached("select id, length(hashes) from bank_pages where list = ? order by id desc limit 1")?
        .query_row([list], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    if let Some((page, length)) = last {
        let room = PACKED.saturating_sub(usize::try_from(length).unwrap_or(usize::MAX) / LENGTH).min(hashes.len());
        let (first, rest) = hashes.split_at(room);
        tx.prepare_cached("update bank_pages set hashes = cast(hashes || ? as blob) where id = ?")?
            .execute((first.as_flattened(), page))?;
        hashes = rest;
    }
    for page in hashes.chunks(PACKED) {
        tx.prepare_cached("insert into bank_pages (list, hashes) values (?, ?)")?
            .execute((list, page.as_flattened()))?;
    }
    Ok(())
}

/// Whether a list holds a hash.
pub fn has(db: &Db, list: i64, hash: &Hash) -> Result<bool> {
    let mut pages = db.prepare_cached("select hashes from bank_pages where list = ?")?;
    let mut rows = pages.query([list])?;
    while let Some(row) = rows.next()? {
        if row.get_ref(0)?.as_blob()?.chunks_exact(LENGTH).any(|known| known == hash) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes a list; `false` when it is not there.
pub fn remove_list(tx: &Tx, id: i64) -> Result<bool> {
    Ok(tx.execute("delete from bank_lists where id = ?", [id])? == 1)
}

/// Removes the lists of a source.
pub fn remove_source(tx: &Tx, source: &str) -> Result<usize> {
    tx.execute("delete from bank_lists where source = ?", [source])
}

/// Removes a hash from all lists; how often it was there.
pub fn remove(tx: &Tx, hash: &Hash) -> Result<usize> {
    let mut found = BTreeMap::new();
    {
        let mut pages = tx.prepare_cached("select id, hashes from bank_pages")?;
        let mut rows = pages.query([])?;
        while let Some(row) = rows.next()? {
            let hashes = row.get_ref(1)?.as_blob()?;
            let kept: Vec<u8> = hashes.chunks_exact(LENGTH).filter(|known| known != hash).flatten().copied().collect();
            if kept.len() < hashes.len() {
                found.insert(row.get::<_, i64>(0)?, (kept, hashes.len()));
            }
        }
    }
    let mut removed = 0;
    for (page, (kept, length)) in found {
        removed += (length - kept.len()) / LENGTH;
        match kept.is_empty() {
            true => tx.execute("delete from bank_pages where id = ?", [page])?,
            false => tx.execute("update bank_pages set hashes = ? where id = ?", (kept, page))?,
        };
    }
    tx.execute(
        "delete from bank_lists where not exists (select 1 from bank_pages p where p.list = bank_lists.id)",
        [],
    )?;
    Ok(removed)
}

/// What a picture is like: the same file, or the nearest of those that look like it.
pub fn find(db: &Db, picture: &Hashes) -> Result<Option<Match>> {
    let look = picture.pdq.filter(|pdq| pdq.tells());
    let mut best: Option<(i64, u32)> = None;
    {
        let mut pages =
            db.prepare_cached("select l.id, l.kind, p.hashes from bank_pages p join bank_lists l on l.id = p.list")?;
        let mut rows = pages.query([])?;
        while let Some(row) = rows.next()? {
            let mut hashes = row.get_ref(2)?.as_blob()?.chunks_exact(LENGTH);
            let nearest = match (kind(row.get_ref(1)?.as_str()?), look) {
                // The same file comes before one that looks the same.
                (HashKind::Sha256, _) => hashes.any(|known| known == picture.sha256).then_some(0),
                (HashKind::Pdq, None) => None,
                (HashKind::Pdq, Some(look)) => {
                    hashes.map(|known| distance(known, &look.hash)).min().filter(|bits| *bits <= BITS_MAX)
                }
            };
            if let Some(bits) = nearest.filter(|bits| best.is_none_or(|(_, known)| *bits < known)) {
                best = Some((row.get(0)?, bits));
            }
        }
    }
    let Some((list, bits)) = best else { return Ok(None) };
    db.prepare_cached("select kind, ground, source from bank_lists where id = ?")?
        .query_row([list], |row| {
            Ok(Match {
                kind: kind(row.get_ref(0)?.as_str()?),
                distance: bits,
                ground: row.get(1)?,
                source: row.get(2)?,
            })
        })
        .optional()
}

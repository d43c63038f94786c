//! Mending a database: what can be computed again is computed again, what points to nothing goes, and from a file that is
//! damaged everything that can still be read is brought into a new one.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, named_params, params_from_iter};

use super::{Db, OpenError, Result, Store, Tx, search};

/// Rows of a damaged table that are tried at once.
const PIECE: i64 = 4_096;

/// What was brought over of a table.
pub struct Salvaged {
    pub table: String,
    pub rows: i64,
    /// Places where a row may have been that cannot be read.
    pub holes: i64,
}

/// Whether searching finds what is in the posts.
pub fn words_are_sound(tx: &Tx) -> Result<bool> {
    let sql = "insert into post_words (post_words, rank) values ('integrity-check', 1)";
    match tx.execute(sql, []) {
        Ok(_) => Ok(true),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes what is searched anew.
pub fn rebuild_words(tx: &Tx) -> Result<()> {
    tx.execute("insert into post_words (post_words) values ('delete-all')", [])?;
    tx.execute("update post_words_done set upto = 0", [])?;
    search::catch_up(tx)
}

/// Makes all indexes anew.
pub fn reindex(tx: &Tx) -> Result<()> {
    tx.execute_batch("reindex")
}

/// What a row says besides what it is: it stays without it.
const FACTS: [(&str, &str); 3] = [("every_person", "moved_to"), ("cases", "person"), ("mails", "person")];

/// Removes rows that point to rows which are not there, and what hangs on them; by table, how many.
pub fn remove_orphans(tx: &Tx) -> Result<Vec<(String, usize)>> {
    // What goes may leave rows of any other table without what they point to.
    tx.execute_batch("pragma defer_foreign_keys = on")?;
    let mut removed: Vec<(String, usize)> = Vec::new();
    loop {
        let once = remove_orphans_once(tx)?;
        if once.is_empty() {
            return Ok(removed);
        }
        for (table, count) in once {
            match removed.iter_mut().find(|(known, _)| *known == table) {
                Some((_, sum)) => *sum += count,
                None => removed.push((table, count)),
            }
        }
    }
}

fn remove_orphans_once(tx: &Tx) -> Result<Vec<(String, usize)>> {
    let mut removed = Vec::new();
    for table in tables(tx)? {
        let mut links = tx
            .prepare("select \"from\", \"table\", coalesce(\"to\", 'id'), on_delete from pragma_foreign_key_list(?)")?;
        let links: Vec<(String, String, String, String)> = links
            .query_map([&table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_>>()?;
        for (from, parent, to, on_delete) in links {
            let on_delete = if FACTS.contains(&(&table, &from)) { "SET NULL" } else { &on_delete };
            let which = format!(
                "where \"{from}\" is not null and not exists (select 1 from \"{parent}\" p where p.\"{to}\" = \"{table}\".\"{from}\")"
            );
            let sql = match on_delete {
                "SET NULL" => format!("update \"{table}\" set \"{from}\" = null {which}"),
                _ => format!("delete from \"{table}\" {which}"),
            };
            let count = tx.execute(&sql, [])?;
            if count > 0 {
                removed.push((table.clone(), count));
            }
        }
    }
    Ok(removed)
}

/// A picture is not in the folder any more: its photo goes, a face becomes the one of who has none.
pub fn forget_picture(tx: &Tx, name: &str) -> Result<()> {
    tx.execute("delete from every_photo where here and name = ?", [name])?;
    tx.execute(
        "update every_person set image_large = null, image_medium = null, image_small = null \
         where host is null and instr(image_large, :name) > 0",
        named_params! { ":name": name },
    )?;
    Ok(())
}

/// Writes what can be read of a damaged database into a new one, which is not synced.
pub fn salvage(damaged: &Path, new: &Path) -> std::result::Result<Vec<Salvaged>, OpenError> {
    let failed = |error| OpenError::Sqlite(damaged.to_owned(), error);
    drop(Store::open(new)?);
    let from = Connection::open(damaged).map_err(failed)?;
    let to = Connection::open(new).map_err(failed)?;
    to.execute_batch("pragma foreign_keys = off; pragma synchronous = off; begin").map_err(failed)?;
    let tables = tables(&to).map_err(failed)?;
    let salvaged = tables.iter().map(|table| bring(&from, &to, table)).collect::<Result<_>>().map_err(failed)?;
    bring_numbers(&from, &to).map_err(failed)?;
    to.execute_batch("commit").map_err(failed)?;
    Ok(salvaged)
}

/// A larger number of a row is no number of a row but damage.
const NUMBER_MAX: i64 = 1 << 48;

/// Numbers of rows that were given once are not given again, as far as the damaged file can tell which.
fn bring_numbers(from: &Connection, to: &Connection) -> Result<()> {
    let given = || -> Result<Vec<(String, i64)>> {
        let mut numbers = from.prepare("select name, seq from sqlite_sequence")?;
        numbers.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    for (table, last) in given().unwrap_or_default().into_iter().filter(|(_, last)| *last < NUMBER_MAX) {
        if to.execute("update sqlite_sequence set seq = max(seq, ?2) where name = ?1", (&table, last))? == 0 {
            to.execute("insert into sqlite_sequence (name, seq) values (?, ?)", (&table, last))?;
        }
    }
    Ok(())
}

/// Tables with rows of their own.
fn tables(db: &Connection) -> Result<Vec<String>> {
    db.prepare(
        "select name from pragma_table_list where schema = 'main' and type = 'table' \
         and name not like 'sqlite\\_%' escape '\\' and name not like 'post\\_words%' escape '\\' order by name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn bring(from: &Connection, to: &Connection, table: &str) -> Result<Salvaged> {
    let columns: Vec<String> = to
        .prepare("select name from pragma_table_info(?)")?
        .query_map([table], |row| row.get::<_, String>(0))?
        .collect::<Result<_>>()?;
    let without_rowid: bool =
        to.query_row("select wr from pragma_table_list where schema = 'main' and name = ?", [table], |row| row.get(0))?;
    let columns = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>();
    let (places, columns) = (vec!["?"; columns.len()].join(", "), columns.join(", "));
    let select = format!("select {columns} from \"{table}\"");
    let insert = format!("insert or ignore into \"{table}\" ({columns}) values ({places})");
    let copy = |which: &str| copy(from, to, &format!("{select} {which}"), &insert);
    let holes = match copy("") {
        Ok(_) => 0,
        // Backwards from the end, until the place that cannot be read.
        Err(_) if without_rowid => {
            let _ = copy("order by 1 desc");
            1
        }
        Err(_) => by_pieces(from, table, copy),
    };
    let rows = to.query_row(&format!("select count(*) from \"{table}\""), [], |row| row.get(0))?;
    Ok(Salvaged { table: table.to_owned(), rows, holes })
}

/// Copies rows one by one, as far as it goes; how many there were.
fn copy(from: &Connection, to: &Connection, select: &str, insert: &str) -> Result<i64> {
    let mut count = 0;
    let (mut select, mut insert) = (from.prepare(select)?, to.prepare_cached(insert)?);
    let width = select.column_count();
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<Value> = (0..width).map(|at| row.get(at)).collect::<Result<_>>()?;
        insert.execute(params_from_iter(values))?;
        count += 1;
    }
    Ok(count)
}

/// Pieces without a row after which no more are looked for, when it cannot be read where the table ends.
const BARREN_MAX: u32 = 16;

/// Halves the rows until only those are left out that cannot be read.
fn by_pieces(from: &Connection, table: &str, copy: impl Fn(&str) -> Result<i64>) -> i64 {
    let end = |what: &str| {
        let sql = format!("select {what}(rowid) from \"{table}\"");
        from.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0)).map(Option::unwrap_or_default)
    };
    let (first, last) = (end("min"), end("max"));
    // An end that cannot be read is a place where rows may have been.
    let mut holes = i64::from(first.is_err()) + i64::from(last.is_err());
    let (mut at, end) = (first.unwrap_or(0), last.as_ref().copied().unwrap_or(i64::MAX));
    let mut barren = 0;
    while at <= end && (last.is_ok() || barren < BARREN_MAX) {
        let (mut found, mut lost) = (0, 0);
        let mut pieces = vec![(at, at.saturating_add(PIECE - 1).min(end))];
        while let Some((low, high)) = pieces.pop() {
            match copy(&format!("where rowid between {low} and {high}")) {
                Ok(rows) => found += rows,
                Err(_) if low == high => lost += 1,
                Err(_) => {
                    let middle = low + (high - low) / 2;
                    pieces.extend([(middle + 1, high), (low, middle)]);
                }
            }
        }
        barren = if found > 0 { 0 } else { barren + 1 };
        // Beyond an end that cannot be read every number is one that cannot be read.
        if last.is_ok() {
            holes += lost;
        }
        let Some(next) = at.checked_add(PIECE) else { break };
        at = next;
        if found == 0 && lost == 0 {
            let sql = format!("select min(rowid) from \"{table}\" where rowid >= {next}");
            match from.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0)) {
                Ok(Some(first)) => at = first,
                Ok(None) => break,
                Err(_) => {}
            }
        }
    }
    holes
}

/// Whether the pod's own row, with its keys, is there.
pub fn knows_itself(db: &Db) -> Result<bool> {
    Ok(db.query_row("select 1 from pod", [], |_| Ok(())).optional()?.is_some())
}

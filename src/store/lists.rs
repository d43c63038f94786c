//! Lists of rows: what goes into a query as one, and how much comes out of it at a time.

use super::Result;

/// Text for `in (select value from json_each(?))`: a list of numbers or strings in one parameter.
pub fn json_list<T: serde::Serialize>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<T> = items.into_iter().collect();
    serde_json::to_string(&items).unwrap_or_else(|_| "[]".to_owned())
}

/// Bytes of the texts that are read for a page, besides the last of them.
const TEXTS_MAX: usize = 64 * 1024;

/// Of rows that come newest first, what fits on a page of `max`, the oldest first; and whether there are more.
pub fn newest_that_fit<T>(
    mut rows: impl Iterator<Item = Result<T>>,
    max: u32,
    size: impl Fn(&T) -> usize,
) -> Result<(Vec<T>, bool)> {
    let mut found = until_full(rows.by_ref().take(max as usize), TEXTS_MAX, size)?;
    found.reverse();
    Ok((found, rows.next().transpose()?.is_some()))
}

/// Rows until they have so many bytes together: at least one.
pub fn until_full<T>(
    rows: impl Iterator<Item = Result<T>>,
    bytes: usize,
    size: impl Fn(&T) -> usize,
) -> Result<Vec<T>> {
    let (mut found, mut sum) = (Vec::new(), 0);
    for row in rows {
        let row = row?;
        sum += size(&row);
        found.push(row);
        if sum >= bytes {
            break;
        }
    }
    Ok(found)
}

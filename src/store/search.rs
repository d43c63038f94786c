//! Searching the texts of posts.

use rusqlite::named_params;

use super::stream::{Before, PAGE, Place};
use super::{Db, Result, Tx, visible};
use crate::model::User;

/// Words of a query that count.
const WORDS_MAX: usize = 12;

/// Whether there are posts whose words are not known to `posts` yet.
pub fn lags(db: &Db) -> Result<bool> {
    db.query_row("select upto < (select id from last_post) from post_words_done", [], |row| row.get(0))
}

/// Takes in the words of the newest posts.
pub fn catch_up(tx: &Tx) -> Result<()> {
    tx.execute("update post_words_done set upto = (select id from last_post)", [])?;
    Ok(())
}

/// Posts that the user may see and that contain all these words, the last of them perhaps only begun; those that came
/// last first. One more than a page when there are more.
///
/// Beginnings are asked for only when whole words do not fill a page: for a beginning FTS5 reads all it matches before
/// it gives the first, for a word only as far as one reads on.
pub fn posts(db: &Db, me: &User, words: &str, before: Before) -> Result<Vec<Place>> {
    let Some(query) = query(words) else { return Ok(Vec::new()) };
    let whole = matching(db, me, &query, before)?;
    if whole.len() > PAGE { Ok(whole) } else { matching(db, me, &format!("{query}*"), before) }
}

fn matching(db: &Db, me: &User, query: &str, before: Before) -> Result<Vec<Place>> {
    let sql = format!(
        "select p.id, p.created_at from post_words w join posts p on p.id = w.rowid \
         where post_words match :query and w.rowid < :id and {} and {} order by w.rowid desc limit :limit",
        visible::TO_ME,
        visible::WANTED
    );
    db.prepare_cached(&sql)?
        .query_map(
            named_params! { ":query": query, ":me": me.person.id, ":user": me.id, ":id": before.id, ":limit": PAGE as i64 + 1 },
            |row| Ok(Place { id: row.get(0)?, time: row.get(1)? }),
        )?
        .collect()
}

/// Words in the language of FTS5: each in quotation marks, so that nothing in them is a sign; `None` when there is no
/// letter in them.
fn query(words: &str) -> Option<String> {
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let quoted: Vec<String> = words.take(WORDS_MAX).map(|word| format!("\"{word}\"")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn what_is_searched_for_is_words_whatever_is_typed() {
        assert_eq!(query("Löwen zahn").as_deref(), Some("\"Löwen\" \"zahn\""));
        assert_eq!(query("\"a\" OR b* NEAR(c)").as_deref(), Some("\"a\" \"OR\" \"b\" \"NEAR\" \"c\""));
        assert_eq!(query(" -*\" "), None);
    }
}

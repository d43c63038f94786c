//! What may go after a while: posts of other pods that nobody here took part in, and what never joined a post.

use rusqlite::named_params;

use super::{Db, Result, Tx};
use crate::model::Timestamp;

/// True for a post `p` received before `:before` that no user here wrote, got to themselves, commented, liked,
/// reshared, voted in, takes part in or is named in.
const FORGETTABLE: &str = "p.received_at < :before \
    and not exists (select 1 from users u where u.person = p.author) \
    and not exists (select 1 from audience a join users u on u.person = a.person where a.post = p.id) \
    and not exists (select 1 from every_comment c join users u on u.person = c.author where c.post = p.id) \
    and not exists (select 1 from every_like l join users u on u.person = l.author where l.post = p.id) \
    and not exists (select 1 from every_post r join users u on u.person = r.author where r.root = p.id) \
    and not exists (select 1 from polls q join votes v on v.poll = q.id join users u on u.person = v.author where q.post = p.id) \
    and not exists (select 1 from participations t join users u on u.person = t.person where t.post = p.id) \
    and not exists (select 1 from mentions m join users u on u.person = m.person where m.post = p.id)";

/// Whether there is anything to forget; asked first, so that an idle pod writes nothing.
pub fn any(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row(
        &format!("select exists (select 1 from posts p where {FORGETTABLE})"),
        named_params! { ":before": before },
        |row| row.get(0),
    )
}

/// How many posts may be forgotten. Looks through all of them.
pub fn count(db: &Db, before: Timestamp) -> Result<i64> {
    db.query_row(
        &format!("select count(*) from posts p where {FORGETTABLE}"),
        named_params! { ":before": before },
        |row| row.get(0),
    )
}

/// How many posts were ever forgotten.
pub fn forgotten(db: &Db) -> Result<i64> {
    db.query_row("select forgotten from pod", [], |row| row.get(0))
}

/// Forgets at most `limit` posts with all that hangs on them; how many.
pub fn forget(tx: &Tx, before: Timestamp, limit: u32) -> Result<usize> {
    let forgotten = tx.execute(
        &format!("delete from every_post where id in (select p.id from posts p where {FORGETTABLE} limit :limit)"),
        named_params! { ":before": before, ":limit": limit },
    )?;
    tx.execute("update pod set forgotten = forgotten + ?", [forgotten as i64])?;
    Ok(forgotten)
}

/// True for a photo or an event `t` that came from elsewhere by itself.
const ALONE: &str =
    "t.post is null and exists (select 1 from every_person a where a.id = t.author and a.host is not null)";

/// Whether any photo or event of another pod from before a time never joined a post: no page shows it.
pub fn any_alone(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row(
        &format!(
            "select exists (select 1 from every_photo t where {ALONE} and not t.held and t.created_at < :before) \
             or exists (select 1 from events t where {ALONE} and t.received_at < :before)"
        ),
        named_params! { ":before": before },
        |row| row.get(0),
    )
}

/// Forgets at most `limit` of these photos, and as many events.
pub fn forget_alone(tx: &Tx, before: Timestamp, limit: u32) -> Result<()> {
    for (table, old) in
        [("every_photo", "not t.held and t.created_at < :before"), ("events", "t.received_at < :before")]
    {
        tx.execute(
            &format!(
                "delete from {table} where id in (select t.id from {table} t where {ALONE} and {old} limit :limit)"
            ),
            named_params! { ":before": before, ":limit": limit },
        )?;
    }
    Ok(())
}

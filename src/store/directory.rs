//! Reading queries for lists of people: contacts, aspects, who lives here, who is found by name.

use rusqlite::named_params;

use super::shown::{CARD, Card, card};
use super::visible::PRESENT;
use super::{Db, Result};
use crate::model::{AspectId, PersonId, User, UserId};

/// People on a page (diaspora*'s number).
pub const PAGE: i64 = 25;

/// People shown beside the posts with a tag (diaspora*'s number).
const TAGGED: i64 = 15;

/// Which of a user's contacts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Set {
    /// Everybody the user shares with.
    Mine,
    Aspect(AspectId),
    /// Those who share with the user, who does not share with them.
    OnlySharing,
    /// Either of them.
    Everybody,
    Ignored,
}

/// A page of contacts by name, one more than a page when there are more; those whose name or ID contains the words,
/// when there are any.
pub fn contacts(db: &Db, user: UserId, set: Set, words: &str, offset: i64) -> Result<Vec<Card>> {
    const MINE: &str = "select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user";
    let rule = match set {
        Set::Mine => format!("in ({MINE}) and :aspect is null"),
        Set::Aspect(_) => format!("in ({MINE} and a.id = :aspect)"),
        Set::OnlySharing => {
            format!("in (select person from sharers where user = :user) and p.id not in ({MINE}) and :aspect is null")
        }
        Set::Everybody => {
            format!("in ({MINE} union select person from sharers where user = :user) and :aspect is null")
        }
        Set::Ignored => "in (select person from blocks where user = :user) and :aspect is null".to_owned(),
    };
    let sql = format!(
        "select {CARD} \
         from people p where p.id {rule} and {PRESENT} and (p.name like :pattern escape '\\' or p.handle like :pattern escape '\\') \
         order by p.name collate nocase, p.id limit :limit offset :offset"
    );
    let aspect = match set {
        Set::Aspect(aspect) => Some(aspect),
        Set::Mine | Set::OnlySharing | Set::Everybody | Set::Ignored => None,
    };
    let pattern = pattern(words);
    let params =
        named_params! { ":user": user, ":aspect": aspect, ":pattern": pattern, ":limit": PAGE + 1, ":offset": offset };
    db.prepare_cached(&sql)?.query_map(params, card)?.collect()
}

/// An aspect and how many are in it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Counted {
    pub id: AspectId,
    pub name: String,
    pub count: i64,
}

/// A user's aspects in their order, with the number of people in each.
pub fn aspects(db: &Db, user: UserId) -> Result<Vec<Counted>> {
    db.prepare_cached(
        "select a.id, a.name, (select count(*) from aspect_members m where m.aspect = a.id) from aspects a \
         where a.user = ? order by a.position, a.id",
    )?
    .query_map([user], |row| Ok(Counted { id: row.get(0)?, name: row.get(1)?, count: row.get(2)? }))?
    .collect()
}

/// Contacts whose name or ID contains the words.
pub fn search_contacts(db: &Db, me: &User, words: &str) -> Result<Vec<Card>> {
    db.prepare_cached(&format!(
        "select distinct {CARD} \
         from aspects a join aspect_members m on m.aspect = a.id join people p on p.id = m.person \
         where a.user = :user and {PRESENT} and (p.name like :pattern escape '\\' or p.handle like :pattern escape '\\') and p.closed_at is null \
         order by p.name collate nocase, p.id limit :limit",
    ))?
    .query_map(named_params! { ":user": me.id, ":pattern": pattern(words), ":limit": PAGE }, card)?
    .collect()
}

/// Words anywhere in a text, for `like`.
fn pattern(words: &str) -> String {
    format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// People whose name or ID contains the words: the user's contacts, and those who let themselves be found.
pub fn search(db: &Db, me: &User, words: &str) -> Result<Vec<Card>> {
    db.prepare_cached(&format!(
        "select {CARD}, \
         p.id in (select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user) as mine \
         from people p where {PRESENT} and (p.name like :pattern escape '\\' or p.handle like :pattern escape '\\') and p.closed_at is null \
         and (p.searchable or mine) order by mine desc, p.name collate nocase, p.id limit :limit",
    ))?
    .query_map(named_params! { ":user": me.id, ":pattern": pattern(words), ":limit": PAGE }, card)?
    .collect()
}

/// People who describe themselves with a tag and let themselves be found.
pub fn tagged(db: &Db, tag: &str) -> Result<Vec<Card>> {
    db.prepare_cached(&format!(
        "select {CARD} \
         from people p where p.tags <> '' and {PRESENT} and instr(lower(p.tags) || ' ', '#' || ? || ' ') > 0 and p.searchable \
         and p.closed_at is null order by p.name collate nocase, p.id limit ?",
    ))?
    .query_map((tag, TAGGED), card)?
    .collect()
}

/// People who live here and let themselves be found, the oldest account first.
pub fn residents(db: &Db) -> Result<Vec<Card>> {
    db.prepare_cached(&format!(
        "select {CARD} \
         from users u join people p on p.id = u.person where u.closed_at is null and p.searchable and {PRESENT} order by u.id limit ?",
    ))?
    .query_map([PAGE], card)?
    .collect()
}

/// How a person and a user stand to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The person shares with the user.
    pub sharing: bool,
    /// The user ignores the person.
    pub ignored: bool,
}

pub fn standing(db: &Db, user: UserId, person: PersonId) -> Result<Standing> {
    db.prepare_cached(
        "select exists (select 1 from sharers where user = :user and person = :person), \
         exists (select 1 from blocks where user = :user and person = :person)",
    )?
    .query_row(named_params! { ":user": user, ":person": person }, |row| {
        Ok(Standing { sharing: row.get(0)?, ignored: row.get(1)? })
    })
}

//! People, here and elsewhere.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, curbs, pods, visible};
use crate::model::{Guid, Handle, Images, Person, PersonId, Profile, Timestamp};

/// Columns of a person, as `person` reads them; `p` is the table.
pub const COLUMNS: &str = "p.id, p.handle, p.guid, p.host, p.url, p.name, p.first_name, p.last_name, p.image_large, \
    p.image_medium, p.image_small, p.bio, p.birthday, p.gender, p.location, p.tags, p.searchable, p.public_details, \
    p.nsfw, p.closed_at, p.moved_to";

/// Reads a row of `COLUMNS`.
pub fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        handle: row.get(1)?,
        guid: row.get(2)?,
        host: row.get(3)?,
        url: row.get(4)?,
        name: row.get(5)?,
        profile: Profile {
            first_name: row.get(6)?,
            last_name: row.get(7)?,
            images: Images { large: row.get(8)?, medium: row.get(9)?, small: row.get(10)? },
            bio: row.get(11)?,
            birthday: row.get(12)?,
            gender: row.get(13)?,
            location: row.get(14)?,
            tags: row.get(15)?,
            searchable: row.get(16)?,
            public_details: row.get(17)?,
            nsfw: row.get(18)?,
        },
        closed_at: row.get(19)?,
        moved_to: row.get(20)?,
    })
}

/// The person of this row; they are never deleted.
pub fn get(db: &Db, id: PersonId) -> Result<Person> {
    db.prepare_cached(&format!("select {COLUMNS} from people p where p.id = ?"))?.query_row([id], person)
}

pub fn by_handle(db: &Db, handle: &Handle) -> Result<Option<Person>> {
    db.prepare_cached(&format!("select {COLUMNS} from people p where p.handle = ?"))?
        .query_row([handle], person)
        .optional()
}

/// A person by diaspora* ID, for a page: nobody who is held or suspended.
pub fn present(db: &Db, handle: &Handle) -> Result<Option<Person>> {
    let sql = format!("select {COLUMNS} from people p where p.handle = ? and {}", visible::PRESENT);
    db.prepare_cached(&sql)?.query_row([handle], person).optional()
}

/// A person by GUID, for a page or a deed: nobody who is held or suspended.
pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Person>> {
    let sql = format!("select {COLUMNS} from people p where p.guid = ? and {}", visible::PRESENT);
    db.prepare_cached(&sql)?.query_row([guid], person).optional()
}

/// Public key, SPKI DER; `None` while an account's key is being made.
pub fn key(db: &Db, id: PersonId) -> Result<Option<Vec<u8>>> {
    db.prepare_cached("select key from people where id = ?")?.query_row([id], |row| row.get(0))
}

/// A person to be stored.
pub struct New<'a> {
    pub handle: &'a Handle,
    pub guid: &'a Guid,
    /// `None`: lives here.
    pub host: Option<&'a str>,
    pub url: &'a str,
    /// SPKI DER.
    pub key: Option<&'a [u8]>,
    pub profile: &'a Profile,
}

/// Stores a person; `None` when handle or GUID is known already.
pub fn add(tx: &Tx, new: &New) -> Result<Option<PersonId>> {
    let id = tx
        .prepare_cached(
            "insert into every_person (handle, guid, host, url, key, name, found_at) \
             values (:handle, :guid, :host, :url, :key, '', :now) on conflict do nothing returning id",
        )?
        .query_row(
            named_params! { ":handle": new.handle, ":guid": new.guid, ":host": new.host, ":url": new.url, ":key": new.key, ":now": tx.now },
            |row| row.get(0),
        )
        .optional()?;
    if let Some(id) = id {
        set_profile(tx, id, new.handle, new.profile)?;
        if let Some(host) = new.host {
            pods::add(tx, host, new.url)?;
            curbs::welcome(tx, id, host)?;
        }
    }
    Ok(id)
}

pub fn set_key(tx: &Tx, id: PersonId, key: &[u8]) -> Result<()> {
    tx.execute("update every_person set key = ? where id = ?", (key, id))?;
    Ok(())
}

/// Replaces the whole profile: what is absent is cleared.
pub fn set_profile(tx: &Tx, id: PersonId, handle: &Handle, profile: &Profile) -> Result<()> {
    tx.prepare_cached(
        "update every_person set name = :name, first_name = :first_name, last_name = :last_name, image_large = :large, \
         image_medium = :medium, image_small = :small, bio = :bio, birthday = :birthday, gender = :gender, \
         location = :location, tags = :tags, searchable = :searchable, public_details = :public_details, nsfw = :nsfw \
         where id = :id",
    )?
    .execute(named_params! {
        ":id": id, ":name": profile.name_or(handle), ":first_name": profile.first_name, ":last_name": profile.last_name,
        ":large": profile.images.large, ":medium": profile.images.medium, ":small": profile.images.small,
        ":bio": profile.bio, ":birthday": profile.birthday, ":gender": profile.gender, ":location": profile.location,
        ":tags": profile.tags, ":searchable": profile.searchable, ":public_details": profile.public_details, ":nsfw": profile.nsfw,
    })?;
    Ok(())
}

/// Notes when a person changed their profile, as they say; `false` when a later change is known.
pub fn set_edited(tx: &Tx, id: PersonId, at: Timestamp) -> Result<bool> {
    let changed = tx.execute(
        "update every_person set edited_at = ?1 where id = ?2 and (edited_at is null or edited_at <= ?1)",
        (at, id),
    )?;
    Ok(changed == 1)
}

/// When a person last changed their profile, as far as that was said.
pub fn edited_at(db: &Db, id: PersonId) -> Result<Option<Timestamp>> {
    db.query_row("select edited_at from people where id = ?", [id], |row| row.get(0))
}

/// Marks the person as gone for good.
pub fn close(tx: &Tx, id: PersonId) -> Result<()> {
    tx.execute("update every_person set closed_at = coalesce(closed_at, ?) where id = ?", (tx.now, id))?;
    Ok(())
}

/// A person elsewhere whose account the podmin removed may be known again; or everybody of a pod, who was closed since
/// the decision.
pub fn reopen(tx: &Tx, handle_or_host: &str, since: Timestamp) -> Result<()> {
    tx.execute(
        "update every_person set closed_at = null where :name in (handle, host) and host is not null and moved_to is null \
         and closed_at >= :since",
        named_params! { ":name": handle_or_host, ":since": since },
    )?;
    Ok(())
}

/// Notes that a person lives on as another one.
pub fn set_moved(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update every_person set moved_to = ? where id = ?", (new, old))?;
    Ok(())
}

/// When the person came to be known here.
pub fn found_at(db: &Db, id: PersonId) -> Result<Timestamp> {
    db.query_row("select found_at from people where id = ?", [id], |row| row.get(0))
}

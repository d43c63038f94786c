//! What users chose about their accounts.

use rusqlite::named_params;

use super::{Db, Result, Tx, json_list};
use crate::model::{AspectId, Audience, Settings, UserId};

pub fn get(db: &Db, user: UserId) -> Result<Settings> {
    let audience = audience(db, user)?;
    db.prepare_cached("select language, theme, follow_back from users where id = ?")?.query_row([user], |row| {
        Ok(Settings { language: row.get(0)?, theme: row.get(1)?, audience, follow_back: row.get(2)? })
    })
}

/// Who reads a new post of the user unless they say otherwise.
pub fn audience(db: &Db, user: UserId) -> Result<Audience> {
    let kind: String =
        db.prepare_cached("select audience from users where id = ?")?.query_row([user], |row| row.get(0))?;
    if kind == "public" {
        return Ok(Audience::Public);
    }
    let usual: Vec<AspectId> = db
        .prepare_cached("select id from aspects where user = ? and usual = 1")?
        .query_map([user], |row| row.get(0))?
        .collect::<Result<_>>()?;
    // With the last of them the choice is gone, and the next narrowest is everybody one shares with.
    Ok(if kind == "some" && !usual.is_empty() { Audience::Some(usual) } else { Audience::All })
}

/// The aspect for whoever begins to share with the user.
pub fn follow_back(db: &Db, user: UserId) -> Result<Option<AspectId>> {
    db.prepare_cached("select follow_back from users where id = ?")?.query_row([user], |row| row.get(0))
}

pub fn set(tx: &Tx, user: UserId, settings: &Settings) -> Result<()> {
    let (audience, usual) = settings.audience.parts();
    tx.execute(
        "update users set language = :language, theme = :theme, audience = :audience, follow_back = :follow_back \
         where id = :user",
        named_params! { ":language": settings.language, ":theme": settings.theme, ":audience": audience, ":follow_back": settings.follow_back, ":user": user },
    )?;
    tx.execute(
        "update aspects set usual = id in (select value from json_each(:usual)) where user = :user",
        named_params! { ":usual": json_list(usual), ":user": user },
    )?;
    Ok(())
}

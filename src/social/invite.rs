//! Inviting people to live here, by a link that the podmin gives them.

use super::{Error, Result, account};
use crate::model::{Guid, User};
use crate::store::invites::{self, Invite};
use crate::store::{Tx, accounts};

/// Seconds that a link is good for.
const GOOD_FOR: i64 = 14 * 86_400;

/// People that one link lets in at the most.
pub const USES_MAX: i64 = 10;

/// Makes a link for so many people; its code.
pub fn make(tx: &Tx, me: &User, uses: i64) -> Result<String> {
    only_podmin(me)?;
    // A GUID is 128 random bits, too.
    let code = Guid::random().to_string();
    let new =
        Invite { code: code.clone(), inviter: me.id, uses: uses.clamp(1, USES_MAX), until: tx.now.plus(GOOD_FOR) };
    invites::add(tx, &new)?;
    Ok(code)
}

/// From now on the link lets nobody in.
pub fn revoke(tx: &Tx, me: &User, code: &str) -> Result<()> {
    only_podmin(me)?;
    Ok(invites::remove(tx, code)?)
}

/// Somebody moves in by a link; gives back them and who invited them. They do not share with each other by that.
/// `password`: the PHC string.
pub fn accept(tx: &Tx, code: &str, name: &str, password: &str) -> Result<(User, Option<User>)> {
    let invite = invites::get(tx, code, tx.now)?.ok_or(Error::Missing("invitation"))?;
    let user = account::create(tx, &account::New { name, password, podmin: false })?;
    invites::used(tx, code)?;
    Ok((user, accounts::get(tx, invite.inviter)?))
}

fn only_podmin(me: &User) -> Result<()> {
    if me.podmin { Ok(()) } else { Err(Error::Missing("page")) }
}

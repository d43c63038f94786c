//! Passwords: Argon2id with the least memory that OWASP allows (7 MiB, 5 passes), for small machines.
//!
//! Hashing takes a noticeable time: never inside a transaction.

use std::sync::{Mutex, MutexGuard};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};

use super::{Error, Invalid, Result};
use crate::model::{Guid, Timestamp, User, UserId};
use crate::store::mails::{self, What};
use crate::store::{Tx, accounts, addresses, sessions};
use crate::sync::lock;

/// Characters.
pub const LENGTH_MIN: usize = 8;
/// Characters; more would only let strangers keep the processor busy.
pub const LENGTH_MAX: usize = 128;

/// One at a time: each takes 7 MiB.
static HASHING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    lock(&HASHING)
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(7 * 1024, 5, 1, None).expect("these parameters are legal");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a new password.
pub fn hash(password: &str) -> Result<String> {
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&password.chars().count()) {
        return Err(Invalid::Password { min: LENGTH_MIN, max: LENGTH_MAX }.into());
    }
    let _alone = alone();
    let hash = argon2().hash_password(password.as_bytes()).expect("Argon2 hashes any 128 characters");
    Ok(hash.to_string())
}

/// Whether the password belongs to the PHC string. An unreadable string fits nothing.
pub fn verify(password: &str, phc: &str) -> bool {
    if password.chars().count() > LENGTH_MAX {
        return false;
    }
    let _alone = alone();
    PasswordHash::new(phc).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Seconds that a link for a new password is good (diaspora*'s number).
const RESET_WITHIN: i64 = 2 * 86_400;

/// Seconds until another link may be asked for: nobody fills a stranger's mailbox.
const RESET_PAUSE: i64 = 600;

/// Somebody forgot the password of the account with this name or address: a link goes to the address. `false`: nothing
/// happens, and no stranger is told so, when there is no such account or it has no address.
pub fn ask_reset(tx: &Tx, given: &str) -> Result<bool> {
    let named = accounts::by_name(tx, given)?.map(|user| user.id);
    let Some(user) = named.map_or_else(|| addresses::owner(tx, given), |user| Ok(Some(user)))? else {
        return Ok(false);
    };
    let until: Timestamp = tx.now.plus(RESET_WITHIN);
    let asked_just_now = addresses::reset(tx, user)?.is_some_and(|(_, last)| last.plus(RESET_PAUSE) > until);
    if addresses::get(tx, user)?.email.is_none() {
        return Ok(false);
    }
    if !asked_just_now {
        // A GUID is 128 random bits, too.
        addresses::set_reset(tx, user, Guid::random().as_str(), until)?;
        mails::add(tx, user, What::Password)?;
    }
    Ok(true)
}

/// The code of such a link, for the podmin to hand over.
pub fn link(tx: &Tx, user: &User) -> Result<Guid> {
    let code = Guid::random();
    addresses::set_reset(tx, user.id, code.as_str(), tx.now.plus(RESET_WITHIN))?;
    Ok(code)
}

/// Who came by the link chose a new password (its PHC string): the link is used up, every session ends. Gives back who
/// it was.
pub fn reset(tx: &Tx, code: &str, hash: &str) -> Result<UserId> {
    let user = addresses::by_reset(tx, code, tx.now)?.ok_or(Error::Missing("link for a new password"))?;
    accounts::set_password(tx, user, hash)?;
    sessions::remove_others(tx, user, &[])?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_fits() {
        let phc = hash("correct horse").expect("long enough");
        assert!(phc.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{phc}");
        assert!(verify("correct horse", &phc));
        assert!(!verify("correct horsf", &phc) && !verify("", &phc) && !verify("correct horse", ""));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("1234567").is_err() && hash(&"x".repeat(129)).is_err());
    }
}

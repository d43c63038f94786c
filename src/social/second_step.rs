//! The second step at sign-in: a code of an app that the user carries, or one of ten for when it is lost.

use sha2::{Digest, Sha256};

use super::{Error, Invalid, Refused, Result, totp};
use crate::model::User;
use crate::store::{Tx, second_steps};

/// Backup codes made at once.
const BACKUPS: usize = 10;

/// Makes a secret for the user's app; nothing is asked for until they confirm that it works.
pub fn begin(tx: &Tx, me: &User) -> Result<()> {
    if second_steps::is_on(tx, me.id)? {
        return Err(Refused::SecondStepOn.into());
    }
    Ok(second_steps::begin(tx, me.id, &random::<{ totp::SECRET }>())?)
}

/// Switches the second step on when the app shows the right code; gives back the backup codes, which nobody sees again.
pub fn confirm(tx: &Tx, me: &User, given: &str) -> Result<Vec<String>> {
    let step = second_steps::get(tx, me.id)?.ok_or(Error::Missing("second step"))?;
    if step.confirmed {
        return Err(Refused::SecondStepOn.into());
    }
    let used = totp::fits(&step.secret, &bare(given), step.used, tx.now).ok_or(Invalid::SecondStep)?;
    let codes: Vec<String> = (0..BACKUPS).map(|_| totp::base32(&random::<10>()).to_lowercase()).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hash(code)).collect();
    second_steps::confirm(tx, me.id, used, &hashes)?;
    Ok(codes)
}

/// Takes a code of the app or a backup code, which is used up with that.
pub fn pass(tx: &Tx, me: &User, given: &str) -> Result<()> {
    let step = second_steps::get(tx, me.id)?.filter(|step| step.confirmed).ok_or(Error::Missing("second step"))?;
    let given = bare(given);
    if let Some(used) = totp::fits(&step.secret, &given, step.used, tx.now) {
        return Ok(second_steps::set_used(tx, me.id, used)?);
    }
    if second_steps::use_backup(tx, me.id, &hash(&given))? { Ok(()) } else { Err(Invalid::SecondStep.into()) }
}

/// Switches the second step off.
pub fn end(tx: &Tx, me: &User) -> Result<()> {
    Ok(second_steps::remove(tx, me.id)?)
}

/// A code without what people add when they copy it.
fn bare(given: &str) -> String {
    given.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_lowercase()).collect()
}

/// A backup code has 80 random bits: nobody finds it by its plain hash.
fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator fails only where there is none, and then nothing here may run.
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

//! Asking for an account. A human decides; whoever is let in gets an invitation.

use super::mail::is_address;
use super::{Error, Invalid, Refused, Result, account, checked_text, invite, notice};
use crate::model::User;
use crate::store::mails::{self, What};
use crate::store::{Tx, requests};

/// Characters of why somebody would like to live here.
pub const WHY_MAX: usize = 2_000;

/// Somebody asks for an account.
pub fn ask(tx: &Tx, name: &str, email: &str, why: &str) -> Result<()> {
    if !requests::are_taken(tx)? {
        return Err(Error::Missing("page"));
    }
    let (name, email) = (name.trim(), email.trim());
    account::check_free(tx, name)?;
    if !is_address(email) {
        return Err(Invalid::Email.into());
    }
    let why = checked_text(why, WHY_MAX)?;
    if !requests::add(tx, name, email, &why)? {
        return Err(Refused::Full.into());
    }
    notice::of_request_to_podmins(tx)
}

/// The podmin lets them in: they get a link that is good for one, by mail when the pod can send any.
pub fn accept(tx: &Tx, me: &User, id: i64, can_send: bool) -> Result<()> {
    let request = requests::get(tx, id)?.filter(|request| request.code.is_none()).ok_or(Error::Missing("request"))?;
    let code = invite::make(tx, me, 1)?;
    requests::accept(tx, request.id, &code)?;
    if can_send {
        mails::add(tx, me.id, What::Invitation(request.id))?;
    }
    Ok(())
}

/// The podmin does not let them in, or takes the invitation back; what they wrote is forgotten.
pub fn refuse(tx: &Tx, me: &User, id: i64) -> Result<()> {
    let request = requests::get(tx, id)?.ok_or(Error::Missing("request"))?;
    if let Some(code) = &request.code {
        invite::revoke(tx, me, code)?;
    }
    Ok(requests::remove(tx, request.id)?)
}

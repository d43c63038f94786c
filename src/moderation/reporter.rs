//! Who spoke up is told that it was heard and what was decided (Regulation (EU) 2022/2065, art. 16 (4) and (5)): users here
//! by a notice, others by mail when they left an address. Nobody else learns who they are.

use crate::model::case::{Case, Report};
use crate::model::{CaseId, User};
use crate::social::mail::is_address;
use crate::social::{Error, Invalid, Result, notice};
use crate::store::mails::{self, What};
use crate::store::{Tx, accounts, cases, receipts, reports};

use super::step;

/// Seconds in which an address hears once that it was heard: the form must not be a way to flood somebody's letter box.
const HEARD_EVERY: i64 = 86_400;

/// Whether this address heard from the pod lately; asked before the report is added.
pub fn is_known(tx: &Tx, said: &Report) -> Result<bool> {
    Ok(!said.email.is_empty() && reports::any_from(tx, &said.email, tx.now.plus(-HEARD_EVERY))?)
}

/// Confirms that somebody was heard. `row`: of what they said.
pub fn confirm(tx: &Tx, said: &Report, row: i64) -> Result<()> {
    if is_address(&said.email) { write(tx, What::Heard(row)) } else { Ok(()) }
}

/// Tells all who spoke up what was decided.
pub fn answer(tx: &Tx, case: &Case) -> Result<()> {
    for user in reports::users(tx, case.id)? {
        if let Some(user) = accounts::get(tx, user)? {
            notice::of_report(tx, &user, case)?;
        }
    }
    for row in reports::to_answer(tx, case.id)? {
        write(tx, What::Answer(row))?;
    }
    Ok(())
}

/// The podmin mails the receipt of a case.
pub fn mail_receipt(tx: &Tx, me: &User, id: CaseId, address: &str) -> Result<()> {
    let (case, address) = (cases::get(tx, id)?.ok_or(Error::Missing("case"))?, address.trim());
    if !is_address(address) {
        return Err(Invalid::Email.into());
    }
    receipts::get(tx, id)?.ok_or(Error::Missing("receipt"))?;
    write(tx, What::Receipt { case: id, address: address.to_owned() })?;
    step::take(tx, &case, &me.name, "sent", address)?;
    Ok(())
}

/// A mail to somebody who need not live here stands in the queue under who speaks for the pod.
fn write(tx: &Tx, what: What) -> Result<()> {
    if let Some(speaker) = accounts::speaker(tx)? {
        mails::add(tx, speaker.id, what)?;
    }
    Ok(())
}

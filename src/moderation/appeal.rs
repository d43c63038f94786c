//! The author objects: the case waits for the podmin again.

use super::case::{WORDS_MAX, load};
use super::{alarm, ground, step};
use crate::model::case::{Case, State};
use crate::model::{CaseId, User};
use crate::social::{Error, Refused, Result, checked_text};
use crate::store::{Tx, cases};

/// A user objects to what was decided about something of theirs; once for each decision.
pub fn add(tx: &Tx, me: &User, id: CaseId, text: &str) -> Result<Case> {
    let mut case = of(load(tx, id)?, me)?;
    if case.state == State::Open || case.state == State::Restored || case.appealed_at.is_some() {
        return Err(Refused::Decided.into());
    }
    case.appeal = Some(checked_text(text, WORDS_MAX)?);
    (case.appealed_at, case.closed_at) = (Some(tx.now), None);
    case.due = Some(tx.now.plus(ground::APPEAL));
    cases::save(tx, &case)?;
    step::take(tx, &case, "author", "appeal", "")?;
    alarm::of_case(tx, &mut case)?;
    Ok(case)
}

/// The case, when it is about something of this user's and they may know of it.
pub fn of(case: Case, me: &User) -> Result<Case> {
    if case.person == Some(me.person.id) && case.state != State::Open { Ok(case) } else { Err(Error::Missing("case")) }
}

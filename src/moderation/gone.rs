//! What its author takes back while the podmin looks at it. Their will is done at once, held or not; what law wants kept
//! goes into the vault first, and the case stays with its record until the podmin decides.

use super::{remove, step, vault};
use crate::model::case::{Case, Kind, State};
use crate::model::{CaseId, PersonId};
use crate::social::Result;
use crate::store::{Tx, cases, held, targets};

const GONE: &str = "gone";

/// A post, comment or photo is about to be taken back, with what is under it, by who may: this is said before it is
/// known that they may, and undone with what it belongs to when they may not.
pub fn thing(tx: &Tx, kind: Kind, guid: &str) -> Result<()> {
    targets::cases_of_thing(tx, kind, guid)?.into_iter().try_for_each(|id| note(tx, "author", id))
}

/// What another pod takes back; `kind` is the wire's name. Of likes, votes and the like there are no cases.
pub fn received(tx: &Tx, kind: &str, guid: &str) -> Result<()> {
    match kind {
        "Post" | "StatusMessage" | "Reshare" => thing(tx, Kind::Post, guid),
        "Comment" => thing(tx, Kind::Comment, guid),
        "Photo" => thing(tx, Kind::Photo, guid),
        _ => Ok(()),
    }
}

/// A person's account is about to be closed, by `author` or by a podmin of this name.
pub fn person(tx: &Tx, who: &str, person: PersonId) -> Result<()> {
    targets::cases_of_person(tx, person)?.into_iter().try_for_each(|id| note(tx, who, id))
}

fn note(tx: &Tx, who: &str, id: CaseId) -> Result<()> {
    // What is gone goes once, however often that is said.
    if cases::ends_with(tx, id, GONE)? {
        return Ok(());
    }
    let Some(case) = cases::get(tx, id)? else { return Ok(()) };
    keep(tx, &case)?;
    if case.state == State::Held {
        // Nor does it come in again behind the back of the podmin.
        stay_away(tx, &case)?;
    }
    step::take(tx, &case, who, GONE, "")?;
    Ok(())
}

fn stay_away(tx: &Tx, case: &Case) -> Result<()> {
    match case.subject.kind {
        kind @ (Kind::Post | Kind::Comment | Kind::Photo) => remove::keep_away(tx, case.id, kind, &case.subject.name),
        Kind::Profile | Kind::Account | Kind::Pod => Ok(()),
    }
}

fn keep(tx: &Tx, case: &Case) -> Result<()> {
    match (case.subject.kind, case.person) {
        (kind @ (Kind::Post | Kind::Comment | Kind::Photo), _) => vault::keep(tx, case, kind, &case.subject.name)?,
        (Kind::Account, Some(person)) if vault::wants(&case.ground) => {
            for (kind, guid) in held::of_person(tx, person, u32::MAX)? {
                vault::keep(tx, case, kind, &guid)?;
            }
        }
        (Kind::Account | Kind::Profile | Kind::Pod, _) => {}
    }
    Ok(())
}

//! A step of a case, taken in two places at once: in the case, with names and words for the podmin's eyes, and in the
//! log, without them.

use super::log::{self, Index, Subject, Who};
use super::receipt;
use crate::model::case::{Case, Kind};
use crate::store::{Result, Tx, cases};

/// Takes a step. `who` is a user's name, `pod`, `author`, `reporter` or `authority`.
pub fn take(tx: &Tx, case: &Case, who: &str, what: &str, why: &str) -> Result<Index> {
    cases::add_step(tx, case.id, who, what, why)?;
    let who = match who {
        "pod" => Who::Pod,
        "author" => Who::Author,
        "authority" => Who::Authority,
        "reporter" => Who::Reporter,
        // A user's report stands under their name.
        _ if what == "report" => Who::Reporter,
        _ => Who::Podmin,
    };
    let subjects = subjects(tx, case)?;
    log::append(tx, &log::Step { case: case.id, what, who, ground: &case.ground, subjects: &subjects })
}

/// What the case is about, sealed. Nothing, when the case does not know any more.
fn subjects(tx: &Tx, case: &Case) -> Result<Vec<Subject>> {
    if case.subject.name.is_empty() {
        return Ok(Vec::new());
    }
    let kind = match case.subject.kind {
        kind @ (Kind::Post | Kind::Comment | Kind::Photo | Kind::Profile) => kind.as_str(),
        Kind::Account => "actor",
        Kind::Pod => "domain",
    };
    let sealed = receipt::salt(tx, case.id)?.seal(kind, &case.subject.name);
    Ok(vec![Subject { kind: kind.to_owned(), sealed }])
}

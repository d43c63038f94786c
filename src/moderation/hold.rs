//! Taking a thing off every surface at once, and putting it back as it was.

use crate::model::case::{Case, Kind};
use crate::social::Result;
use crate::store::curbs::{self, How};
use crate::store::{Tx, held, outbox};

/// From now on it is on no surface; what is queued about it waits.
pub fn begin(tx: &Tx, case: &Case) -> Result<()> {
    match (case.subject.kind, case.person) {
        (Kind::Post | Kind::Comment | Kind::Photo, _) => held::set(tx, case.subject.kind, &case.subject.name, true)?,
        (Kind::Profile, Some(person)) => curbs::add(tx, person, How::Profile, &case.by())?,
        (Kind::Account, Some(person)) => curbs::add(tx, person, How::Hidden, &case.by())?,
        (Kind::Pod, _) => curbs::add_pod(tx, &case.subject.name, How::Hidden, &case.by())?,
        (Kind::Profile | Kind::Account, None) => {}
    }
    Ok(())
}

/// It is on every surface again where it was; what was queued goes out.
pub fn end(tx: &Tx, case: &Case) -> Result<()> {
    held::set(tx, case.subject.kind, &case.subject.name, false)?;
    curbs::lift(tx, &case.by())?;
    Ok(outbox::release(tx)?)
}

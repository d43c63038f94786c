//! Who sent a message, and whether they may: reads and cryptography, nothing is written.

use super::diaspora::judge::{signer, subject};
use super::diaspora::{Entity, Envelope, Error, Facts, Opened, Proven, PublicKey, Route, judge};
use super::{Fate, read};
use crate::model::{Handle, Need, Person, User};
use crate::pod::Pod;
use crate::social;
use crate::store::{self, people, trouble::Trouble};

/// An error of the store: when the machine gives way, that says nothing about the message.
impl From<store::Error> for Fate {
    fn from(error: store::Error) -> Fate {
        match Trouble::of(&error) {
            // A damaged page may concern this message alone.
            None | Some(Trouble::Damaged) => Fate::Retry(error.to_string()),
            Some(_) => Fate::Broken(error.into()),
        }
    }
}

/// Proves who sent an envelope and that they may; what is missing for that is a fate.
pub fn prove(pod: &Pod, envelope: Envelope, me: Option<&User>) -> Result<(Person, Proven), Fate> {
    let (sender, key) = person_with_key(pod, envelope.sender())?;
    let opened = envelope.open(&key).map_err(fate_of)?;
    if sender.is_local() && !matches!(opened.entity, Entity::AccountMigration(_)) {
        // Whoever kept a message from here could send it again: what was changed since would be undone. That they moved,
        // their new pod says in their name.
        return Err(Fate::Drop("its sender lives here".to_owned()));
    }
    pod.store.read(|db| read::admit(db, &sender, &opened.entity)).map_err(|error| match error {
        social::Error::Store(error) => error.into(),
        error => Fate::Drop(error.to_string()),
    })?;
    let facts = facts(pod, &opened)?;
    let route = me.map_or(Route::Public, |me| Route::Private(&me.person.handle));
    let missing = missing(&opened.entity);
    match judge(opened, route, &facts) {
        Ok(proven) => Ok((sender, proven)),
        Err(Error::MissingSubject) => Err(missing),
        Err(error) => Err(fate_of(error)),
    }
}

/// What becomes of a message whose subject is not here.
fn missing(entity: &Entity) -> Fate {
    match (read::need(entity), subject(entity)) {
        (Some(need), _) => Fate::Park(need),
        (None, Some(subject)) => Fate::Await(subject.guid().to_owned()),
        (None, None) => Fate::Retry("what it is about is not here (yet)".to_owned()),
    }
}

/// A wrong message is never retried (diaspora* protocol, "Errors and retries").
fn fate_of(error: Error) -> Fate {
    match error {
        Error::MissingSubject | Error::MissingKey => Fate::Retry(error.to_string()),
        Error::Xml(_)
        | Error::Envelope(_)
        | Error::Signature
        | Error::Encrypted
        | Error::Unknown(_)
        | Error::Invalid { .. }
        | Error::Rule(_)
        | Error::AuthorSignature
        | Error::Crypto(_) => Fate::Drop(error.to_string()),
    }
}

fn facts(pod: &Pod, opened: &Opened) -> Result<Facts, Fate> {
    let known = match subject(&opened.entity) {
        Some(subject) => pod.store.read(|db| read::known(db, &subject))?,
        None => None,
    };
    let signer_key = match signer(opened, known.as_ref()) {
        Some(handle) => Some(person_with_key(pod, handle)?.1),
        None => None,
    };
    Ok(Facts { subject: known, signer_key })
}

/// A person and their key, as they are known here.
fn person_with_key(pod: &Pod, handle: &Handle) -> Result<(Person, PublicKey), Fate> {
    let found = pod.store.read(|db| -> Result<_, store::Error> {
        let Some(person) = people::by_handle(db, handle)? else { return Ok(None) };
        let key = people::key(db, person.id)?;
        Ok(key.map(|key| (person, key)))
    })?;
    let Some((person, key)) = found else { return Err(Fate::Park(Need::Person(handle.clone()))) };
    let key = PublicKey::from_der(&key).map_err(|error| Fate::Drop(error.to_string()))?;
    Ok((person, key))
}

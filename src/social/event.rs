//! Events, and answering them.

use super::{Error, Refused, Result, audience, gate};
use crate::model::{Event, EventAnswer, Outgoing, Person};
use crate::store::{Tx, events, posts};

/// Takes in an event that comes without a post.
pub fn receive(tx: &Tx, author: &Person, event: &Event, public: bool) -> Result<()> {
    gate::admit(author)?;
    if events::add(tx, None, public, event)?.is_none() {
        let known = events::by_guid(tx, event.guid.as_str())?.ok_or(Error::Missing("event"))?;
        if known.author != author.id {
            return Err(Refused::KnownToAnother.into());
        }
    }
    Ok(())
}

/// Stores an answer, in place of the person's former one, and passes it on when the event is in a post of ours.
pub fn add_answer(tx: &Tx, author: &Person, event: &events::Known, answer: &EventAnswer) -> Result<()> {
    gate::admit(author)?;
    let post = match event.post {
        Some(post) => posts::get(tx, post)?,
        None => None,
    };
    if let Some(post) = &post {
        gate::admit_under(tx, author, post)?;
    }
    match events::answer_by_guid(tx, answer.guid.as_str())? {
        Some((_, known, _)) if known != author.id => return Err(Refused::KnownToAnother.into()),
        _ => {}
    }
    if let (Some(id), Some(post)) = (events::add_answer(tx, answer)?, post) {
        audience::spread(tx, &post, author, &Outgoing::Answer(id))?;
    }
    Ok(())
}

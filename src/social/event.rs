//! Events, and answering them.

use super::{Error, Invalid, Result, audience, gate, participation, retract};
use crate::model::{Event, EventAnswer, Guid, Outgoing, Person, User};
use crate::store::{Tx, events, posts};

/// What one answers to an event (diaspora* protocol, "event_participation").
pub const STATUSES: [&str; 3] = ["accepted", "tentative", "declined"];

/// Takes in an event that comes without a post.
pub fn receive(tx: &Tx, author: &Person, event: &Event, public: bool) -> Result<()> {
    gate::admit(tx, author)?;
    if events::add(tx, None, public, event)?.is_none() {
        let known = events::by_guid(tx, event.guid.as_str())?.ok_or(Error::Missing("event"))?;
        gate::same_author(known.author, author)?;
    }
    Ok(())
}

/// A user says whether they come to the event in a post they may see; later they may say something else.
pub fn answer(tx: &Tx, me: &User, post: &str, status: &str) -> Result<()> {
    let post = posts::seen_by(tx, post, me.person.id)?.ok_or(Error::Missing("post"))?;
    let event = events::of_post(tx, post.id)?.ok_or(Error::Missing("event"))?;
    let known = events::by_guid(tx, event.guid.as_str())?.ok_or(Error::Missing("event"))?;
    if !STATUSES.contains(&status) {
        return Err(Invalid::NoAnswer.into());
    }
    participation::begin(tx, me, &post)?;
    let answer = EventAnswer {
        guid: Guid::random(),
        author: me.person.id,
        event: known.id,
        status: status.to_owned(),
        edited_at: None,
        relay: None,
    };
    add_answer(tx, &me.person, &known, &answer)
}

/// Stores an answer, in place of the person's former one, and passes it on when the event is in a post of ours.
pub fn add_answer(tx: &Tx, author: &Person, event: &events::Known, answer: &EventAnswer) -> Result<()> {
    gate::admit(tx, author)?;
    let post = match event.post {
        Some(post) => posts::get(tx, post)?,
        None => None,
    };
    if let Some(post) = &post {
        gate::admit_under(tx, author, post)?;
    }
    gate::admit_again(tx, "EventParticipation", &answer.guid)?;
    let known = events::answer_by_guid(tx, answer.guid.as_str())?;
    gate::same_author(known.map(|(_, author, _)| author), author)?;
    if let Some(former) = events::answer_of(tx, event.id, author.id)?.filter(|former| *former != answer.guid) {
        retract::never_again(tx, "EventParticipation", &former)?;
    }
    if let (Some(id), Some(post)) = (events::add_answer(tx, answer)?, post) {
        audience::spread(tx, &post, author, &Outgoing::Answer(id))?;
    }
    Ok(())
}

//! A vote in a poll.

use super::super::xml::Element;
use super::super::{Error, relay};
use super::read::Fields;
use crate::model::{Guid, Handle, Relay};

#[derive(Clone, Debug, PartialEq)]
pub struct PollParticipation {
    pub author: Handle,
    pub guid: Guid,
    /// The poll.
    pub parent_guid: Guid,
    pub poll_answer_guid: Guid,
    pub relay: Relay,
}

impl PollParticipation {
    pub const NAME: &str = "poll_participation";

    pub fn read(element: &Element) -> Result<PollParticipation, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(PollParticipation {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            parent_guid: fields.guid("parent_guid")?,
            poll_answer_guid: fields.guid("poll_answer_guid")?,
            relay: relay::read(Self::NAME, element)?,
        })
    }

    /// The elements of a vote made here, in the order diaspora* writes them.
    pub fn elements(author: &Handle, guid: &Guid, poll: &Guid, answer: &Guid) -> Vec<(&'static str, String)> {
        vec![
            ("author", author.to_string()),
            ("guid", guid.to_string()),
            ("parent_guid", poll.to_string()),
            ("poll_answer_guid", answer.to_string()),
        ]
    }
}

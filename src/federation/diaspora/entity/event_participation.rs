//! An answer to an event.

use super::super::xml::Element;
use super::super::{Error, relay};
use super::read::Fields;
use crate::model::{Guid, Handle, Relay, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct EventParticipation {
    pub author: Handle,
    pub guid: Guid,
    /// The event.
    pub parent_guid: Guid,
    /// `accepted`, `declined` or `tentative`.
    pub status: String,
    pub edited_at: Option<Timestamp>,
    pub relay: Relay,
}

impl EventParticipation {
    pub const NAME: &str = "event_participation";

    pub fn read(element: &Element) -> Result<EventParticipation, Error> {
        let fields = Fields::of(Self::NAME, element);
        let known = |text: &str| matches!(text, "accepted" | "declined" | "tentative").then(|| text.to_owned());
        Ok(EventParticipation {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            parent_guid: fields.guid("parent_guid")?,
            status: fields.required("status", known)?,
            edited_at: fields.timestamp("edited_at"),
            relay: relay::read(Self::NAME, element)?,
        })
    }

    /// The elements of an answer made here, in the order diaspora* writes them.
    pub fn elements(author: &Handle, guid: &Guid, event: &Guid, status: &str) -> Vec<(&'static str, String)> {
        vec![
            ("author", author.to_string()),
            ("guid", guid.to_string()),
            ("parent_guid", event.to_string()),
            ("status", status.to_owned()),
        ]
    }
}

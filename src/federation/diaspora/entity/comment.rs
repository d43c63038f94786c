//! A comment on a post.

use super::super::xml::Element;
use super::super::{Error, relay};
use super::read::{self, Fields};
use crate::model::{Guid, Handle, Relay, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub author: Handle,
    pub guid: Guid,
    /// The post.
    pub parent_guid: Guid,
    /// Markdown.
    pub text: String,
    pub created_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub relay: Relay,
}

impl Comment {
    pub const NAME: &str = "comment";

    pub fn read(element: &Element) -> Result<Comment, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Comment {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            parent_guid: fields.guid("parent_guid")?,
            text: fields.text("text", read::TEXT)?,
            created_at: fields.timestamp("created_at"),
            edited_at: fields.timestamp("edited_at"),
            relay: relay::read(Self::NAME, element)?,
        })
    }

    /// The elements of a comment made here, in the order diaspora* writes them.
    pub fn elements(
        author: &Handle,
        guid: &Guid,
        parent: &Guid,
        text: &str,
        created_at: Timestamp,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("author", author.to_string()),
            ("guid", guid.to_string()),
            ("parent_guid", parent.to_string()),
            ("text", text.to_owned()),
            ("created_at", created_at.to_string()),
        ]
    }
}

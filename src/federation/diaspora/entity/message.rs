//! A message in a conversation; private.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};
use crate::model::{Guid, Handle, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub author: Handle,
    pub guid: Guid,
    /// Markdown.
    pub text: String,
    pub created_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub conversation_guid: Guid,
}

impl Message {
    pub const NAME: &str = "message";

    pub fn read(element: &Element) -> Result<Message, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Message {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            text: fields.text("text", read::TEXT)?,
            created_at: fields.timestamp("created_at"),
            edited_at: fields.timestamp("edited_at"),
            conversation_guid: fields.guid("conversation_guid")?,
        })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("guid", self.guid.as_str());
        writer.text("text", &self.text);
        writer.optional("created_at", self.created_at.map(|time| time.to_string()));
        writer.optional("edited_at", self.edited_at.map(|time| time.to_string()));
        writer.text("conversation_guid", self.conversation_guid.as_str());
        writer.close(Self::NAME);
    }
}

//! A private conversation with its first messages.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::Message;
use super::read::{self, Fields};
use crate::model::{Guid, Handle, Timestamp};

/// People in a conversation at the most; the protocol names no limit.
const PARTICIPANTS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    pub author: Handle,
    pub guid: Guid,
    pub subject: String,
    pub created_at: Option<Timestamp>,
    /// At least two.
    pub participants: Vec<Handle>,
    pub messages: Vec<Message>,
}

impl Conversation {
    pub const NAME: &str = "conversation";

    pub fn read(element: &Element) -> Result<Conversation, Error> {
        let fields = Fields::of(Self::NAME, element);
        let conversation = Conversation {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            subject: fields.text("subject", read::LINE)?,
            created_at: fields.timestamp("created_at"),
            participants: fields.required("participants", participants)?,
            messages: fields.list(Message::NAME, read::LIST_MAX, Message::read)?,
        };
        let own = conversation.messages.iter().all(|message| message.author == conversation.author);
        fields.ensure("message", own)?;
        Ok(conversation)
    }

    pub fn to_xml(&self) -> String {
        let participants: Vec<&str> = self.participants.iter().map(Handle::as_str).collect();
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("guid", self.guid.as_str());
        writer.text("subject", &self.subject);
        writer.optional("created_at", self.created_at.map(|time| time.to_string()));
        writer.text("participants", participants.join(";"));
        for message in &self.messages {
            message.write(&mut writer);
        }
        writer.close(Self::NAME);
        writer.finish()
    }
}

/// IDs joined with `;`, at least two.
fn participants(text: &str) -> Option<Vec<Handle>> {
    let handles: Vec<Handle> = text.split(';').map(Handle::parse).collect::<Option<_>>()?;
    (2..=PARTICIPANTS_MAX).contains(&handles.len()).then_some(handles)
}

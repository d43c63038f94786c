//! A post.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};
use super::{Embed, Event, Location, Photo, Poll};
use crate::model::{Guid, Handle, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct StatusMessage {
    pub author: Handle,
    pub guid: Guid,
    pub created_at: Option<Timestamp>,
    pub public: bool,
    /// Markdown; may be empty.
    pub text: String,
    pub edited_at: Option<Timestamp>,
    pub provider_display_name: Option<String>,
    pub photos: Vec<Photo>,
    pub location: Option<Location>,
    pub poll: Option<Poll>,
    pub event: Option<Event>,
    pub embed: Option<Embed>,
}

impl StatusMessage {
    pub const NAME: &str = "status_message";

    pub fn read(element: &Element) -> Result<StatusMessage, Error> {
        let fields = Fields::of(Self::NAME, element);
        let post = StatusMessage {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            created_at: fields.timestamp("created_at"),
            public: fields.boolean("public", false)?,
            text: fields.present_text("text", read::TEXT)?,
            edited_at: fields.timestamp("edited_at"),
            provider_display_name: fields.optional_text("provider_display_name", read::LINE)?,
            photos: fields.list(Photo::NAME, read::LIST_MAX, Photo::read)?,
            location: fields.nested(Location::NAME).map(Location::read).transpose()?,
            poll: fields.nested(Poll::NAME).map(Poll::read).transpose()?,
            event: fields.nested(Event::NAME).map(Event::read).transpose()?,
            embed: fields.nested(Embed::NAME).map(Embed::read).transpose()?,
        };
        fields.ensure("photo", post.photos.iter().all(|photo| photo.author == post.author))?;
        fields.ensure("event", post.event.as_ref().is_none_or(|event| event.author == post.author))?;
        Ok(post)
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("guid", self.guid.as_str());
        writer.optional("created_at", self.created_at.map(|time| time.to_string()));
        writer.text("public", self.public.to_string());
        writer.text("text", &self.text);
        writer.optional("edited_at", self.edited_at.map(|time| time.to_string()));
        writer.optional("provider_display_name", self.provider_display_name.as_ref());
        for photo in &self.photos {
            photo.write(&mut writer);
        }
        if let Some(location) = &self.location {
            location.write(&mut writer);
        }
        if let Some(poll) = &self.poll {
            poll.write(&mut writer);
        }
        if let Some(event) = &self.event {
            event.write(&mut writer);
        }
        if let Some(embed) = &self.embed {
            embed.write(&mut writer);
        }
        writer.close(Self::NAME);
        writer.finish()
    }
}

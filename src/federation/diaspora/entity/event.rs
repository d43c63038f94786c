//! Something that happens at a time; in a post or alone.

use super::super::xml::{Element, Writer};
use super::super::{Error, scalar};
use super::Location;
use super::read::{self, Fields};
use crate::model::{Guid, Handle, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub author: Handle,
    pub guid: Guid,
    pub edited_at: Option<Timestamp>,
    pub summary: String,
    pub start: Timestamp,
    pub end: Option<Timestamp>,
    pub all_day: Option<bool>,
    /// `Area/Location`
    pub timezone: Option<String>,
    pub description: Option<String>,
    pub location: Option<Location>,
}

impl Event {
    pub const NAME: &str = "event";

    pub fn read(element: &Element) -> Result<Event, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Event {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            edited_at: fields.timestamp("edited_at"),
            summary: fields.text("summary", read::LINE)?,
            start: fields.required("start", scalar::timestamp)?,
            end: fields.timestamp("end"),
            all_day: fields.lenient_boolean("all_day", Some(false)),
            timezone: fields.optional("timezone", |text| scalar::is_timezone(text).then(|| text.to_owned()))?,
            description: fields.optional_text("description", read::TEXT)?,
            location: fields.nested(Location::NAME).map(Location::read).transpose()?,
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
        writer.optional("edited_at", self.edited_at.map(|time| time.to_string()));
        writer.text("summary", &self.summary);
        writer.text("start", self.start.to_string());
        writer.optional("end", self.end.map(|time| time.to_string()));
        writer.text("all_day", read::flag(self.all_day));
        writer.optional("timezone", self.timezone.as_ref());
        writer.optional("description", self.description.as_ref());
        if let Some(location) = &self.location {
            location.write(writer);
        }
        writer.close(Self::NAME);
    }
}

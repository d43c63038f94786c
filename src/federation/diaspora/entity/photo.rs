//! A photo, in a post or alone. Its address is path and name together.

use super::super::xml::{Element, Writer};
use super::super::{Error, scalar};
use super::read::{self, Fields};
use crate::model::{Guid, Handle, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Photo {
    pub guid: Guid,
    pub author: Handle,
    pub public: bool,
    pub created_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub remote_photo_path: String,
    pub remote_photo_name: String,
    /// What it shows.
    pub text: Option<String>,
    pub status_message_guid: Option<Guid>,
    /// Pixels.
    pub height: Option<u64>,
    /// Pixels.
    pub width: Option<u64>,
}

impl Photo {
    pub const NAME: &str = "photo";

    pub fn read(element: &Element) -> Result<Photo, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Photo {
            guid: fields.guid("guid")?,
            author: fields.handle("author")?,
            public: fields.boolean("public", false)?,
            created_at: fields.timestamp("created_at"),
            edited_at: fields.timestamp("edited_at"),
            remote_photo_path: fields
                .required("remote_photo_path", |text| scalar::is_path_address(text).then(|| text.to_owned()))?,
            remote_photo_name: fields.text("remote_photo_name", read::LINE)?,
            text: fields.optional_text("text", read::TEXT)?,
            status_message_guid: fields.optional_guid("status_message_guid")?,
            height: fields.integer("height"),
            width: fields.integer("width"),
        })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.text("guid", self.guid.as_str());
        writer.text("author", self.author.as_str());
        writer.text("public", self.public.to_string());
        writer.optional("created_at", self.created_at.map(|time| time.to_string()));
        writer.optional("edited_at", self.edited_at.map(|time| time.to_string()));
        writer.text("remote_photo_path", &self.remote_photo_path);
        writer.text("remote_photo_name", &self.remote_photo_name);
        writer.optional("text", self.text.as_ref());
        writer.optional("status_message_guid", self.status_message_guid.as_ref().map(Guid::as_str));
        writer.optional("height", self.height.map(|pixels| pixels.to_string()));
        writer.optional("width", self.width.map(|pixels| pixels.to_string()));
        writer.close(Self::NAME);
    }
}

//! Sharing begins or ends; private.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};
use crate::model::Handle;

#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub author: Handle,
    pub recipient: Handle,
    /// Always the same as `sharing` in what is sent; on receipt only `sharing` counts.
    pub following: bool,
    pub sharing: bool,
    /// `None`: could not be read.
    pub blocking: Option<bool>,
}

impl Contact {
    pub const NAME: &str = "contact";

    pub fn read(element: &Element) -> Result<Contact, Error> {
        let fields = Fields::of(Self::NAME, element);
        let contact = Contact {
            author: fields.handle("author")?,
            recipient: fields.handle("recipient")?,
            following: fields.boolean("following", true)?,
            sharing: fields.boolean("sharing", true)?,
            blocking: fields.lenient_boolean("blocking", Some(false)),
        };
        fields.ensure("blocking", contact.blocking != Some(true) || !(contact.following || contact.sharing))?;
        Ok(contact)
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("recipient", self.recipient.as_str());
        writer.text("following", self.following.to_string());
        writer.text("sharing", self.sharing.to_string());
        writer.text("blocking", read::flag(self.blocking));
        writer.close(Self::NAME);
        writer.finish()
    }
}

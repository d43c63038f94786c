//! Something is taken back.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};
use crate::model::{Guid, Handle};

#[derive(Clone, Debug, PartialEq)]
pub struct Retraction {
    /// Who wrote it first; need not be the sender.
    pub author: Handle,
    pub target_guid: Guid,
    /// `Post`, `Comment`, `Like`, …
    pub target_type: String,
}

impl Retraction {
    pub const NAME: &str = "retraction";

    pub fn read(element: &Element) -> Result<Retraction, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(Retraction {
            author: fields.handle("author")?,
            target_guid: fields.guid("target_guid")?,
            target_type: fields.text("target_type", read::LINE)?,
        })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("target_guid", self.target_guid.as_str());
        writer.text("target_type", &self.target_type);
        writer.close(Self::NAME);
        writer.finish()
    }
}

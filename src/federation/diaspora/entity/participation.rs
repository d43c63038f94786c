//! A wish to hear what happens on a post; private, to the post's author.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::Fields;
use crate::model::{Guid, Handle};

#[derive(Clone, Debug, PartialEq)]
pub struct Participation {
    pub author: Handle,
    pub guid: Guid,
    /// The post.
    pub parent_guid: Guid,
}

impl Participation {
    pub const NAME: &str = "participation";

    pub fn read(element: &Element) -> Result<Participation, Error> {
        let fields = Fields::of(Self::NAME, element);
        fields.required("parent_type", |text| (text == "Post").then_some(()))?;
        Ok(Participation {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            parent_guid: fields.guid("parent_guid")?,
        })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("guid", self.guid.as_str());
        writer.text("parent_guid", self.parent_guid.as_str());
        writer.text("parent_type", "Post");
        writer.close(Self::NAME);
        writer.finish()
    }
}

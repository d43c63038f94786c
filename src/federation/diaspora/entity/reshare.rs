//! Somebody's public post, shown to one's own contacts; always public.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::Fields;
use crate::model::{Guid, Handle, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Reshare {
    pub author: Handle,
    pub guid: Guid,
    pub created_at: Option<Timestamp>,
    /// `None`: the original was deleted.
    pub root: Option<Root>,
}

/// The original post and its author.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    pub author: Handle,
    pub guid: Guid,
}

impl Reshare {
    pub const NAME: &str = "reshare";

    pub fn read(element: &Element) -> Result<Reshare, Error> {
        let fields = Fields::of(Self::NAME, element);
        let root = match (fields.optional_handle("root_author")?, fields.optional_guid("root_guid")?) {
            (Some(author), Some(guid)) => Some(Root { author, guid }),
            (None, None) => None,
            _ => return Err(Error::Invalid { entity: Self::NAME, property: "root_guid" }),
        };
        Ok(Reshare {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            created_at: fields.timestamp("created_at"),
            root,
        })
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.text("guid", self.guid.as_str());
        writer.optional("created_at", self.created_at.map(|time| time.to_string()));
        writer.optional("root_author", self.root.as_ref().map(|root| root.author.as_str()));
        writer.optional("root_guid", self.root.as_ref().map(|root| root.guid.as_str()));
        writer.close(Self::NAME);
        writer.finish()
    }
}

//! A like on a post or a comment.

use super::super::xml::Element;
use super::super::{Error, relay, scalar};
use super::read::Fields;
use crate::model::words::words;
use crate::model::{Guid, Handle, Relay};

words! {
    /// What is liked.
    LikeParent {
        Post = "Post",
        Comment = "Comment",
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    pub author: Handle,
    pub guid: Guid,
    pub parent_guid: Guid,
    pub parent_type: LikeParent,
    /// `Some(false)` is a dislike; `None` could not be read.
    pub positive: Option<bool>,
    pub relay: Relay,
}

impl Like {
    pub const NAME: &str = "like";

    pub fn read(element: &Element) -> Result<Like, Error> {
        let fields = Fields::of(Self::NAME, element);
        let parent_type = fields.required("parent_type", LikeParent::parse)?;
        Ok(Like {
            author: fields.handle("author")?,
            guid: fields.guid("guid")?,
            parent_guid: fields.guid("parent_guid")?,
            parent_type,
            positive: scalar::boolean(&fields.present_text("positive", 255)?),
            relay: relay::read(Self::NAME, element)?,
        })
    }

    /// The elements of a like made here, in the order diaspora* writes them.
    pub fn elements(
        author: &Handle,
        guid: &Guid,
        parent: &Guid,
        parent_type: LikeParent,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("author", author.to_string()),
            ("guid", guid.to_string()),
            ("parent_guid", parent.to_string()),
            ("parent_type", parent_type.as_str().to_owned()),
            ("positive", "true".to_owned()),
        ]
    }
}

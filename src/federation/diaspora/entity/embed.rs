//! What a link in a post leads to, as its author tells it; only nested.

use super::super::xml::{Element, Writer};
use super::super::{Error, scalar};
use super::read::{self, Fields};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embed {
    pub url: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<String>,
    /// The author wants no preview.
    pub nothing: Option<bool>,
}

impl Embed {
    pub const NAME: &str = "embed";

    pub fn read(element: &Element) -> Result<Embed, Error> {
        let fields = Fields::of(Self::NAME, element);
        let address = |text: &str| scalar::address(text).map(|_| text.to_owned());
        let picture =
            |text: &str| scalar::address(text).filter(|_| scalar::is_path_address(text)).map(|_| text.to_owned());
        let embed = Embed {
            url: fields.optional("url", address)?,
            title: fields.optional_text("title", read::LINE)?,
            description: fields.optional_text("description", read::TEXT)?,
            image: fields.optional("image", picture)?,
            nothing: fields.lenient_boolean("nothing", None),
        };
        fields.ensure("url", embed.url.is_some() != (embed.nothing == Some(true)))?;
        Ok(embed)
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.optional("url", self.url.as_ref());
        writer.optional("title", self.title.as_ref());
        writer.optional("description", self.description.as_ref());
        writer.optional("image", self.image.as_ref());
        writer.optional("nothing", self.nothing.map(|nothing| nothing.to_string()));
        writer.close(Self::NAME);
    }
}

//! What a person tells about themselves; replaces what was told before.

use super::super::xml::{Element, Writer};
use super::super::{Error, scalar};
use super::read::{self, Fields};
use crate::model::{Handle, Timestamp};

/// Characters in a full name.
const FULL_NAME: usize = 70;
/// Characters in a first or last name.
const NAME_MAX: usize = 32;
/// Tags in `tag_string`, counted by their `#`.
const TAGS: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub author: Handle,
    pub edited_at: Option<Timestamp>,
    pub full_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// 300 pixels.
    pub image_url: Option<String>,
    /// 100 pixels.
    pub image_url_medium: Option<String>,
    /// 50 pixels.
    pub image_url_small: Option<String>,
    pub bio: Option<String>,
    /// `YYYY-MM-DD`; a year up to 1004 is not told.
    pub birthday: Option<String>,
    pub gender: Option<String>,
    pub location: Option<String>,
    /// `None`, here and below: could not be read.
    pub searchable: Option<bool>,
    /// Whether strangers may see bio, birthday, gender and location.
    pub public: Option<bool>,
    pub nsfw: Option<bool>,
    pub tag_string: Option<String>,
}

impl Profile {
    pub const NAME: &str = "profile";

    pub fn read(element: &Element) -> Result<Profile, Error> {
        let fields = Fields::of(Self::NAME, element);
        let name = |property, max| -> Result<Option<String>, Error> {
            let text = fields.optional_text(property, max)?;
            fields.ensure(property, text.as_ref().is_none_or(|text| !text.contains(';')))?;
            Ok(text)
        };
        let picture =
            |property| fields.optional(property, |text| scalar::is_path_address(text).then(|| text.to_owned()));
        let fits = |text: &str| text.len() <= read::TEXT && text.matches('#').count() <= TAGS;
        let tags = |text: &str| fits(text).then(|| text.to_owned());
        Ok(Profile {
            author: fields.handle("author")?,
            edited_at: fields.timestamp("edited_at"),
            full_name: name("full_name", FULL_NAME)?,
            first_name: name("first_name", NAME_MAX)?,
            last_name: name("last_name", NAME_MAX)?,
            image_url: picture("image_url")?,
            image_url_medium: picture("image_url_medium")?,
            image_url_small: picture("image_url_small")?,
            bio: fields.optional_text("bio", read::TEXT)?,
            birthday: fields.optional("birthday", scalar::birthday)?,
            gender: fields.optional_text("gender", read::LINE)?,
            location: fields.optional_text("location", read::LINE)?,
            searchable: fields.lenient_boolean("searchable", Some(true)),
            public: fields.lenient_boolean("public", Some(false)),
            nsfw: fields.lenient_boolean("nsfw", Some(false)),
            tag_string: fields.optional("tag_string", tags)?,
        })
    }

    /// Whether it tells nothing that only contacts may see.
    pub fn is_basic(&self) -> bool {
        self.bio.is_none() && self.birthday.is_none() && self.gender.is_none() && self.location.is_none()
    }

    pub fn to_xml(&self) -> String {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.text("author", self.author.as_str());
        writer.optional("edited_at", self.edited_at.map(|time| time.to_string()));
        writer.optional("full_name", self.full_name.as_ref());
        writer.optional("first_name", self.first_name.as_ref());
        writer.optional("last_name", self.last_name.as_ref());
        writer.optional("image_url", self.image_url.as_ref());
        writer.optional("image_url_medium", self.image_url_medium.as_ref());
        writer.optional("image_url_small", self.image_url_small.as_ref());
        writer.optional("bio", self.bio.as_ref());
        writer.optional("birthday", self.birthday.as_ref());
        writer.optional("gender", self.gender.as_ref());
        writer.optional("location", self.location.as_ref());
        writer.text("searchable", read::flag(self.searchable));
        writer.text("public", read::flag(self.public));
        writer.text("nsfw", read::flag(self.nsfw));
        writer.optional("tag_string", self.tag_string.as_ref());
        writer.close(Self::NAME);
    }
}

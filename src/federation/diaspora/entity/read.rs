//! Reading an entity's properties with their rules. Missing, empty and unreadable differ: see the diaspora* protocol,
//! "Scalars".

use std::borrow::Cow;

use super::super::xml::Element;
use super::super::{Error, scalar};
use crate::model::{Guid, Handle, TEXT_MAX, Timestamp};

/// The children of one element, as properties of an entity.
pub struct Fields<'a> {
    entity: &'static str,
    element: &'a Element,
}

impl<'a> Fields<'a> {
    pub fn of(entity: &'static str, element: &'a Element) -> Fields<'a> {
        Fields { entity, element }
    }

    fn wrong(&self, property: &'static str) -> Error {
        Error::Invalid { entity: self.entity, property }
    }

    /// `None`: no such element. `Some("")`: empty, or in a namespace of its own.
    fn raw(&self, name: &str) -> Option<Cow<'a, str>> {
        let child = self.element.children().find(|child| child.local_name() == name)?;
        let known = !child.foreign || self.element.foreign;
        Some(if known { child.text() } else { Cow::Borrowed("") })
    }

    /// A text that is there and not empty.
    fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.raw(name).filter(|text| !text.is_empty())
    }

    pub fn handle(&self, name: &'static str) -> Result<Handle, Error> {
        self.value(name).and_then(|text| Handle::parse(&text)).ok_or(self.wrong(name))
    }

    pub fn optional_handle(&self, name: &'static str) -> Result<Option<Handle>, Error> {
        match self.value(name) {
            None => Ok(None),
            Some(text) => Handle::parse(&text).map(Some).ok_or(self.wrong(name)),
        }
    }

    pub fn guid(&self, name: &'static str) -> Result<Guid, Error> {
        self.value(name).and_then(|text| Guid::parse(&text)).ok_or(self.wrong(name))
    }

    pub fn optional_guid(&self, name: &'static str) -> Result<Option<Guid>, Error> {
        match self.value(name) {
            None => Ok(None),
            Some(text) => Guid::parse(&text).map(Some).ok_or(self.wrong(name)),
        }
    }

    /// A text of at most `max` characters that must be there and say something.
    pub fn text(&self, name: &'static str, max: usize) -> Result<String, Error> {
        let text = self.value(name).ok_or(self.wrong(name))?;
        self.fits(name, text, max)
    }

    /// A text whose element must be there but may be empty.
    pub fn present_text(&self, name: &'static str, max: usize) -> Result<String, Error> {
        let text = self.raw(name).ok_or(self.wrong(name))?;
        self.fits(name, text, max)
    }

    pub fn optional_text(&self, name: &'static str, max: usize) -> Result<Option<String>, Error> {
        self.value(name).map(|text| self.fits(name, text, max)).transpose()
    }

    fn fits(&self, name: &'static str, text: Cow<str>, max: usize) -> Result<String, Error> {
        // Bytes are an upper bound of characters: most texts need no count.
        if text.len() > max && text.chars().count() > max {
            return Err(self.wrong(name));
        }
        Ok(text.into_owned())
    }

    /// True or false; the default when the element is missing, an error when it cannot be read.
    pub fn boolean(&self, name: &'static str, default: bool) -> Result<bool, Error> {
        match self.raw(name) {
            None => Ok(default),
            Some(text) => scalar::boolean(&text).ok_or(self.wrong(name)),
        }
    }

    /// True or false; the default when the element is missing, nothing when it cannot be read.
    pub fn lenient_boolean(&self, name: &str, default: Option<bool>) -> Option<bool> {
        match self.raw(name) {
            None => default,
            Some(text) => scalar::boolean(&text),
        }
    }

    pub fn integer(&self, name: &str) -> Option<u64> {
        self.value(name).and_then(|text| scalar::integer(&text))
    }

    pub fn timestamp(&self, name: &str) -> Option<Timestamp> {
        self.value(name).and_then(|text| scalar::timestamp(&text))
    }

    /// A value of one's own rule that may be absent.
    pub fn optional<T>(&self, name: &'static str, rule: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Error> {
        match self.value(name) {
            None => Ok(None),
            Some(text) => rule(&text).map(Some).ok_or(self.wrong(name)),
        }
    }

    /// A value of one's own rule that must be there.
    pub fn required<T>(&self, name: &'static str, rule: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        self.value(name).and_then(|text| rule(&text)).ok_or(self.wrong(name))
    }

    /// Fails with the name of a property when a rule between properties is broken.
    pub fn ensure(&self, property: &'static str, holds: bool) -> Result<(), Error> {
        if holds { Ok(()) } else { Err(self.wrong(property)) }
    }

    /// The first nested entity of this name; an empty element counts as none.
    pub fn nested(&self, name: &str) -> Option<&'a Element> {
        self.element.children().find(|child| child.name == name && child.children().next().is_some())
    }

    /// All nested entities of this name, at most `max`.
    pub fn list<T>(
        &self,
        name: &'static str,
        max: usize,
        read: impl Fn(&Element) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let found: Vec<&Element> =
            self.element.children().filter(|child| child.name == name && child.children().next().is_some()).collect();
        if found.len() > max {
            return Err(self.wrong(name));
        }
        found.into_iter().map(read).collect()
    }
}

/// A relayable's value as diaspora* writes it after reading; nothing when it cannot be read (diaspora* protocol,
/// "Relayables").
pub fn normalised(name: &str, value: &str) -> Option<String> {
    match name {
        "positive" => scalar::boolean(value).map(|yes| yes.to_string()),
        "created_at" | "edited_at" => scalar::timestamp(value).map(|time| time.to_string()),
        _ => Some(value.to_owned()),
    }
}

/// The longest long text, in characters.
pub const TEXT: usize = TEXT_MAX;

/// The longest short text, in characters.
pub const LINE: usize = 255;

/// Nested entities of one kind at the most; the protocol names no limit, people stay far below.
pub const LIST_MAX: usize = 200;

/// How a boolean is written; what could not be read is written as an empty element, so that it stays nothing.
pub fn flag(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    }
}

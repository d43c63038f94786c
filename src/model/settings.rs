//! What a user chose about their account.

use super::AspectId;
use super::words::words;

words! {
    /// The colours of the pages.
    #[derive(Default)]
    Theme {
        /// As the device is set.
        #[default]
        Auto = "auto",
        Light = "light",
        Dark = "dark",
        /// Stronger contrast than usual.
        Contrast = "contrast",
    }
}

/// For whom a post is meant; for a post it can never be changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    Public,
    /// Everybody the author shares with.
    All,
    /// The people in some aspects.
    Some(Vec<AspectId>),
}

impl Audience {
    /// Its word, in the database and in forms, and the aspects.
    pub fn parts(&self) -> (&'static str, &[AspectId]) {
        match self {
            Audience::Public => ("public", &[]),
            Audience::All => ("all", &[]),
            Audience::Some(aspects) => ("some", aspects),
        }
    }
}

/// What a user chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Tag of the language of the pages; `None`: what the browser asks for.
    pub language: Option<String>,
    pub theme: Theme,
    /// Who reads a new post unless its author says otherwise.
    pub audience: Audience,
    /// The aspect for whoever begins to share.
    pub follow_back: Option<AspectId>,
}

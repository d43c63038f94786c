//! What a user chose about their account.

use super::AspectId;

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    Light,
    Dark,
    /// Stronger contrast than usual.
    Contrast,
}

impl Theme {
    pub const ALL: [Theme; 4] = [Theme::Auto, Theme::Light, Theme::Dark, Theme::Contrast];

    /// As it stands in the database, in forms and in the page's `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Contrast => "contrast",
        }
    }

    pub fn parse(text: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// Who reads a new post unless its author says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    Public,
    /// Everybody the user shares with.
    All,
    /// The people in some aspects.
    Some(Vec<AspectId>),
}

/// What a user chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Tag of the language of the pages; `None`: what the browser asks for.
    pub language: Option<String>,
    pub theme: Theme,
    pub audience: Audience,
    /// The aspect for whoever begins to share.
    pub follow_back: Option<AspectId>,
}

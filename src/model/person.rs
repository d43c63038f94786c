//! People, here and elsewhere.

use serde::{Deserialize, Serialize};

use super::{Guid, Handle, PersonId, Theme, Timestamp, UserId};

/// A person as the pod knows them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    pub id: PersonId,
    pub handle: Handle,
    pub guid: Guid,
    /// Authority of their pod; `None` when they live here.
    pub host: Option<String>,
    /// Base address of their pod, without a slash at the end.
    pub url: String,
    /// What to call them.
    pub name: String,
    pub profile: Profile,
    pub closed_at: Option<Timestamp>,
    pub moved_to: Option<PersonId>,
}

/// What people tell about themselves. Limits: diaspora* protocol, "Profile".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// At most 32 characters, no `;`.
    pub first_name: String,
    /// At most 32 characters, no `;`.
    pub last_name: String,
    pub images: Images,
    /// Markdown, at most 65,535 characters.
    pub bio: String,
    /// `YYYY-MM-DD`; a year up to 1004 means that it is not told.
    pub birthday: Option<String>,
    /// At most 255 characters.
    pub gender: String,
    /// At most 255 characters.
    pub location: String,
    /// `#one #two`, at most five.
    pub tags: String,
    /// May be found by name in a search.
    pub searchable: bool,
    /// Whether strangers see bio, birthday, gender and location.
    pub public_details: bool,
    /// Everything they post is not safe for work.
    pub nsfw: bool,
}

/// Absolute addresses of a profile picture at 300, 100 and 50 pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Images {
    pub large: Option<String>,
    pub medium: Option<String>,
    pub small: Option<String>,
}

/// An account on this pod.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: UserId,
    pub person: Person,
    /// Signs in with it; the user part of the handle.
    pub name: String,
    /// Runs the pod.
    pub podmin: bool,
    /// Tag of the language of their pages; `None`: what the browser asks for.
    pub language: Option<String>,
    pub theme: Theme,
    /// The podmin locked it: nobody can sign in with it.
    pub locked: bool,
    /// The podmin holds the account: on no surface, and nothing can be done with it but object.
    pub held: bool,
}

impl Person {
    /// Whether they have an account on this pod.
    pub fn is_local(&self) -> bool {
        self.host.is_none()
    }
}

impl Profile {
    /// `first last`, or nothing.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name.trim(), self.last_name.trim()).trim().to_owned()
    }

    /// What to call the person with this profile.
    pub fn name_or(&self, handle: &Handle) -> String {
        let full = self.full_name();
        if full.is_empty() { handle.user().to_owned() } else { full }
    }
}

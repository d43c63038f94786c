//! Posts and what hangs on them.

use serde::{Deserialize, Serialize};

use super::{CommentId, EventId, Guid, LikeId, PersonId, PollId, PostId, Timestamp};

/// Characters in a post, comment, message or bio at the most (diaspora* protocol, "StatusMessage").
pub const TEXT_MAX: usize = 65_535;

/// Characters of a conversation's subject at the most.
pub const SUBJECT_MAX: usize = 255;

/// A status message or a reshare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Post {
    pub id: PostId,
    pub guid: Guid,
    pub author: PersonId,
    pub public: bool,
    /// A reshare has no text of its own.
    pub reshare: bool,
    /// The reshared post; `None` when it is gone.
    pub root: Option<PostId>,
    pub text: String,
    /// The author's clock.
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub provider: Option<String>,
    pub place: Option<Place>,
    pub embed: Option<Embed>,
}

/// Where a post was written or an event happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub address: String,
    /// Decimal degrees, as the author wrote them.
    pub lat: String,
    /// Decimal degrees, as the author wrote them.
    pub lng: String,
}

/// What an author says a link in the post leads to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Embed {
    pub url: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<String>,
    /// The author wants no preview.
    pub nothing: bool,
}

/// A picture; its address is `path` and `name` together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Photo {
    pub guid: Guid,
    pub public: bool,
    pub path: String,
    pub name: String,
    /// What it shows, for those who cannot see it.
    pub text: String,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    pub created_at: Timestamp,
}

/// A question with answers to choose one from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Poll {
    pub guid: Guid,
    pub question: String,
    pub answers: Vec<PollAnswer>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PollAnswer {
    pub guid: Guid,
    pub answer: String,
}

/// Something that happens at a time, in a post or alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub guid: Guid,
    pub author: PersonId,
    pub summary: String,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub all_day: bool,
    /// `Area/Location`
    pub timezone: Option<String>,
    pub description: String,
    pub place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comment {
    pub id: CommentId,
    pub guid: Guid,
    pub post: PostId,
    pub author: PersonId,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub relay: Option<Relay>,
}

/// A like on a post, or on a comment of that post.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Like {
    pub id: LikeId,
    pub guid: Guid,
    pub author: PersonId,
    pub post: PostId,
    pub comment: Option<CommentId>,
    /// `false` is a dislike, kept but never shown.
    pub positive: bool,
    pub relay: Option<Relay>,
}

/// A person's answer in a poll.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Vote {
    pub guid: Guid,
    pub author: PersonId,
    pub poll: PollId,
    /// GUID of the chosen answer.
    pub answer: Guid,
    pub relay: Option<Relay>,
}

/// A person's answer to an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventAnswer {
    pub guid: Guid,
    pub author: PersonId,
    pub event: EventId,
    /// `accepted`, `declined` or `tentative`
    pub status: String,
    pub edited_at: Option<Timestamp>,
    pub relay: Option<Relay>,
}

/// A comment, like or vote as its author wrote and signed it, kept so that it can be passed on unchanged
/// (diaspora* protocol, "Relayable").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relay {
    /// Element names with their texts, in the author's order, unknown ones too, the signature not.
    pub elements: Vec<(String, String)>,
    /// Standard base64.
    pub signature: String,
}

//! Plain data and its rules. Knows no database, no network, no clock.

pub mod case;
pub mod guid;
pub mod handle;
pub mod hash_list;
pub mod hex;
pub mod id;
pub mod import;
pub mod markdown;
pub mod mention;
pub mod need;
pub mod outgoing;
pub mod person;
pub mod picture;
pub mod post;
pub mod settings;
pub mod tag;
pub mod time;
pub mod words;

pub use guid::Guid;
pub use handle::Handle;
pub use id::*;
pub use import::{Import, Refusal, Step};
pub use need::Need;
pub use outgoing::{Outgoing, Target};
pub use person::{Images, Person, Profile, User};
pub use picture::{Hashes, Match, Pdq};
pub use post::{
    Comment, Embed, Event, EventAnswer, Like, Photo, Place, Poll, PollAnswer, Post, Relay, SUBJECT_MAX, TEXT_MAX, Vote,
};
pub use settings::{Audience, Settings, Theme};
pub use time::Timestamp;

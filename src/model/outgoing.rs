//! What leaves the pod: a reference, written as a message by a protocol at the moment it is sent.

use serde::{Deserialize, Serialize};

use super::{AnswerId, CommentId, ConversationId, Guid, Handle, LikeId, MessageId, PersonId, PostId, VoteId};

/// One thing to tell other pods. When what it refers to is gone before it is sent, nothing is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    Post(PostId),
    Comment(CommentId),
    Like(LikeId),
    Vote(VoteId),
    Answer(AnswerId),
    Conversation(ConversationId),
    Message(MessageId),
    /// The sender's profile as it is then: what strangers may see of it.
    Profile,
    /// All of it, for those they share with.
    WholeProfile,
    /// The sender starts or stops sharing with `recipient`, or ignores them.
    Contact {
        recipient: PersonId,
        sharing: bool,
        blocking: bool,
    },
    /// The sender wants to know what happens on a post.
    Participation {
        guid: Guid,
        post: Guid,
    },
    /// `author` is the author of what goes, or the sender.
    Retraction {
        author: Handle,
        kind: String,
        guid: Guid,
    },
    /// The sender's account is closed.
    AccountDeletion,
    /// The sender's account lives on elsewhere.
    AccountMigration,
    /// The sender is the one that this person became; as the key of the old account signed it (`imports`).
    MovedFrom(Handle),
}

impl Outgoing {
    /// The kind of entity that goes out, for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Outgoing::Post(_) => "post",
            Outgoing::Comment(_) => "comment",
            Outgoing::Like(_) => "like",
            Outgoing::Vote(_) => "vote",
            Outgoing::Answer(_) => "answer",
            Outgoing::Conversation(_) => "conversation",
            Outgoing::Message(_) => "message",
            Outgoing::Profile | Outgoing::WholeProfile => "profile",
            Outgoing::Contact { .. } => "contact",
            Outgoing::Participation { .. } => "participation",
            Outgoing::Retraction { .. } => "retraction",
            Outgoing::AccountDeletion => "account_deletion",
            Outgoing::AccountMigration | Outgoing::MovedFrom(_) => "account_migration",
        }
    }
}

/// To whom something goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The public door of a pod: authority and base address.
    Pod { host: String, url: String },
    /// One person, encrypted.
    Person { id: PersonId, host: String, url: String },
}

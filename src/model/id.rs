//! Row keys as types, so that a person is never taken for a post.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person, here or on another pod.
    PersonId,
    /// An account on this pod. Every user is a person; few persons are users.
    UserId,
    /// A status message or a reshare.
    PostId,
    /// A comment on a post.
    CommentId,
    /// A like on a post or a comment.
    LikeId,
    /// A user's named list of contacts.
    AspectId,
    /// A photo, in a post or alone.
    PhotoId,
    /// A conversation between some people.
    ConversationId,
    /// A message in a conversation.
    MessageId,
    /// A notice to a user that something happened.
    NoticeId,
    /// A poll in a post.
    PollId,
    /// A person's answer in a poll.
    VoteId,
    /// An event, in a post or alone.
    EventId,
    /// A person's answer to an event.
    AnswerId,
    /// What the podmin decides about.
    CaseId,
    /// An archive that is brought in.
    ImportId,
}

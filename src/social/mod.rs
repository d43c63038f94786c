//! What people can do. A deed exists once: pages, importers and the federation inbox all call it. It runs in one
//! transaction that writes the thing, the notices and the rows of the outbox, or nothing. Knows no HTTP, no network.

pub mod account;
pub mod aspect;
pub mod audience;
pub mod comment;
pub mod contact;
pub mod conversation;
pub mod event;
pub mod gate;
pub mod ignore;
pub mod import;
pub mod invite;
pub mod like;
pub mod mail;
pub mod mute;
pub mod notice;
pub mod participation;
pub mod password;
pub mod photo;
pub mod poll;
pub mod post;
pub mod profile;
pub mod request;
pub mod reshare;
pub mod retract;
pub mod second_step;
pub mod settings;
pub mod tag;
pub mod totp;

use crate::store;

/// Why a deed was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the deed is about is not here, or not for this person's eyes.
    #[error("{0}: not here")]
    Missing(&'static str),
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was given breaks a limit; nothing is lost, it can be mended.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Rules that say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the author of this post ignores them")]
    Ignored,
    #[error("this account is closed")]
    Closed,
    #[error("it was removed here for good")]
    Removed,
    #[error("this account or its pod is suspended here")]
    Suspended,
    #[error("the podmin holds this account")]
    Held,
    #[error("something else has this name already")]
    KnownToAnother,
    #[error("only what is public can be reshared")]
    NotPublic,
    #[error("this post did not go to them")]
    NotForThem,
    #[error("nobody reshares their own post")]
    OwnPost,
    #[error("this is not theirs to take back")]
    NotTheirs,
    #[error("they do not share with each other")]
    NoContact,
    #[error("an archive is being brought in already")]
    ImportRuns,
    #[error("nobody shares with themselves")]
    Oneself,
    #[error("one ignores them; they can be shared with when that ends")]
    Ignoring,
    #[error("the old password is another one")]
    WrongPassword,
    #[error("there is an account already")]
    SetUpAlready,
    #[error("the second step is on already")]
    SecondStepOn,
    #[error("this was decided already")]
    Decided,
    #[error("decide first; then close it")]
    Undecided,
    #[error("the podmin locked this account")]
    Locked,
    #[error("too much waits already")]
    Full,
    #[error("this picture is like one that is not shown here; it is held until the podmin looked")]
    InBank,
}

/// Limits that were broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("write something first")]
    Empty,
    #[error("too long: {max} characters at most")]
    TooLong { max: usize },
    #[error("a name has 1 to 32 small letters a–z, digits, - _ . and begins with a letter or digit")]
    Name,
    #[error("this name is taken")]
    NameTaken,
    #[error("a password has at least {min} characters and at most {max}")]
    Password { min: usize, max: usize },
    #[error("there is an aspect of this name already")]
    AspectTaken,
    #[error("no semicolon in a name")]
    Semicolon,
    #[error("a birthday is written YYYY-MM-DD")]
    Birthday,
    #[error("five tags at most")]
    Tags,
    #[error("a poll has a question and 2 to {max} answers")]
    Poll { max: usize },
    #[error("choose an answer")]
    NoAnswer,
    #[error("a tag is # and a word of letters, digits, _ and -")]
    Tag,
    #[error("{max} followed tags at most")]
    TooManyTags { max: usize },
    #[error("a picture's address begins with https:// or http://")]
    Image,
    #[error("choose at least one aspect")]
    NoAspect,
    #[error("{max} photos at most before they are posted")]
    Photos { max: i64 },
    #[error("choose somebody to write to")]
    NobodyToWriteTo,
    #[error("not an e-mail address")]
    Email,
    #[error("not the code that the app shows now, and no backup code")]
    SecondStep,
    #[error("choose a ground")]
    NoGround,
    #[error("say that what you write is true as far as you know")]
    GoodFaith,
    #[error("the address of the alarm is none that can be asked")]
    AlarmUrl,
    #[error("days: from 1 to {max}")]
    Days { max: i64 },
    #[error("this pod cannot limit itself")]
    OwnPod,
    #[error("not the address of a post, comment, photo, person or pod that is here")]
    NoSubject,
    #[error("no line of this list is a hash")]
    NoHashes,
    #[error("the bank holds {max} hashes at most")]
    TooManyHashes { max: u64 },
}

pub type Result<T> = std::result::Result<T, Error>;

/// Text that is not empty, without white space around it (what is signed must not be trimmed later: diaspora*
/// protocol, "Traps"), and not longer than `max` characters.
pub fn checked_text(text: &str, max: usize) -> std::result::Result<String, Invalid> {
    // A browser sends line breaks as CR LF; the network writes LF.
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err(Invalid::Empty);
    }
    checked_length(&text, max)?;
    Ok(text)
}

/// Not longer than `max` characters.
pub fn checked_length(text: &str, max: usize) -> std::result::Result<(), Invalid> {
    if text.chars().count() > max { Err(Invalid::TooLong { max }) } else { Ok(()) }
}

//! What went wrong, as a status and a sentence for the person. The only place where that is decided.

use super::Response;
use super::text::Book;
use crate::federation::{archive, write};
use crate::media;
use crate::social::{self, Invalid, Refused};
use crate::store::{self, trouble::Trouble};

/// Why a page could not be given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("page: one has to sign in first")]
    SignIn,
    #[error("page: not here")]
    Missing,
    #[error("page: not with this method")]
    Method,
    #[error("form: it did not come from a page of this pod")]
    Forged,
    #[error("form: too many tries; again in {0} s")]
    TooMany(i64),
    #[error("archive: another file is on its way")]
    UnderWay,
    #[error("form: name and password do not belong together")]
    Login,
    #[error("form: not the set-up code")]
    Code,
    #[error(transparent)]
    Social(#[from] social::Error),
    /// A picture could not be kept.
    #[error(transparent)]
    Picture(#[from] media::Error),
    /// An archive could not be written or brought in.
    #[error(transparent)]
    Archive(archive::Error),
    #[error("page: {0}")]
    Template(#[from] minijinja::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Social(social::Error::Store(error))
    }
}

impl From<archive::Error> for Error {
    fn from(error: archive::Error) -> Error {
        match error {
            archive::Error::Social(error) => Error::Social(error),
            other => Error::Archive(other),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::Archive(archive::Error::Io(error))
    }
}

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Error {
        Error::Social(social::Error::Invalid(error))
    }
}

impl From<Refused> for Error {
    fn from(error: Refused) -> Error {
        Error::Social(social::Error::Refused(error))
    }
}

impl Error {
    pub fn status(&self) -> u16 {
        match self {
            Error::SignIn => 303,
            Error::Missing | Error::Social(social::Error::Missing(_)) => 404,
            Error::Method => 405,
            Error::Forged | Error::Social(social::Error::Refused(_)) => 403,
            Error::TooMany(_) | Error::UnderWay => 429,
            Error::Login | Error::Code | Error::Social(social::Error::Invalid(_)) => 422,
            Error::Picture(media::Error::Io(error)) => io_status(error),
            Error::Picture(media::Error::Full) => 507,
            Error::Picture(_) => 422,
            Error::Archive(error) => archive_status(error),
            Error::Social(social::Error::Store(error)) => store_status(error),
            Error::Template(_) => 500,
        }
    }

    /// What is wrong, as HTML.
    pub fn sentence(&self, book: &Book) -> String {
        let plain = |key: &str| book.html(key, &[]);
        match self {
            Error::SignIn => plain("error.next"),
            Error::Missing | Error::Social(social::Error::Missing(_)) => plain("error.missing_text"),
            Error::Method => plain("error.method"),
            Error::Forged => plain("error.forbidden_text"),
            Error::TooMany(_) => plain("error.too_many_text"),
            Error::UnderWay => plain("archive.under_way"),
            Error::Login => plain("error.login"),
            Error::Code => plain("error.code"),
            Error::Social(social::Error::Refused(refused)) => plain(refused_key(*refused)),
            Error::Social(social::Error::Invalid(invalid)) => invalid_sentence(invalid, book),
            Error::Picture(error) => plain(picture_key(error)),
            Error::Archive(archive::Error::Refused(why)) => plain(&format!("refusal.{}", why.as_str())),
            Error::Archive(error) => plain(archive_key(error)),
            Error::Social(social::Error::Store(_)) | Error::Template(_) => plain(broken_key(self.status())),
        }
    }

    /// What the podmin can do, when it is the machine that will not.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Error::Social(social::Error::Store(error)) => Trouble::of(error).map(Trouble::advice),
            _ => None,
        }
    }

    /// Adds what belongs to an answer with this error besides its status.
    pub fn dress(&self, answer: Response) -> Response {
        match self {
            Error::TooMany(seconds) => answer.with_header("Retry-After", seconds.to_string()),
            Error::UnderWay => answer.with_header("Retry-After", "60"),
            Error::Social(_) if self.status() == 503 => answer.with_header("Retry-After", "60"),
            Error::SignIn
            | Error::Missing
            | Error::Method
            | Error::Forged
            | Error::Login
            | Error::Code
            | Error::Social(_)
            | Error::Picture(_)
            | Error::Archive(_)
            | Error::Template(_) => answer,
        }
    }

    /// What is wrong, as plain words.
    pub fn words(&self, book: &Book) -> String {
        self.sentence(book).replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&")
    }

    /// The heading above the sentence.
    pub fn title_key(&self) -> &'static str {
        match self {
            Error::SignIn => "error.next",
            Error::Missing | Error::Social(social::Error::Missing(_)) => "error.missing",
            Error::Forged => "error.forbidden",
            Error::TooMany(_) => "error.too_many",
            Error::Login | Error::Code | Error::Method | Error::UnderWay => "error.title",
            Error::Social(social::Error::Refused(_) | social::Error::Invalid(_)) => "error.title",
            Error::Picture(_) | Error::Archive(_) => "error.title",
            Error::Social(social::Error::Store(_)) if self.status() != 500 => "error.resting",
            Error::Social(social::Error::Store(_)) | Error::Template(_) => "error.broken",
        }
    }
}

fn store_status(error: &store::Error) -> u16 {
    match Trouble::of(error) {
        Some(Trouble::Full) => 507,
        Some(_) => 503,
        None => 500,
    }
}

fn io_status(error: &std::io::Error) -> u16 {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => 507,
        ErrorKind::ReadOnlyFilesystem => 503,
        _ => 500,
    }
}

/// What is said about a status that is the machine's.
fn broken_key(status: u16) -> &'static str {
    match status {
        507 => "error.full_text",
        503 => "error.resting_text",
        _ => "error.broken_text",
    }
}

fn refused_key(refused: Refused) -> &'static str {
    match refused {
        Refused::Ignored => "refused.ignored",
        Refused::Closed => "refused.closed",
        Refused::Removed => "refused.removed",
        Refused::Suspended => "refused.suspended",
        Refused::Held => "refused.held",
        Refused::KnownToAnother => "refused.known",
        Refused::NotPublic => "refused.not_public",
        Refused::NotForThem => "refused.not_for_you",
        Refused::OwnPost => "refused.own_post",
        Refused::NotTheirs => "refused.not_theirs",
        Refused::NoContact => "refused.no_contact",
        Refused::ImportRuns => "refused.import_runs",
        Refused::Oneself => "refused.oneself",
        Refused::Ignoring => "refused.ignoring",
        Refused::WrongPassword => "refused.password",
        Refused::SetUpAlready => "refused.set_up",
        Refused::SecondStepOn => "refused.second_on",
        Refused::Decided => "refused.decided",
        Refused::InBank => "refused.in_bank",
        Refused::Undecided => "refused.undecided",
        Refused::Locked => "refused.locked",
        Refused::Full => "refused.full",
    }
}

fn picture_key(error: &media::Error) -> &'static str {
    match error {
        media::Error::Kind => "picture.kind",
        media::Error::Broken => "picture.broken",
        media::Error::Pixels => "picture.pixels",
        media::Error::Bytes => "picture.bytes",
        media::Error::Moving => "picture.moving",
        media::Error::Full => "picture.full",
        media::Error::Io(error) => broken_key(io_status(error)),
    }
}

fn archive_status(error: &archive::Error) -> u16 {
    match error {
        archive::Error::Room => 507,
        archive::Error::Refused(_) => 422,
        archive::Error::Write(write::Error::NoKey(_)) => 503,
        archive::Error::Store(_)
        | archive::Error::Write(_)
        | archive::Error::Diaspora(_)
        | archive::Error::Io(_)
        | archive::Error::Json(_)
        | archive::Error::Social(_) => 500,
    }
}

fn archive_key(error: &archive::Error) -> &'static str {
    match archive_status(error) {
        507 => "picture.full",
        503 => "archive.no_key",
        _ => "error.broken_text",
    }
}

fn invalid_sentence(invalid: &Invalid, book: &Book) -> String {
    let plain = |key| book.html(key, &[]);
    match invalid {
        Invalid::Empty => plain("invalid.empty"),
        Invalid::TooLong { max } => book.html("invalid.too_long", &[("max", &max.to_string())]),
        Invalid::Name => plain("invalid.name"),
        Invalid::NameTaken => plain("invalid.name_taken"),
        Invalid::Password { min, max } => {
            book.html("invalid.password", &[("min", &min.to_string()), ("max", &max.to_string())])
        }
        Invalid::AspectTaken => plain("invalid.aspect_taken"),
        Invalid::Semicolon => plain("invalid.semicolon"),
        Invalid::Birthday => plain("invalid.birthday"),
        Invalid::Tags => plain("invalid.tags"),
        Invalid::Poll { max } => book.html("invalid.poll", &[("max", &max.to_string())]),
        Invalid::NoAnswer => plain("invalid.no_answer"),
        Invalid::Tag => plain("invalid.tag"),
        Invalid::TooManyTags { max } => book.html("invalid.too_many_tags", &[("max", &max.to_string())]),
        Invalid::Image => plain("invalid.image"),
        Invalid::NoAspect => plain("invalid.no_aspect"),
        Invalid::Photos { max } => book.html("invalid.photos", &[("max", &max.to_string())]),
        Invalid::NobodyToWriteTo => plain("invalid.nobody"),
        Invalid::Email => plain("invalid.email"),
        Invalid::SecondStep => plain("invalid.second_step"),
        Invalid::NoGround => plain("invalid.no_ground"),
        Invalid::GoodFaith => plain("invalid.good_faith"),
        Invalid::AlarmUrl => plain("invalid.alarm_url"),
        Invalid::Days { max } => book.html("invalid.days", &[("max", &max.to_string())]),
        Invalid::OwnPod => plain("invalid.own_pod"),
        Invalid::NoSubject => plain("invalid.no_subject"),
        Invalid::NoHashes => plain("invalid.no_hashes"),
        Invalid::TooManyHashes { max } => book.html("invalid.hashes", &[("max", &max.to_string())]),
    }
}

//! What a podmin decides about: the subject of a case, where it stands, why.

use super::words::words;
use super::{CaseId, PersonId, Timestamp};

words! {
    /// What a case can be about.
    Kind {
        Post = "post",
        Comment = "comment",
        Photo = "photo",
        Profile = "profile",
        Account = "account",
        Pod = "pod",
    }
}

words! {
    /// Where a case stands.
    State {
        /// Nobody decided yet.
        Open = "open",
        /// On no surface, until it is decided.
        Held = "held",
        /// Gone for good.
        Removed = "removed",
        /// Looked at, and left.
        Restored = "restored",
        /// Seen by fewer, or nothing comes in from there any more.
        Limited = "limited",
    }
}

words! {
    /// How a case came up.
    Origin {
        /// A user here spoke up.
        Report = "report",
        /// Somebody spoke up by the form for everybody.
        Notice = "notice",
        /// An authority ordered it.
        Order = "order",
        /// A picture is like one that was decided about.
        Picture = "picture",
        /// The podmin saw it.
        Podmin = "podmin",
    }
}

words! {
    /// How much of an account or a pod elsewhere is left out.
    Severity {
        /// Nothing comes in, nothing goes out, nothing is seen.
        Suspend = "suspend",
        /// Seen only by people who share with them.
        Silence = "silence",
        /// Only what else is chosen: no pictures, no previews.
        Noop = "noop",
        /// Let in, when only allowed pods are.
        Allow = "allow",
    }
}

words! {
    /// What another pod answers when it is asked about a copy.
    Trace {
        /// It was not asked yet.
        Waiting = "waiting",
        Holds = "holds",
        /// It is the author's own pod, and still serves it.
        Origin = "origin",
        Clean = "clean",
        /// It gave no answer, or none that means anything.
        Unknown = "unknown",
    }
}

/// What a case is about: a post, comment or photo by GUID, a profile or account by diaspora* ID, a pod by authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: Kind,
    pub name: String,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// A case and where it stands.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: CaseId,
    pub subject: Subject,
    /// Whose it is; `None`: a pod.
    pub person: Option<PersonId>,
    pub state: State,
    pub origin: Origin,
    /// Key of `templates/grounds.toml`.
    pub ground: String,
    /// How many people spoke up.
    pub reports: i64,
    pub opened_at: Timestamp,
    pub due: Option<Timestamp>,
    /// When it is held by itself, unless somebody answers before.
    pub hold_at: Option<Timestamp>,
    pub held_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    /// When the last of what was removed was gone.
    pub purged_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub appealed_at: Option<Timestamp>,
    /// What the author objects.
    pub appeal: Option<String>,
    /// When the podmins are told again, if it waits then.
    pub alarm_at: Option<Timestamp>,
}

impl Case {
    /// Who lifts what the case curbs (`curbs.by`).
    pub fn by(&self) -> String {
        format!("case {}", self.id)
    }

    /// Where it stands, for people: the state, or `readmitted`.
    pub fn outcome(&self) -> &'static str {
        if self.was_readmitted() { "readmitted" } else { self.state.as_str() }
    }

    /// Whether it was removed for good, and that was taken back.
    pub fn was_readmitted(&self) -> bool {
        self.state == State::Restored && self.purged_at.is_some()
    }

    /// Whether it waits for the podmin.
    pub fn waits(&self) -> bool {
        self.closed_at.is_none() && (matches!(self.state, State::Open | State::Held) || self.appealed_at.is_some())
    }
}

/// One step of a case.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: Timestamp,
    pub who: String,
    pub what: String,
    pub why: String,
}

impl Step {
    /// Whether it decided.
    pub fn is_decision(&self) -> bool {
        matches!(self.what.as_str(), "hold" | "remove" | "limit" | "restore" | "readmit")
    }
}

/// What somebody who spoke up said.
#[derive(Clone, Debug)]
pub struct Report {
    /// A user here; `None`: by the form for everybody.
    pub user: Option<super::UserId>,
    pub name: String,
    pub email: String,
    /// Tag of the language of the form; answers are in it.
    pub language: String,
    pub text: String,
    pub at: Timestamp,
}

//! Bringing in the archive of another account: how far it came, and why it was not begun.

use super::words::words;
use super::{Handle, ImportId, UserId};

words! {
    /// What is done with an archive, in this order.
    Step {
        /// Everything in it is looked at; nothing is changed.
        Judge = "judge",
        /// What is known here of the old account becomes the new one's; profile, aspects, tags.
        Account = "account",
        Contacts = "contacts",
        Posts = "posts",
        /// Comments, likes, votes of the person.
        Own = "own",
        /// What others did under the person's posts.
        Others = "others",
        /// Posts that the person wants to hear of.
        Subscriptions = "subscriptions",
        Photos = "photos",
        /// Everybody is told where the person lives now.
        Tell = "tell",
        Done = "done",
        /// Nothing was changed.
        Refused = "refused",
    }
}

impl Step {
    /// The step after this one.
    pub fn next(self) -> Step {
        Step::ALL.iter().copied().skip_while(|step| *step != self).nth(1).unwrap_or(Step::Done)
    }

    pub fn is_over(self) -> bool {
        matches!(self, Step::Done | Step::Refused)
    }
}

words! {
    /// Why an archive is not brought in.
    #[derive(thiserror::Error)]
    Refusal {
        #[error("archive: not a JSON file, a gzip file or a zip file with one")]
        Kind = "kind",
        #[error("archive: damaged, or not written as an archive of diaspora*")]
        Damaged = "damaged",
        #[error("archive: larger than any archive may be")]
        Large = "large",
        #[error("archive: not of version 2.0")]
        Version = "version",
        #[error("archive: the key or the profile of the account is missing")]
        Account = "account",
        #[error("archive: the key in it is not the key of the account")]
        Key = "key",
        #[error("archive: it is of this account itself")]
        Oneself = "oneself",
        #[error("archive: its account lives on as somebody else already")]
        Moved = "moved",
        #[error("archive: it holds posts or comments of other people as the account's own")]
        Foreign = "foreign",
        #[error("archive: its account was removed or suspended by the podmin")]
        Unwelcome = "unwelcome",
        #[error("photos: one of the files is not a zip file")]
        Photos = "photos",
    }
}

/// An archive that is brought in, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub id: ImportId,
    pub user: UserId,
    /// The account it is of; `None` until it was read.
    pub old: Option<Handle>,
    /// Whether its profile is wanted.
    pub profile: bool,
    /// Whether its settings are wanted.
    pub settings: bool,
    pub step: Step,
    /// Things of this step that are through.
    pub at: i64,
    /// Things of all steps that are through.
    pub through: i64,
    pub total: i64,
    /// Things that could not be brought in.
    pub left_out: i64,
    pub refusal: Option<Refusal>,
    /// Everybody was told of the move.
    pub told: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_name_and_leads_to_the_end() {
        let mut step = Step::Judge;
        for _ in 0..Step::ALL.len() {
            assert_eq!(Step::parse(step.as_str()), Some(step));
            if step == Step::Done {
                return;
            }
            step = step.next();
        }
        panic!("there is no end");
    }
}

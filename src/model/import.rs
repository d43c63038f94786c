//! Bringing in the archive of another account: how far it came, and why it was not begun.

use super::{Handle, ImportId, UserId};

/// What is done with an archive, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Everything in it is looked at; nothing is changed.
    Judge,
    /// What is known here of the old account becomes the new one's; profile, aspects, tags.
    Account,
    Contacts,
    Posts,
    /// Comments, likes, votes of the person.
    Own,
    /// What others did under the person's posts.
    Others,
    /// Posts that the person wants to hear of.
    Subscriptions,
    Photos,
    /// Everybody is told where the person lives now.
    Tell,
    Done,
    /// Nothing was changed.
    Refused,
}

impl Step {
    const ALL: [(Step, &str); 11] = [
        (Step::Judge, "judge"),
        (Step::Account, "account"),
        (Step::Contacts, "contacts"),
        (Step::Posts, "posts"),
        (Step::Own, "own"),
        (Step::Others, "others"),
        (Step::Subscriptions, "subscriptions"),
        (Step::Photos, "photos"),
        (Step::Tell, "tell"),
        (Step::Done, "done"),
        (Step::Refused, "refused"),
    ];

    pub fn as_str(&self) -> &'static str {
        Step::ALL.iter().find(|(step, _)| step == self).map_or("", |(_, name)| name)
    }

    pub fn parse(text: &str) -> Option<Step> {
        Step::ALL.iter().find(|(_, name)| *name == text).map(|(step, _)| *step)
    }

    /// The step after this one.
    pub fn next(self) -> Step {
        let at = Step::ALL.iter().position(|(step, _)| *step == self).unwrap_or(0);
        Step::ALL.get(at + 1).map_or(Step::Done, |(step, _)| *step)
    }

    pub fn is_over(self) -> bool {
        matches!(self, Step::Done | Step::Refused)
    }
}

/// Why an archive is not brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("archive: not a JSON file, a gzip file or a zip file with one")]
    Kind,
    #[error("archive: damaged, or not written as an archive of diaspora*")]
    Damaged,
    #[error("archive: larger than any archive may be")]
    Large,
    #[error("archive: not of version 2.0")]
    Version,
    #[error("archive: the key or the profile of the account is missing")]
    Account,
    #[error("archive: the key in it is not the key of the account")]
    Key,
    #[error("archive: it is of this account itself")]
    Oneself,
    #[error("archive: its account lives on as somebody else already")]
    Moved,
    #[error("archive: it holds posts or comments of other people as the account's own")]
    Foreign,
    #[error("archive: its account was removed or suspended by the podmin")]
    Unwelcome,
    #[error("photos: one of the files is not a zip file")]
    Photos,
}

impl Refusal {
    const ALL: [(Refusal, &str); 11] = [
        (Refusal::Kind, "kind"),
        (Refusal::Damaged, "damaged"),
        (Refusal::Large, "large"),
        (Refusal::Version, "version"),
        (Refusal::Account, "account"),
        (Refusal::Key, "key"),
        (Refusal::Oneself, "oneself"),
        (Refusal::Moved, "moved"),
        (Refusal::Foreign, "foreign"),
        (Refusal::Unwelcome, "unwelcome"),
        (Refusal::Photos, "photos"),
    ];

    pub fn as_str(&self) -> &'static str {
        Refusal::ALL.iter().find(|(refusal, _)| refusal == self).map_or("", |(_, name)| name)
    }

    pub fn parse(text: &str) -> Option<Refusal> {
        Refusal::ALL.iter().find(|(_, name)| *name == text).map(|(refusal, _)| *refusal)
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

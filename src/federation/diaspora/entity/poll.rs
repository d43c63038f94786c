//! A question with answers to choose one from; only nested.

use super::super::Error;
use super::super::xml::{Element, Writer};
use super::read::{self, Fields};
use crate::model::Guid;

#[derive(Clone, Debug, PartialEq)]
pub struct Poll {
    pub guid: Guid,
    pub question: String,
    /// At least two.
    pub answers: Vec<PollAnswer>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PollAnswer {
    pub guid: Guid,
    pub answer: String,
}

impl Poll {
    pub const NAME: &str = "poll";

    pub fn read(element: &Element) -> Result<Poll, Error> {
        let fields = Fields::of(Self::NAME, element);
        let poll = Poll {
            guid: fields.guid("guid")?,
            question: fields.text("question", read::LINE)?,
            answers: fields.list(PollAnswer::NAME, read::LIST_MAX, PollAnswer::read)?,
        };
        fields.ensure("poll_answer", poll.answers.len() >= 2)?;
        Ok(poll)
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.open(Self::NAME);
        writer.text("guid", self.guid.as_str());
        writer.text("question", &self.question);
        for answer in &self.answers {
            writer.open(PollAnswer::NAME);
            writer.text("guid", answer.guid.as_str());
            writer.text("answer", &answer.answer);
            writer.close(PollAnswer::NAME);
        }
        writer.close(Self::NAME);
    }
}

impl PollAnswer {
    const NAME: &str = "poll_answer";

    fn read(element: &Element) -> Result<PollAnswer, Error> {
        let fields = Fields::of(Self::NAME, element);
        Ok(PollAnswer { guid: fields.guid("guid")?, answer: fields.text("answer", read::LINE)? })
    }
}

//! Polls: asking, and voting.

use super::{Error, Invalid, Result, audience, checked_length, gate, participation};
use crate::model::{Guid, Outgoing, Person, Poll, PollAnswer, Post, User, Vote};
use crate::store::{Tx, polls, posts};

/// Characters of a question or an answer at the most (diaspora* protocol, "poll").
const LINE_MAX: usize = 255;
/// Answers of one poll; diaspora* knows no limit, a page does.
const ANSWERS_MAX: usize = 50;

/// A poll that a user asks.
pub struct New<'a> {
    pub question: &'a str,
    /// Empty ones are left out.
    pub answers: Vec<&'a str>,
}

/// The poll with all it needs: a question and two answers at least, no answer twice.
pub fn checked(new: &New) -> Result<Poll> {
    let question = new.question.trim();
    let mut answers: Vec<&str> = Vec::new();
    for answer in new.answers.iter().map(|answer| answer.trim()).filter(|answer| !answer.is_empty()) {
        checked_length(answer, LINE_MAX)?;
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    checked_length(question, LINE_MAX)?;
    if question.is_empty() || !(2..=ANSWERS_MAX).contains(&answers.len()) {
        return Err(Invalid::Poll { max: ANSWERS_MAX }.into());
    }
    let answer = |text: &str| PollAnswer { guid: Guid::random(), answer: text.to_owned() };
    Ok(Poll { guid: Guid::random(), question: question.to_owned(), answers: answers.into_iter().map(answer).collect() })
}

/// A user votes in the poll of a post they may see. A vote is final: a second one changes nothing.
pub fn vote(tx: &Tx, me: &User, post: &str, answer: &str) -> Result<()> {
    let post = posts::seen_by(tx, post, me.person.id)?.ok_or(Error::Missing("post"))?;
    let poll = polls::of_post(tx, post.id)?.ok_or(Error::Missing("poll"))?;
    let answer = poll.answers.into_iter().find(|known| known.guid.as_str() == answer).ok_or(Invalid::NoAnswer)?;
    let (id, _) = polls::by_guid(tx, poll.guid.as_str())?.ok_or(Error::Missing("poll"))?;
    participation::begin(tx, me, &post)?;
    let vote = Vote { guid: Guid::random(), author: me.person.id, poll: id, answer: answer.guid, relay: None };
    add_vote(tx, &me.person, &post, &vote)
}

/// Stores a vote and passes it on when the post is ours. One vote a person; a second is ignored.
pub fn add_vote(tx: &Tx, author: &Person, post: &Post, vote: &Vote) -> Result<()> {
    gate::admit_under(tx, author, post)?;
    gate::admit_again(tx, "PollParticipation", &vote.guid)?;
    match polls::add_vote(tx, vote)? {
        Some(id) => audience::spread(tx, post, author, &Outgoing::Vote(id)),
        None => {
            let known = polls::vote_by_guid(tx, vote.guid.as_str())?;
            gate::same_author(known.map(|(_, author, _)| author), author)
        }
    }
}

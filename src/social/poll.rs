//! Voting in polls.

use super::{Refused, Result, audience, gate};
use crate::model::{Outgoing, Person, Post, Vote};
use crate::store::{Tx, polls};

/// Stores a vote and passes it on when the post is ours. One vote a person; a second is ignored.
pub fn add_vote(tx: &Tx, author: &Person, post: &Post, vote: &Vote) -> Result<()> {
    gate::admit_under(tx, author, post)?;
    match polls::add_vote(tx, vote)? {
        Some(id) => audience::spread(tx, post, author, &Outgoing::Vote(id)),
        None => match polls::vote_by_guid(tx, vote.guid.as_str())? {
            Some((_, known, _)) if known != author.id => Err(Refused::KnownToAnother.into()),
            _ => Ok(()),
        },
    }
}

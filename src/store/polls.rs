//! Polls in posts and the votes in them.

use rusqlite::{OptionalExtension, Row, named_params};

use super::posts::{from_json, to_json};
use super::{Db, Result, Tx};
use crate::model::{Guid, PersonId, Poll, PollAnswer, PollId, PostId, Vote, VoteId};

/// Stores the poll of a post; one whose GUID is known is left out.
pub fn add(tx: &Tx, post: PostId, poll: &Poll) -> Result<()> {
    let id: Option<PollId> = tx
        .query_row(
            "insert into polls (guid, post, question) values (?, ?, ?) on conflict do nothing returning id",
            (&poll.guid, post, &poll.question),
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(()) };
    for answer in &poll.answers {
        tx.execute(
            "insert or ignore into poll_answers (guid, poll, answer) values (?, ?, ?)",
            (&answer.guid, id, &answer.answer),
        )?;
    }
    Ok(())
}

/// The poll of a post.
pub fn of_post(db: &Db, post: PostId) -> Result<Option<Poll>> {
    let found = db
        .prepare_cached("select id, guid, question from polls where post = ?")?
        .query_row([post], |row| Ok((row.get::<_, PollId>(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, guid, question)) = found else { return Ok(None) };
    let answers = db
        .prepare_cached("select guid, answer from poll_answers where poll = ? order by id")?
        .query_map([id], |row| Ok(PollAnswer { guid: row.get(0)?, answer: row.get(1)? }))?
        .collect::<Result<_>>()?;
    Ok(Some(Poll { guid, question, answers }))
}

/// Row and post of a poll.
pub fn by_guid(db: &Db, guid: &str) -> Result<Option<(PollId, PostId)>> {
    db.prepare_cached("select id, post from polls where guid = ?")?
        .query_row([guid], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The post a poll is in.
pub fn post_of(db: &Db, poll: PollId) -> Result<PostId> {
    db.query_row("select post from polls where id = ?", [poll], |row| row.get(0))
}

fn vote(row: &Row) -> Result<Vote> {
    Ok(Vote {
        guid: row.get(0)?,
        author: row.get(1)?,
        poll: row.get(2)?,
        answer: row.get(3)?,
        relay: from_json(row.get(4)?),
    })
}

/// Stores a vote; `None` when its GUID is known, the person voted before, or the poll has no such answer.
pub fn add_vote(tx: &Tx, new: &Vote) -> Result<Option<VoteId>> {
    tx.query_row(
        "insert into votes (guid, poll, answer, author, received_at, relay) \
         select :guid, a.poll, a.id, :author, :now, :relay from poll_answers a where a.guid = :answer and a.poll = :poll \
         on conflict do nothing returning id",
        named_params! {
            ":guid": new.guid, ":author": new.author, ":now": tx.now, ":relay": to_json(&new.relay),
            ":answer": new.answer, ":poll": new.poll,
        },
        |row| row.get(0),
    )
    .optional()
}

pub fn get_vote(db: &Db, id: VoteId) -> Result<Option<Vote>> {
    db.prepare_cached("select v.guid, v.author, v.poll, a.guid, v.relay from votes v join poll_answers a on a.id = v.answer where v.id = ?")?
        .query_row([id], vote)
        .optional()
}

/// Row, author and poll of a vote.
pub fn vote_by_guid(db: &Db, guid: &str) -> Result<Option<(VoteId, PersonId, PollId)>> {
    db.prepare_cached("select id, author, poll from votes where guid = ?")?
        .query_row([guid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

pub fn remove_vote(tx: &Tx, id: VoteId) -> Result<()> {
    tx.execute("delete from votes where id = ?", [id])?;
    Ok(())
}

/// Gives a person's votes to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update or ignore votes set author = ? where author = ?", (new, old))?;
    tx.execute("delete from votes where author = ?", [old])?;
    Ok(())
}

/// GUID of a poll.
pub fn guid(db: &Db, poll: PollId) -> Result<Guid> {
    db.query_row("select guid from polls where id = ?", [poll], |row| row.get(0))
}

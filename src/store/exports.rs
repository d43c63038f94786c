//! Reading all that a person has, piece by piece, for an archive.

use rusqlite::params;

use super::{Db, Result};
use crate::model::{Guid, Handle, PersonId, PostId, UserId};

/// Things read at once.
pub const PAGE: usize = 100;

/// What comes in pieces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// What the person wrote.
    Posts,
    Comments,
    Likes,
    Votes,
    /// What others did under the person's posts.
    OthersComments,
    OthersLikes,
    OthersVotes,
}

impl Kind {
    fn sql(self) -> &'static str {
        match self {
            Kind::Posts => "select id from posts where author = ? and id > ? order by id limit ?",
            Kind::Comments => "select id from comments where author = ? and id > ? order by id limit ?",
            Kind::Likes => "select id from likes where author = ? and id > ? order by id limit ?",
            Kind::Votes => "select id from votes where author = ? and id > ? order by id limit ?",
            Kind::OthersComments => {
                "select c.id from posts p join comments c on c.post = p.id \
                 where p.author = ? and c.id > ? and c.author <> p.author order by c.id limit ?"
            }
            Kind::OthersLikes => {
                "select l.id from posts p join likes l on l.post = p.id \
                 where p.author = ? and l.id > ? and l.author <> p.author order by l.id limit ?"
            }
            Kind::OthersVotes => {
                "select v.id from posts p join polls q on q.post = p.id join votes v on v.poll = q.id \
                 where p.author = ? and v.id > ? and v.author <> p.author order by v.id limit ?"
            }
        }
    }
}

/// Rows of a kind after a row, a page of them.
pub fn rows(db: &Db, kind: Kind, person: PersonId, after: i64) -> Result<Vec<i64>> {
    db.prepare_cached(kind.sql())?.query_map(params![person, after, PAGE as i64], |row| row.get(0))?.collect()
}

/// Who got a limited post.
pub fn readers(db: &Db, post: PostId) -> Result<Vec<Handle>> {
    db.prepare_cached(
        "select p.handle from audience a join people p on p.id = a.person where a.post = ? order by p.id",
    )?
    .query_map([post], |row| row.get(0))?
    .collect()
}

/// Whom a user ignores.
pub fn blocked(db: &Db, user: UserId) -> Result<Vec<Handle>> {
    db.prepare_cached("select p.handle from blocks b join people p on p.id = b.person where b.user = ? order by p.id")?
        .query_map([user], |row| row.get(0))?
        .collect()
}

/// Posts of others that a person takes part in.
pub fn subscriptions(db: &Db, person: PersonId) -> Result<Vec<Guid>> {
    db.prepare_cached(
        "select p.guid from participations t join posts p on p.id = t.post where t.person = ? order by p.id",
    )?
    .query_map([person], |row| row.get(0))?
    .collect()
}

/// Rows and names of a person's pictures that lie in the folder and are posted, after a row.
pub fn pictures(db: &Db, person: PersonId, after: i64) -> Result<Vec<(i64, String)>> {
    db.prepare_cached(
        "select id, name from photos where author = ? and here and post is not null and id > ? order by id limit ?",
    )?
    .query_map(params![person, after, PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

//! Notices: what a user is told. The page's list is read in `store/stream.rs`'s manner elsewhere; here they are made.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx, json_list};
use crate::model::words::words;
use crate::model::{CaseId, CommentId, NoticeId, PersonId, PostId, Timestamp, UserId};

words! {
    /// What a notice says.
    Kind {
        /// Somebody commented on my post.
        Comment = "comment",
        /// Somebody commented where I commented, too.
        AlsoCommented = "also_commented",
        /// Somebody likes my post.
        Like = "like",
        /// Somebody likes my comment.
        LikeComment = "like_comment",
        /// Somebody named me in a post.
        Mention = "mention",
        /// Somebody named me in a comment.
        MentionComment = "mention_comment",
        /// Somebody reshared my post.
        Reshare = "reshare",
        /// Somebody started sharing with me.
        Sharing = "sharing",
        /// Somebody I share with has their birthday.
        Birthday = "birthday",
        /// A case waits for the podmin.
        Case = "case",
        /// The podmin decided about something of mine.
        Moderated = "moderated",
        /// The podmin decided about something I reported.
        Answered = "answered",
        /// Somebody asks for an account.
        Request = "request",
    }
}

impl Kind {
    /// Whether several people share one unread notice about the same thing.
    fn is_grouped(self) -> bool {
        !matches!(
            self,
            Kind::Mention
                | Kind::MentionComment
                | Kind::Sharing
                | Kind::Birthday
                | Kind::Case
                | Kind::Moderated
                | Kind::Answered
        )
    }
}

/// Whether a user has an unread notice of a kind that is about no thing.
pub fn any_unread(db: &Db, user: UserId, kind: Kind) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from notices where unread = 1 and user = ? and kind = ?)")?
        .query_row((user, kind.as_str()), |row| row.get(0))
}

/// Tells a user. Joins an unread notice about the same thing where the kind allows; gives back which it is.
pub fn add(
    tx: &Tx,
    user: UserId,
    kind: Kind,
    post: Option<PostId>,
    comment: Option<CommentId>,
    person: PersonId,
) -> Result<NoticeId> {
    let open = if kind.is_grouped() { open_one(tx, user, kind, post, comment)? } else { None };
    let notice = match open {
        Some(notice) => {
            tx.execute("update every_notice set updated_at = ? where id = ?", (tx.now, notice))?;
            notice
        }
        None => tx.query_row(
            "insert into every_notice (user, kind, post, comment, updated_at) values (:user, :kind, :post, :comment, :now) returning id",
            named_params! { ":user": user, ":kind": kind.as_str(), ":post": post, ":comment": comment, ":now": tx.now },
            |row| row.get(0),
        )?,
    };
    tx.execute(
        "insert into notice_people (notice, person, at) values (:notice, :person, :now) \
         on conflict (notice, person) do update set at = excluded.at",
        named_params! { ":notice": notice, ":person": person, ":now": tx.now },
    )?;
    Ok(notice)
}

/// Whether a user was told of a person by a kind of notice that they have not read yet.
pub fn is_new(db: &Db, user: UserId, kind: Kind, person: PersonId) -> Result<bool> {
    db.query_row(
        "select exists (select 1 from notices n join notice_people w on w.notice = n.id \
         where n.user = ? and n.unread = 1 and n.kind = ? and w.person = ?)",
        (user, kind.as_str(), person),
        |row| row.get(0),
    )
}

/// Tells a user about a case; joins an unread notice about it.
pub fn add_case(tx: &Tx, user: UserId, kind: Kind, case: CaseId, person: PersonId) -> Result<NoticeId> {
    let open: Option<NoticeId> = tx
        .prepare_cached("select id from notices where unread = 1 and user = ? and kind = ? and \"case\" = ?")?
        .query_row((user, kind.as_str(), case), |row| row.get(0))
        .optional()?;
    if let Some(notice) = open {
        tx.execute("update every_notice set updated_at = ? where id = ?", (tx.now, notice))?;
        return Ok(notice);
    }
    let notice = tx.query_row(
        "insert into every_notice (user, kind, \"case\", updated_at) values (?, ?, ?, ?) returning id",
        (user, kind.as_str(), case, tx.now),
        |row| row.get(0),
    )?;
    tx.execute("insert into notice_people (notice, person, at) values (?, ?, ?)", (notice, person, tx.now))?;
    Ok(notice)
}

fn open_one(
    tx: &Tx,
    user: UserId,
    kind: Kind,
    post: Option<PostId>,
    comment: Option<CommentId>,
) -> Result<Option<NoticeId>> {
    tx.prepare_cached(
        "select id from notices where unread = 1 and user = :user and kind = :kind and post is :post and comment is :comment",
    )?
    .query_row(named_params! { ":user": user, ":kind": kind.as_str(), ":post": post, ":comment": comment }, |row| row.get(0))
    .optional()
}

/// Takes back what a person did: their part of a notice, and the notice when nobody is left in it.
pub fn take_back(
    tx: &Tx,
    kind: Kind,
    post: Option<PostId>,
    comment: Option<CommentId>,
    person: PersonId,
) -> Result<()> {
    let params = named_params! { ":kind": kind.as_str(), ":post": post, ":comment": comment, ":person": person };
    let sql = "delete from notice_people where person = :person and notice in \
        (select id from notices where kind = :kind and post is :post and comment is :comment)";
    if tx.execute(sql, params)? > 0 {
        tx.execute(
            "delete from every_notice where kind = :kind and post is :post and comment is :comment \
             and not exists (select 1 from notice_people n where n.notice = every_notice.id)",
            named_params! { ":kind": kind.as_str(), ":post": post, ":comment": comment },
        )?;
    }
    Ok(())
}

/// How many are unread, for the header of every page.
pub fn count_unread(db: &Db, user: UserId) -> Result<i64> {
    db.prepare_cached("select count(*) from notices where unread = 1 and user = ?")?.query_row([user], |row| row.get(0))
}

/// Marks one notice of a user as read, or all of them.
pub fn mark_read(tx: &Tx, user: UserId, id: Option<NoticeId>) -> Result<()> {
    tx.execute(
        "update every_notice set unread = 0 where unread = 1 and user = :user and (:id is null or id = :id)",
        named_params! { ":user": user, ":id": id },
    )?;
    Ok(())
}

/// Marks one notice of a user as unread.
pub fn mark_unread(tx: &Tx, user: UserId, id: NoticeId) -> Result<()> {
    tx.execute("update every_notice set unread = 1 where user = ? and id = ?", (user, id))?;
    Ok(())
}

/// Contacts of users who have their birthday on a day, written `MM-DD`, and were not told of in the last two days.
pub fn birthdays(db: &Db, now: Timestamp, day: &str) -> Result<Vec<(UserId, PersonId)>> {
    db.prepare_cached(
        "select distinct a.user, p.id from people p join aspect_members m on m.person = p.id join aspects a on a.id = m.aspect \
         join users u on u.id = a.user where substr(p.birthday, 6) = :day and p.closed_at is null and u.closed_at is null \
         and not exists (select 1 from notices n join notice_people w on w.notice = n.id where n.user = a.user \
             and n.kind = 'birthday' and w.person = p.id and n.updated_at > :now - 172800)",
    )?
    .query_map(named_params! { ":day": day, ":now": now }, |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Whether a user has unread notices about a post; asked first, so that reading writes nothing when there are none.
pub fn any_about(db: &Db, user: UserId, post: PostId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from notices where unread = 1 and user = ? and post = ?)")?
        .query_row((user, post), |row| row.get(0))
}

/// Marks everything about a post as read: the user has it before them.
pub fn mark_read_about(tx: &Tx, user: UserId, post: PostId) -> Result<()> {
    tx.execute("update every_notice set unread = 0 where unread = 1 and user = ? and post = ?", (user, post))?;
    Ok(())
}

/// Whether a user has unread notices about a person and not about a post: they share, or have a birthday.
pub fn any_about_person(db: &Db, user: UserId, person: PersonId) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from notices n join notice_people w on w.notice = n.id \
         where n.unread = 1 and n.user = ? and n.post is null and w.person = ?)",
    )?
    .query_row((user, person), |row| row.get(0))
}

/// Marks what `any_about_person` tells of as read: the user has the person before them.
pub fn mark_read_about_person(tx: &Tx, user: UserId, person: PersonId) -> Result<()> {
    tx.execute(
        "update every_notice set unread = 0 where unread = 1 and user = ? and post is null \
         and exists (select 1 from notice_people w where w.notice = every_notice.id and w.person = ?)",
        (user, person),
    )?;
    Ok(())
}

/// Marks unread notices that come from one person alone as read: the user ignores them now.
pub fn mark_read_from(tx: &Tx, user: UserId, person: PersonId) -> Result<()> {
    tx.execute(
        "update every_notice set unread = 0 where unread = 1 and user = :user and not exists \
         (select 1 from notice_people n where n.notice = every_notice.id and n.person <> :person)",
        named_params! { ":user": user, ":person": person },
    )?;
    Ok(())
}

/// A notice as its page shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: NoticeId,
    /// `Kind::as_str`.
    pub kind: String,
    pub unread: bool,
    pub time: Timestamp,
    /// GUID and text of the post it is about.
    pub post: Option<(String, String)>,
    pub comment: Option<String>,
    pub case: Option<CaseId>,
    /// The three who did it last, the last one first.
    pub people: Vec<PersonId>,
    pub people_count: i64,
}

/// Notices on a page (diaspora*'s number).
pub const PAGE: i64 = 25;

/// Which notices: of some kinds, or of all when there are none; only unread ones.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kinds: Vec<Kind>,
    pub unread: bool,
}

/// A user's notices, the newest first; one more than a page when there are more.
pub fn list(db: &Db, user: UserId, filter: &Filter, offset: i64) -> Result<Vec<Listed>> {
    let kinds = json_list(filter.kinds.iter().map(|kind| kind.as_str()));
    let every = filter.kinds.is_empty();
    db.prepare_cached(
        "select n.id, n.kind, n.unread, n.updated_at, p.guid, coalesce(p.text, ''), c.guid, \
         (select group_concat(person) from (select w.person from notice_people w where w.notice = n.id order by w.at desc, w.person limit 3)), \
         (select count(*) from notice_people w where w.notice = n.id), n.\"case\" \
         from notices n left join posts p on p.id = n.post left join comments c on c.id = n.comment \
         where n.user = :user and (:every or n.kind in (select value from json_each(:kinds))) and (n.unread or not :unread) \
         order by n.updated_at desc, n.id desc limit :limit offset :offset",
    )?
    .query_map(named_params! { ":user": user, ":every": every, ":kinds": kinds, ":unread": filter.unread, ":limit": PAGE + 1, ":offset": offset }, |row| {
        let guid: Option<String> = row.get(4)?;
        let text: String = row.get(5)?;
        let people: Option<String> = row.get(7)?;
        Ok(Listed {
            id: row.get(0)?,
            kind: row.get(1)?,
            unread: row.get(2)?,
            time: row.get(3)?,
            post: guid.map(|guid| (guid, text)),
            comment: row.get(6)?,
            people: people.iter().flat_map(|list| list.split(',')).filter_map(|id| id.parse().ok().map(PersonId)).collect(),
            people_count: row.get(8)?,
            case: row.get(9)?,
        })
    })?
    .collect()
}

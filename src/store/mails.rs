//! Mails that go out: what they are about, written when they are sent.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx, Work};
use crate::model::{CaseId, Guid, MessageId, NoticeId, PersonId, Timestamp, UserId};

/// Mails that wait at the most; more are not taken.
const WAITING_MAX: i64 = 1_000;

/// What a mail is about.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// What somebody did.
    Notice { notice: NoticeId, by: PersonId },
    /// A private message.
    Message(MessageId),
    /// What is unread, once a day.
    Digest,
    /// Whether the new address is the user's.
    Address,
    /// How to choose a new password.
    Password,
    /// Somebody who asked for an account is let in; the row of what they asked.
    Invitation(i64),
    /// Somebody spoke up, and that was heard; the row of what they said.
    Heard(i64),
    /// What was decided about what somebody spoke up about; the row of what they said.
    Answer(i64),
    /// The receipt of a case, for `address`.
    Receipt { case: CaseId, address: String },
}

/// A mail that waits.
#[derive(Debug)]
pub struct Mail {
    pub id: i64,
    pub user: UserId,
    pub what: What,
    pub made_at: Timestamp,
    pub attempts: u32,
}

/// Puts a mail into the queue; `false` when that is full, or nobody would ever send it.
pub fn add(tx: &Tx, user: UserId, what: What) -> Result<bool> {
    let mut row = Row { kind: "address", ..Row::default() };
    match what {
        What::Notice { notice, by } => row = Row { kind: "notice", notice: Some(notice), person: Some(by), ..row },
        What::Message(message) => row = Row { kind: "message", message: Some(message), ..row },
        What::Digest => row.kind = "digest",
        What::Address => {}
        What::Password => row.kind = "password",
        What::Invitation(request) => row = Row { kind: "invitation", request: Some(request), ..row },
        What::Heard(report) => row = Row { kind: "heard", report: Some(report), ..row },
        What::Answer(report) => row = Row { kind: "answer", report: Some(report), ..row },
        What::Receipt { case, address } => {
            row = Row { kind: "receipt", case: Some(case), address: Some(address), ..row };
        }
    }
    tx.leaves(Work::Mail);
    let added = tx.execute(
        "insert into mails (user, kind, notice, person, message, request, report, \"case\", address, made_at, due) \
         select :user, :kind, :notice, :person, :message, :request, :report, :case, :address, :now, :now \
         where (select sends_mail from pod) and (select count(*) from mails) < :max",
        named_params! {
            ":user": user, ":kind": row.kind, ":notice": row.notice, ":person": row.person, ":message": row.message,
            ":request": row.request, ":report": row.report, ":case": row.case, ":address": row.address,
            ":now": tx.now, ":max": WAITING_MAX,
        },
    )?;
    Ok(added == 1)
}

/// What stands in a row of the queue besides whose mail it is and when.
#[derive(Default)]
struct Row {
    kind: &'static str,
    notice: Option<NoticeId>,
    person: Option<PersonId>,
    message: Option<MessageId>,
    request: Option<i64>,
    report: Option<i64>,
    case: Option<CaseId>,
    address: Option<String>,
}

/// Notes whether the pod has a server for mails. What waits for one that is gone is old news when there is another.
pub fn set_sent(tx: &Tx, sent: bool) -> Result<()> {
    let changed =
        tx.execute("update pod set sends_mail = :sent where sends_mail <> :sent", named_params! { ":sent": sent })?;
    if changed > 0 && !sent {
        tx.execute("delete from mails", [])?;
    }
    Ok(())
}

/// Whether it has one.
pub fn are_sent(db: &Db) -> Result<bool> {
    db.query_row("select sends_mail from pod", [], |row| row.get(0))
}

/// The mail that is due first.
pub fn due(db: &Db, now: Timestamp) -> Result<Option<Mail>> {
    db.prepare_cached(
        "select id, user, kind, notice, person, message, made_at, attempts, request, report, \"case\", address \
         from mails where due <= ? order by due, id limit 1",
    )?
    .query_row([now], |row| {
        let kind: String = row.get(2)?;
        let what = match kind.as_str() {
            "notice" => What::Notice { notice: row.get(3)?, by: row.get(4)? },
            "message" => What::Message(row.get(5)?),
            "digest" => What::Digest,
            "password" => What::Password,
            "invitation" => What::Invitation(row.get(8)?),
            "heard" => What::Heard(row.get(9)?),
            "answer" => What::Answer(row.get(9)?),
            "receipt" => What::Receipt { case: row.get(10)?, address: row.get(11)? },
            _ => What::Address,
        };
        Ok(Mail { id: row.get(0)?, user: row.get(1)?, what, made_at: row.get(6)?, attempts: row.get(7)? })
    })
    .optional()
}

/// When the next mail or daily mail is due.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.prepare_cached(
        "select min(due) from (select min(due) as due from mails union all select min(digest_due) from users)",
    )?
    .query_row([], |row| row.get(0))
}

/// It was sent, or need not be any more.
pub fn done(tx: &Tx, id: i64) -> Result<()> {
    tx.execute("delete from mails where id = ?", [id])?;
    Ok(())
}

/// It is tried again.
pub fn later(tx: &Tx, id: i64, due: Timestamp) -> Result<()> {
    tx.execute("update mails set due = ?, attempts = attempts + 1 where id = ?", (due, id))?;
    Ok(())
}

/// Forgets earlier mails that ask whether an address is the user's.
pub fn remove_of_address(tx: &Tx, user: UserId) -> Result<()> {
    tx.execute("delete from mails where user = ? and kind = 'address'", [user])?;
    Ok(())
}

/// A notice as a mail tells it: what one person did.
pub struct Notice {
    /// `Kind::as_str`.
    pub kind: String,
    pub post: Option<Guid>,
    pub comment: Option<Guid>,
    pub case: Option<CaseId>,
}

/// `None` when it was read meanwhile or what they did was taken back.
pub fn notice(db: &Db, notice: NoticeId, by: PersonId) -> Result<Option<Notice>> {
    db.prepare_cached(
        "select n.kind, p.guid, c.guid, n.\"case\" from notices n join notice_people w on w.notice = n.id and w.person = ? \
         left join posts p on p.id = n.post left join comments c on c.id = n.comment where n.id = ? and n.unread = 1",
    )?
    .query_row((by, notice), |row| {
        Ok(Notice { kind: row.get(0)?, post: row.get(1)?, comment: row.get(2)?, case: row.get(3)? })
    })
    .optional()
}

/// The GUID of a message's conversation and who wrote it; `None` when the person has read it.
pub fn message(db: &Db, id: MessageId, person: PersonId) -> Result<Option<(Guid, PersonId)>> {
    db.prepare_cached(
        "select c.guid, m.author from messages m join conversations c on c.id = m.conversation \
         join conversation_people p on p.conversation = c.id and p.person = ? where m.id = ? and p.unread > 0",
    )?
    .query_row((person, id), |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()
}

//! Where a user gets mail, and about what.

use super::{Error, Invalid, Result};
use crate::model::{ConversationId, Guid, MessageId, NoticeId, PersonId, Timestamp, User};
use crate::store::mails::{self, What};
use crate::store::notices::Kind;
use crate::store::{Tx, accounts, addresses, contacts, conversations, people};

/// What one may get mails about: notices, and private messages.
pub const KINDS: [&str; 11] = [
    Kind::Comment.as_str(),
    Kind::AlsoCommented.as_str(),
    Kind::Mention.as_str(),
    Kind::MentionComment.as_str(),
    Kind::Like.as_str(),
    Kind::LikeComment.as_str(),
    Kind::Reshare.as_str(),
    Kind::Sharing.as_str(),
    Kind::Birthday.as_str(),
    MESSAGE,
    PODMIN,
];

/// Only podmins are told of it: somebody asks for an account.
pub const PODMIN: &str = Kind::Request.as_str();

const MESSAGE: &str = "message";

/// Seconds that a new address can be confirmed.
const CONFIRM_WITHIN: i64 = 2 * 86_400;

/// Seconds between daily mails.
const DAY: i64 = 86_400;

/// Changes where the user gets mail; nothing: nowhere. When the pod can send mail, the new address is only used once
/// the user opened the link that is sent to it.
pub fn set_address(tx: &Tx, me: &User, address: &str, can_send: bool) -> Result<()> {
    let address = address.trim();
    mails::remove_of_address(tx, me.id)?;
    if address.is_empty() {
        return Ok(addresses::set(tx, me.id, None)?);
    }
    if !is_address(address) {
        return Err(Invalid::Email.into());
    }
    if !can_send {
        return Ok(addresses::set(tx, me.id, Some(address))?);
    }
    // A GUID is 128 random bits, too.
    addresses::set_new(tx, me.id, address, Guid::random().as_str(), tx.now.plus(CONFIRM_WITHIN))?;
    mails::add(tx, me.id, What::Address)?;
    Ok(())
}

/// The user opened the link that was sent to their new address.
pub fn confirm_address(tx: &Tx, me: &User, code: &str) -> Result<()> {
    let new = addresses::new(tx, me.id, tx.now)?.filter(|(_, expected)| expected == code);
    let (address, _) = new.ok_or(Error::Missing("address to confirm"))?;
    Ok(addresses::set(tx, me.id, Some(&address))?)
}

/// `user@host` as almost everybody has it: no quotes, no comments.
pub fn is_address(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let dots = |part: &str| !part.split('.').any(str::is_empty);
    (1..=64).contains(&user.len())
        && text.len() <= 254
        && user.bytes().all(legal)
        && dots(user)
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        && dots(host)
}

/// What the user wants mails about, at once; or once a day about everything that is unread.
pub fn choose(tx: &Tx, me: &User, kinds: &[&str], daily: bool) -> Result<()> {
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| kinds.contains(kind)).collect();
    let due = addresses::digest_due(tx, me.id)?.unwrap_or(tx.now.plus(DAY));
    Ok(addresses::choose(tx, me.id, &kinds, daily.then_some(due))?)
}

/// Tells a user by mail what somebody did, when they want that.
pub fn of_notice(tx: &Tx, user: &User, kind: Kind, notice: NoticeId, by: PersonId) -> Result<()> {
    if addresses::wants(tx, user.id, kind.as_str())? {
        mails::add(tx, user.id, What::Notice { notice, by })?;
    }
    Ok(())
}

/// Tells those who live here of a message in a conversation of theirs, when they want that and do not ignore its author.
pub fn of_message(tx: &Tx, conversation: ConversationId, message: MessageId, author: PersonId) -> Result<()> {
    for person in conversations::person_ids(tx, conversation)?.into_iter().filter(|person| *person != author) {
        if let Some(user) = accounts::by_person(tx, people::get(tx, person)?.id)?
            && addresses::wants(tx, user.id, MESSAGE)?
            && !contacts::is_blocked(tx, user.id, author)?
        {
            mails::add(tx, user.id, What::Message(message))?;
        }
    }
    Ok(())
}

/// Puts the daily mails that are due into the queue, for those who have something new to read.
pub fn of_the_day(tx: &Tx) -> Result<()> {
    for user in addresses::due(tx, tx.now)? {
        if addresses::any_unread_since(tx, user, tx.now.plus(-DAY))? {
            mails::add(tx, user, What::Digest)?;
        }
        addresses::set_digest_due(tx, user, next_day(addresses::digest_due(tx, user)?, tx.now))?;
    }
    Ok(())
}

/// The same time of the day, after `now`.
fn next_day(due: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let due = due.unwrap_or(now);
    due.plus(((now.0 - due.0).max(0) / DAY + 1) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for address in ["ada@mail.example", "a.b+c@x", "o'neill@sub.mail.example"] {
            assert!(is_address(address), "{address}");
        }
        for text in ["", "ada", "@x", "ada@", "a b@x", "a@x\r\nBcc: b@x", "a@b@c", "<a@x>", ".a@x", "a@x..y", "ä@x"] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn the_daily_mail_comes_at_the_same_time() {
        let next = |due, now| next_day(Some(Timestamp(due)), Timestamp(now)).0;
        assert_eq!(next(1_000, 1_000), 1_000 + DAY);
        assert_eq!(next(1_000, 1_000 + 5 * DAY + 7), 1_000 + 6 * DAY);
    }
}

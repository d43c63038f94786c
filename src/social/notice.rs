//! Telling users that something happened.

use super::{Result, mail};
use crate::model::case::Case;
use crate::model::{Comment, NoticeId, Person, PersonId, Post, User, UserId, mention};
use crate::store;
use crate::store::curbs::{self, How};
use crate::store::mails::{self, What};
use crate::store::notices::{self, Kind};
use crate::store::{Tx, accounts, audience, comments, contacts, muted, participations, people};

/// Tells a user, unless they did it themselves, ignore who did, or do not want to hear of the post.
fn tell(tx: &Tx, user: &User, kind: Kind, post: Option<&Post>, comment: Option<&Comment>, by: PersonId) -> Result<()> {
    let muted = match post {
        Some(post) => muted::has(tx, user.id, post.id)?,
        None => false,
    };
    let unheard = curbs::has(tx, by, How::Silenced)? && !contacts::is_shared_with(tx, user.id, by)?;
    if user.person.id != by && !muted && !unheard && !contacts::is_blocked(tx, user.id, by)? {
        let notice = notices::add(tx, user.id, kind, post.map(|p| p.id), comment.map(|c| c.id), by)?;
        mail::of_notice(tx, user, kind, notice, by)?;
    }
    Ok(())
}

/// Tells the author of a post, when they live here.
pub fn to_author(tx: &Tx, kind: Kind, post: &Post, by: PersonId) -> Result<()> {
    match accounts::by_person(tx, post.author)? {
        Some(owner) => tell(tx, &owner, kind, Some(post), None, by),
        None => Ok(()),
    }
}

/// Tells the author of a comment, when they live here, that somebody likes it.
pub fn of_comment_like(tx: &Tx, post: &Post, comment: &Comment, by: PersonId) -> Result<()> {
    match accounts::by_person(tx, comment.author)? {
        Some(author) => tell(tx, &author, Kind::LikeComment, Some(post), Some(comment), by),
        None => Ok(()),
    }
}

/// Tells a user that somebody shares with them now.
pub fn of_sharing(tx: &Tx, user: &User, by: PersonId) -> Result<()> {
    // Whoever shares and shares no more, again and again, is news once.
    if notices::is_new(tx, user.id, Kind::Sharing, by)? {
        return Ok(());
    }
    tell(tx, user, Kind::Sharing, None, None, by)
}

/// Tells everybody here whom a new post names and who may see it.
pub fn of_mentions(tx: &Tx, post: &Post, named: &[Person]) -> Result<()> {
    for person in named {
        if let Some(user) = accounts::by_person(tx, person.id)?
            && (post.public || audience::has(tx, post.id, person.id)?)
        {
            tell(tx, &user, Kind::Mention, Some(post), None, post.author)?;
        }
    }
    Ok(())
}

/// Tells about a new comment: those it names; else the author of the post; else those who take part.
pub fn of_comment(tx: &Tx, post: &Post, comment: &Comment) -> Result<()> {
    let mut told: Vec<UserId> = Vec::new();
    for handle in mention::handles(&comment.text) {
        let Some(person) = people::by_handle(tx, &handle)? else { continue };
        let Some(user) = accounts::by_person(tx, person.id)? else { continue };
        if post.public || post.author == person.id || audience::has(tx, post.id, person.id)? {
            tell(tx, &user, Kind::MentionComment, Some(post), Some(comment), comment.author)?;
            told.push(user.id);
        }
    }
    if let Some(owner) = accounts::by_person(tx, post.author)? {
        if !told.contains(&owner.id) {
            tell(tx, &owner, Kind::Comment, Some(post), None, comment.author)?;
        }
        told.push(owner.id);
    }
    let mut taking_part = comments::local_authors(tx, post.id)?;
    taking_part.extend(participations::local(tx, post.id)?);
    taking_part.sort();
    taking_part.dedup();
    for user in taking_part.into_iter().filter(|user| !told.contains(user)) {
        if let Some(user) = accounts::get(tx, user)? {
            tell(tx, &user, Kind::AlsoCommented, Some(post), None, comment.author)?;
        }
    }
    Ok(())
}

/// Tells the podmins that a case waits for them; by mail, too, whatever they chose: the clock runs.
pub fn of_case_to_podmins(tx: &Tx, case: &Case) -> Result<()> {
    for podmin in accounts::all(tx)?.into_iter().filter(|user| user.podmin) {
        tell_of_case(tx, &podmin, Kind::Case, case)?;
    }
    Ok(())
}

/// Tells the podmins that somebody asks for an account; one unread notice for all who ask, and one mail.
pub fn of_request_to_podmins(tx: &Tx) -> Result<()> {
    for podmin in accounts::all(tx)?.into_iter().filter(|user| user.podmin) {
        let known = notices::any_unread(tx, podmin.id, Kind::Request)?;
        let notice = notices::add(tx, podmin.id, Kind::Request, None, None, podmin.person.id)?;
        if !known {
            mail::of_notice(tx, &podmin, Kind::Request, notice, podmin.person.id)?;
        }
    }
    Ok(())
}

/// Tells an author what was decided about something of theirs; by mail, too (Regulation (EU) 2022/2065, art. 17).
pub fn of_case(tx: &Tx, author: &User, case: &Case) -> Result<()> {
    tell_of_case(tx, author, Kind::Moderated, case)
}

/// Tells a user what was decided about something they spoke up about (art. 16 (5)).
pub fn of_report(tx: &Tx, user: &User, case: &Case) -> Result<()> {
    tell_of_case(tx, user, Kind::Answered, case)
}

fn tell_of_case(tx: &Tx, user: &User, kind: Kind, case: &Case) -> Result<()> {
    let notice = notices::add_case(tx, user.id, kind, case.id, user.person.id)?;
    mails::add(tx, user.id, What::Notice { notice, by: user.person.id })?;
    Ok(())
}

/// Tells users that contacts of theirs have their birthday today.
pub fn of_birthdays(tx: &Tx, birthdays: &[(UserId, PersonId)]) -> std::result::Result<(), store::Error> {
    for (user, person) in birthdays {
        notices::add(tx, *user, Kind::Birthday, None, None, *person)?;
    }
    Ok(())
}

/// Marks one notice of a user as unread.
pub fn mark_unread(tx: &Tx, me: &User, id: NoticeId) -> Result<()> {
    Ok(notices::mark_unread(tx, me.id, id)?)
}

/// Marks one notice of a user as read, or all.
pub fn mark_read(tx: &Tx, me: &User, id: Option<NoticeId>) -> Result<()> {
    Ok(notices::mark_read(tx, me.id, id)?)
}

//! Living here: moving in, closing the door behind oneself, and the same for people elsewhere.

use super::{Error, Invalid, Refused, Result, aspect, contact, gate};
use crate::model::{Guid, Handle, Outgoing, Person, PersonId, Profile, Target, User, UserId};
use crate::store::curbs::{self, How};
use crate::store::migrations::Move;
use crate::store::{
    Tx, accounts, aspects, audience, cases, comments, contacts, conversations, events, held, likes, migrations, outbox,
    people, photos, pod, polls, posts, residents,
};

/// An account to be made.
pub struct New<'a> {
    /// The user part of the diaspora* ID.
    pub name: &'a str,
    /// PHC string of `password::hash`.
    pub password: &'a str,
    pub podmin: bool,
}

/// Makes the first account, its owner the podmin. Refused when somebody was here before.
pub fn create_first(tx: &Tx, name: &str, password: &str) -> Result<User> {
    if accounts::any(tx)? {
        return Err(Refused::SetUpAlready.into());
    }
    create(tx, &New { name, password, podmin: true })
}

/// Makes an account. Its RSA key is the one put by, or comes later (`give_key`).
pub fn create(tx: &Tx, new: &New) -> Result<User> {
    check_name(new.name)?;
    let pod = pod::get(tx)?.ok_or(Error::Missing("pod"))?;
    let handle = Handle::parse(&format!("{}@{}", new.name, authority(&pod.url))).ok_or(Invalid::Name)?;
    if accounts::is_taken(tx, new.name)? || people::by_handle(tx, &handle)?.is_some() {
        return Err(Invalid::NameTaken.into());
    }
    let keys = pod::take_spare_keys(tx)?;
    let person = people::New {
        handle: &handle,
        guid: &Guid::random(),
        host: None,
        url: &pod.url,
        key: keys.as_ref().map(|keys| keys.public.as_slice()),
        profile: &Profile { searchable: true, ..Profile::default() },
    };
    let person = people::add(tx, &person)?.ok_or(Invalid::NameTaken)?;
    let key = keys.as_ref().map(|keys| keys.private.as_slice());
    let id =
        accounts::add(tx, &accounts::New { person, name: new.name, password: new.password, key, podmin: new.podmin })?;
    for name in aspect::FIRST {
        aspects::add(tx, id, name)?;
    }
    accounts::get(tx, id)?.ok_or(Error::Missing("account"))
}

/// Host and port of a base address.
pub fn authority(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, authority)| authority)
}

/// Whether a name can be had.
pub fn check_free(tx: &Tx, name: &str) -> Result<()> {
    check_name(name)?;
    if accounts::is_taken(tx, name)? { Err(Invalid::NameTaken.into()) } else { Ok(()) }
}

/// 1 to 32 of `a-z 0-9 - _ .`, the first a letter or digit (diaspora* allows capitals and lower-cases them; here the
/// person sees what they get).
fn check_name(name: &str) -> Result<()> {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if begins && name.len() <= 32 && name.bytes().all(legal) { Ok(()) } else { Err(Invalid::Name.into()) }
}

/// Gives an account the RSA key that was made for it.
pub fn give_key(tx: &Tx, user: UserId, keys: &pod::Keys) -> Result<()> {
    let me = accounts::get(tx, user)?.ok_or(Error::Missing("account"))?;
    accounts::set_key(tx, user, &keys.private)?;
    Ok(people::set_key(tx, me.person.id, &keys.public)?)
}

/// Replaces the password; every other session ends.
pub fn change_password(tx: &Tx, me: &User, password: &str, session: &[u8]) -> Result<()> {
    accounts::set_password(tx, me.id, password)?;
    Ok(crate::store::sessions::remove_others(tx, me.id, session)?)
}

/// Locks an account: every session ends and nobody can sign in, until it is unlocked. In the network it lives on.
/// `by`: the podmin who does it on a page.
pub fn lock(tx: &Tx, by: Option<&User>, user: &User) -> Result<()> {
    not_oneself(by, user)?;
    residents::set_locked(tx, user.id, true)?;
    Ok(crate::store::sessions::remove_others(tx, user.id, &[])?)
}

pub fn unlock(tx: &Tx, user: &User) -> Result<()> {
    Ok(residents::set_locked(tx, user.id, false)?)
}

/// The podmin closes somebody else's account.
pub fn close_other(tx: &Tx, by: Option<&User>, user: &User) -> Result<()> {
    not_oneself(by, user)?;
    close(tx, user)
}

fn not_oneself(by: Option<&User>, user: &User) -> Result<()> {
    if by.is_some_and(|by| by.id == user.id) { Err(Refused::Oneself.into()) } else { Ok(()) }
}

/// Closes an account: posts, photos and contacts go, comments and likes stay under the bare ID, pods elsewhere are
/// told. The name is never given away again.
pub fn close(tx: &Tx, me: &User) -> Result<()> {
    tell_closed(tx, me)?;
    close_told(tx, me)
}

/// Tells the pods of contacts and those that have something of an account that it is closed. Afterwards nobody knows any
/// more which they are.
pub fn tell_closed(tx: &Tx, me: &User) -> Result<()> {
    let mut targets = audience::pods_of_contacts(tx, me.id)?;
    let others = held::pods_of_person(tx, me.person.id)?;
    targets.extend(others.into_iter().filter(|target| !targets.contains(target)).collect::<Vec<Target>>());
    Ok(outbox::add(tx, me.id, &Outgoing::AccountDeletion, &targets)?)
}

/// Closes an account of which the others were told that it is.
pub fn close_told(tx: &Tx, me: &User) -> Result<()> {
    forget_contacts(tx, me)?;
    empty(tx, &me.person)?;
    Ok(accounts::close(tx, me.id)?)
}

/// Ends all sharing without a word.
fn forget_contacts(tx: &Tx, me: &User) -> Result<()> {
    for aspect in aspects::of_user(tx, me.id)? {
        aspects::remove(tx, me.id, aspect.id)?;
    }
    for person in contacts::of_user(tx, me.id)? {
        contacts::remove_sharer(tx, me.id, person)?;
    }
    Ok(())
}

/// Somebody wrote to an account that is closed or moved: their pod did not hear of it, or forgot.
pub fn say_goodbye(tx: &Tx, me: &User, to: &Person) -> Result<()> {
    let what = if me.person.moved_to.is_some() { Outgoing::AccountMigration } else { Outgoing::AccountDeletion };
    Ok(outbox::add(tx, me.id, &what, super::audience::of_person(to, true).as_slice())?)
}

/// A person elsewhere closed their account.
pub fn receive_deletion(tx: &Tx, author: &Person) -> Result<()> {
    empty(tx, author)
}

/// What is left of a closed account is its ID.
fn empty(tx: &Tx, person: &Person) -> Result<()> {
    posts::remove_of(tx, person.id)?;
    photos::remove_of(tx, person.id)?;
    contacts::forget(tx, person.id)?;
    people::set_profile(tx, person.id, &person.handle, &Profile::default())?;
    Ok(people::close(tx, person.id)?)
}

/// A person lives on as another one; both keys said so. What was theirs becomes the new one's, and users here who shared
/// with the old one tell the new one so, unless they ignore either. What the podmin decided about the old one is so of
/// the new one; refused when that bars either, or while the old one is held. An account here that moved away is closed.
/// A second move of the same person is ignored.
pub fn receive_migration(tx: &Tx, old: &Person, to: &Move) -> Result<()> {
    let new = people::get(tx, to.new)?;
    gate::known_by_name(tx, &old.handle)?;
    gate::known_by_name(tx, &new.handle)?;
    if curbs::has(tx, old.id, How::Hidden)? {
        return Err(Refused::Held.into());
    }
    if old.id == new.id || !migrations::add(tx, old.id, to)? {
        return Ok(());
    }
    let sharing = followers(tx, old.id)?;
    if let Some(photos) = to.photos.as_deref().filter(|_| !new.is_local()) {
        photos::move_all(tx, old.id, photos)?;
    }
    contacts::transfer(tx, old.id, new.id)?;
    audience::transfer(tx, old.id, new.id)?;
    posts::transfer(tx, old.id, new.id)?;
    comments::transfer(tx, old.id, new.id)?;
    likes::transfer(tx, old.id, new.id)?;
    polls::transfer(tx, old.id, new.id)?;
    events::transfer(tx, old.id, new.id)?;
    conversations::transfer(tx, old.id, new.id)?;
    curbs::transfer(tx, old.id, new.id)?;
    if !new.is_local() {
        cases::transfer(tx, old.id, new.id)?;
    }
    people::set_moved(tx, old.id, new.id)?;
    people::close(tx, old.id)?;
    if let Some(left) = accounts::by_person(tx, old.id)? {
        forget_contacts(tx, &left)?;
        accounts::close(tx, left.id)?;
    }
    for user in sharing.iter().filter(|user| user.person.id != new.id && user.person.id != old.id) {
        if contacts::is_blocked(tx, user.id, new.id)? {
            aspects::set_of_person(tx, user.id, new.id, &[])?;
        } else {
            contact::start(tx, user, &new)?;
        }
    }
    Ok(())
}

/// Users here who share with a person.
fn followers(tx: &Tx, person: PersonId) -> Result<Vec<User>> {
    let mut followers = Vec::new();
    for user in accounts::all(tx)? {
        if contacts::is_shared_with(tx, user.id, person)? {
            followers.push(user);
        }
    }
    Ok(followers)
}

//! Bringing in what somebody has from the account they had elsewhere. Nobody is told of these things: whoever was meant
//! to have them has them. Doing it twice does it once.

use super::{Error, Invalid, Refused, Result, aspect, contact, gate, ignore, post, reshare};
use crate::model::case::Kind;
use crate::model::{
    AspectId, EventAnswer, Guid, Handle, Import, ImportId, Person, Post, Refusal, Timestamp, User, Vote,
};
use crate::store::migrations::Move;
use crate::store::{
    Db, Tx, aspects, audience, comments, contacts, curbs, events, imports, likes, migrations, people, polls, posts,
    settings,
};

/// Begins to bring in an archive. Refused while another of the user's is on its way.
pub fn begin(tx: &Tx, me: &User, profile: bool, settings: bool) -> Result<ImportId> {
    match imports::last(tx, me.id)? {
        Some(last) if !last.step.is_over() => Err(Refused::ImportRuns.into()),
        _ => Ok(imports::add(tx, me.id, profile, settings)?),
    }
}

/// Why this user may not become who the account was; `None` when they may.
pub fn refusal(db: &Db, me: &User, old: &Handle) -> Result<Option<Refusal>> {
    if me.person.handle == *old {
        return Ok(Some(Refusal::Oneself));
    }
    match gate::known_by_name(db, old) {
        Err(Error::Store(error)) => return Err(error.into()),
        Err(_) => return Ok(Some(Refusal::Unwelcome)),
        Ok(()) => {}
    }
    let moved = match people::by_handle(db, old)? {
        Some(person) if curbs::has(db, person.id, curbs::How::Hidden)? => return Ok(Some(Refusal::Unwelcome)),
        Some(person) => migrations::of(db, person.id)?,
        None => None,
    };
    let elsewhere = moved.is_some_and(|to| to.new != me.person.id);
    Ok((elsewhere || imports::is_of_another(db, old, me.id)?).then_some(Refusal::Moved))
}

/// An archive that was found sound.
pub struct Sound<'a> {
    /// The account it is of.
    pub old: &'a Handle,
    /// The same, as this pod knows them and their key; and where they went.
    pub person: Option<(Person, Move)>,
    /// Things in it.
    pub things: i64,
}

/// The user lives on as who the account was, as far as this pod knows of it; or why not.
pub fn claim(tx: &Tx, me: &User, import: &Import, sound: &Sound) -> Result<Option<Refusal>> {
    if let Some(why) = refusal(tx, me, sound.old)? {
        return Ok(Some(why));
    }
    imports::claim(tx, import, sound.old, sound.things)?;
    if let Some((person, to)) = &sound.person {
        super::account::receive_migration(tx, person, to)?;
    }
    Ok(None)
}

/// An aspect of this name.
pub fn group(tx: &Tx, me: &User, name: &str) -> Result<()> {
    let name: String = name.chars().take(aspect::NAME_MAX).collect();
    match aspect::add(tx, me, &name) {
        Ok(_) | Err(Error::Invalid(Invalid::AspectTaken)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The user's aspects of these names; the first of all for somebody who was in none.
fn aspects_of(db: &Db, me: &User, names: &[String]) -> Result<Vec<AspectId>> {
    let own = aspects::of_user(db, me.id)?;
    let short = |name: &String| name.chars().take(aspect::NAME_MAX).collect::<String>().trim().to_lowercase();
    let names: Vec<String> = names.iter().map(short).collect();
    let named = own.iter().filter(|aspect| names.contains(&aspect.name.to_lowercase()));
    let mut found: Vec<AspectId> = named.map(|aspect| aspect.id).collect();
    if found.is_empty() {
        found.extend(own.first().map(|aspect| aspect.id));
    }
    Ok(found)
}

/// The user shares with a person, in these aspects besides those they are in already.
pub fn share(tx: &Tx, me: &User, person: &Person, groups: &[String]) -> Result<()> {
    let before = aspects::of_person(tx, me.id, person.id)?;
    let mut chosen = aspects_of(tx, me, groups)?;
    chosen.extend(&before);
    chosen.sort();
    chosen.dedup();
    if chosen.len() == before.len() { Ok(()) } else { contact::set_aspects(tx, me, person.guid.as_str(), &chosen) }
}

pub fn ignore(tx: &Tx, me: &User, person: &Person) -> Result<()> {
    if contacts::is_blocked(tx, me.id, person.id)? { Ok(()) } else { ignore::add(tx, me, person.guid.as_str()) }
}

/// The aspect of this name is for whoever begins to share; the language is the one of the archive.
pub fn choose(tx: &Tx, me: &User, language: Option<&str>, follow_back: Option<&str>) -> Result<()> {
    let mut chosen = settings::get(tx, me.id)?;
    let named = |name: &&str| aspects_of(tx, me, &[(*name).to_owned()]);
    chosen.language = language.map(str::to_owned).or(chosen.language);
    if let Some(aspect) = follow_back.as_ref().map(named).transpose()? {
        chosen.follow_back = aspect.first().copied();
    }
    Ok(settings::set(tx, me.id, &chosen)?)
}

/// A post as the user wrote it; `readers` are those who got a limited one.
pub fn post(tx: &Tx, me: &User, arrived: &post::Arrived, readers: &[Handle]) -> Result<()> {
    let mut known = Vec::new();
    for reader in readers {
        known.extend(people::by_handle(tx, reader)?.map(|person| person.id).filter(|id| *id != me.person.id));
    }
    if arrived.public {
        known.clear();
    }
    if post::insert(tx, &me.person, arrived, &known)?.is_some() {
        return Ok(());
    }
    let here = ours(tx, me, &arrived.guid)?;
    for reader in known.iter().filter(|_| !here.public) {
        audience::add(tx, here.id, *reader)?;
    }
    Ok(())
}

pub fn reshare(tx: &Tx, me: &User, root: Option<&Post>, guid: &Guid, created_at: Timestamp) -> Result<()> {
    gate::admit_thing(tx, Kind::Post, guid)?;
    if reshare::insert(tx, &me.person, root, guid, created_at)?.is_none() {
        ours(tx, me, guid)?;
    }
    Ok(())
}

/// A post that is here already and must be the user's.
fn ours(tx: &Tx, me: &User, guid: &Guid) -> Result<Post> {
    let known = posts::by_guid(tx, guid.as_str())?.ok_or(Error::Missing("post"))?;
    gate::same_author(known.author, &me.person)?;
    Ok(known)
}

/// Whether what a person did may be put under a post: their own under any that they see and whose author does not
/// live here, for then it would be here; that of others under the user's.
fn admit(tx: &Tx, me: &User, author: &Person, post: &Post) -> Result<()> {
    if post.author == me.person.id {
        gate::admit_once(tx, author, post)?;
        // Whoever took part in it may again.
        if !post.public && author.id != me.person.id {
            audience::add(tx, post.id, author.id)?;
        }
        return Ok(());
    }
    posts::seen_by(tx, post.guid.as_str(), me.person.id)?.ok_or(Error::Missing("post"))?;
    if author.id != me.person.id || people::get(tx, post.author)?.is_local() {
        return Err(Refused::NotTheirs.into());
    }
    Ok(())
}

pub fn comment(tx: &Tx, me: &User, author: &Person, new: &comments::New) -> Result<()> {
    let post = posts::get(tx, new.post)?.ok_or(Error::Missing("post"))?;
    admit(tx, me, author, &post)?;
    gate::admit_thing(tx, Kind::Comment, new.guid)?;
    if comments::add(tx, new)?.is_some() {
        return Ok(());
    }
    let known = comments::by_guid(tx, new.guid.as_str())?.ok_or(Error::Missing("comment"))?;
    gate::same_author(known.author, author)
}

pub fn like(tx: &Tx, me: &User, author: &Person, new: &likes::New) -> Result<()> {
    let post = posts::get(tx, new.post)?.ok_or(Error::Missing("post"))?;
    admit(tx, me, author, &post)?;
    likes::add(tx, new)?;
    gate::same_author(likes::by_guid(tx, new.guid.as_str())?.map(|known| known.author), author)
}

pub fn vote(tx: &Tx, me: &User, author: &Person, post: &Post, vote: &Vote) -> Result<()> {
    admit(tx, me, author, post)?;
    polls::add_vote(tx, vote)?;
    gate::same_author(polls::vote_by_guid(tx, vote.guid.as_str())?.map(|(_, known, _)| known), author)
}

pub fn answer(tx: &Tx, me: &User, author: &Person, event: &events::Known, answer: &EventAnswer) -> Result<()> {
    let post = event.post.map(|post| posts::get(tx, post)).transpose()?.flatten().ok_or(Error::Missing("post"))?;
    admit(tx, me, author, &post)?;
    gate::same_author(events::answer_by_guid(tx, answer.guid.as_str())?.map(|(_, known, _)| known), author)?;
    events::add_answer(tx, answer)?;
    Ok(())
}

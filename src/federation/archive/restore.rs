//! The things of an archive, as deeds: each is prepared first (who is that? did they sign it?), then put down in a
//! transaction.

use std::collections::HashSet;

use serde_json::Value;

use super::Error;
use super::read::Section;
use crate::federation::diaspora::entity::{Entity, LikeParent};
use crate::federation::diaspora::{PublicKey, json, judge};
use crate::federation::{discovery, fetch, read};
use crate::model::{Guid, Handle, Person, Post, Relay, User, Vote};
use crate::pod::Pod;
use crate::social::{self, gate, import, participation, tag};
use crate::store::{self, Tx, comments, events, likes, people, polls, posts};

/// Something that is ready to be put down.
pub enum Thing {
    Group(String),
    Tag(String),
    /// The user shares with them, in these aspects.
    Contact(Box<Person>, Vec<String>),
    Block(Box<Person>),
    /// A post of the user's, and who got it.
    Post(Box<Entity>, Vec<Handle>),
    /// A comment, like, vote or answer, and who it is of.
    Relayable(Box<Entity>, Box<Person>),
    Subscription(Guid),
    /// There is nothing to do.
    Nothing,
    /// It cannot be brought in, and why.
    LeftOut(&'static str),
}

/// Where things are prepared.
pub struct Desk<'a> {
    pod: &'a Pod,
    me: &'a User,
    old: &'a Handle,
    /// Pods that did not answer: nobody waits for them twice.
    away: HashSet<String>,
}

impl<'a> Desk<'a> {
    pub fn new(pod: &'a Pod, me: &'a User, old: &'a Handle) -> Desk<'a> {
        Desk { pod, me, old, away: HashSet::new() }
    }

    /// Makes a thing ready: looks up who is in it, proves its signature.
    pub fn prepare(&mut self, section: Section, value: Value) -> Result<Thing, Error> {
        match section {
            Section::Groups => Ok(value["name"].as_str().map_or(UNREADABLE, |name| Thing::Group(name.to_owned()))),
            Section::Tags => Ok(value.as_str().map_or(UNREADABLE, |tag| Thing::Tag(tag.to_owned()))),
            Section::Contacts => self.contact(&value),
            Section::Blocks => {
                let Some(handle) = value.as_str().and_then(Handle::parse) else { return Ok(UNREADABLE) };
                let person = self.find(&handle)?.filter(|person| person.id != self.me.person.id);
                Ok(person.map_or(AWAY, |person| Thing::Block(Box::new(person))))
            }
            Section::Posts => self.post(&value),
            Section::Own => Ok(match json::read(&value) {
                Ok(entity) if entity.relay().is_some() && entity.author() == self.old => {
                    Thing::Relayable(Box::new(entity), Box::new(self.me.person.clone()))
                }
                _ => UNREADABLE,
            }),
            Section::Others => self.of_another(&value),
            Section::Subscriptions => Ok(value.as_str().and_then(Guid::parse).map_or(UNREADABLE, Thing::Subscription)),
            _ => Ok(Thing::Nothing),
        }
    }

    /// Somebody as they live now; `None` when nobody says who they are.
    fn find(&mut self, handle: &Handle) -> Result<Option<Person>, Error> {
        let known = self.pod.store.read(|db| people::by_handle(db, handle))?;
        if known.is_none() && self.away.contains(handle.host()) {
            return Ok(None);
        }
        let mut person = match known.map_or_else(|| discovery::find(self.pod, handle), Ok) {
            Ok(person) => person,
            Err(discovery::Error::Store(error)) => return Err(error.into()),
            Err(error) => {
                log::debug!(target: "archive", "{handle}: {error}");
                if error.may_pass() {
                    self.away.insert(handle.host().to_owned());
                }
                return Ok(None);
            }
        };
        // Nobody moves that often; a circle ends here, too.
        for _ in 0..8 {
            let Some(next) = person.moved_to else { break };
            person = self.pod.store.read(|db| people::get(db, next))?;
        }
        Ok(Some(person))
    }

    /// Only who the user shared with: who shares with the user says so again when they hear of the move. All are looked
    /// up, so that they hear of it.
    fn contact(&mut self, value: &Value) -> Result<Thing, Error> {
        let Some(handle) = value["account_id"].as_str().and_then(Handle::parse) else { return Ok(UNREADABLE) };
        let person = self.find(&handle)?;
        if value["receiving"] != true && value["following"] != true {
            return Ok(Thing::Nothing);
        }
        let groups = value["contact_groups_membership"].as_array().into_iter().flatten();
        let groups: Vec<String> = groups.filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(match person {
            Some(person) if person.id == self.me.person.id => Thing::Nothing,
            Some(person) => Thing::Contact(Box::new(person), groups),
            None => AWAY,
        })
    }

    fn post(&mut self, value: &Value) -> Result<Thing, Error> {
        let Ok(entity) = json::read(value) else { return Ok(UNREADABLE) };
        if entity.author() != self.old {
            return Ok(UNREADABLE);
        }
        match &entity {
            Entity::Reshare(reshare) => {
                if let Some(root) = &reshare.root {
                    self.fetch(&root.guid, &root.author)?;
                }
            }
            Entity::StatusMessage(_) => {}
            _ => return Ok(UNREADABLE),
        }
        let readers = value["subscribed_users_ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let readers = readers.filter_map(Handle::parse).collect();
        Ok(Thing::Post(Box::new(entity), readers))
    }

    /// What was reshared; without it the reshare shows that the original is gone.
    fn fetch(&mut self, guid: &Guid, author: &Handle) -> Result<(), Error> {
        let known = self.pod.store.read(|db| posts::by_guid(db, guid.as_str()))?;
        if known.is_some() || self.find(author)?.is_none() {
            return Ok(());
        }
        match fetch::post(self.pod, guid, author) {
            Err(fetch::Error::Store(error)) => Err(error.into()),
            Err(error) => {
                log::debug!(target: "archive", "{guid}: {error}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What somebody else did under a post of the user's: they must have signed it.
    fn of_another(&mut self, value: &Value) -> Result<Thing, Error> {
        let Ok(mut entity) = json::read(value) else { return Ok(UNREADABLE) };
        if entity.relay().is_none() || entity.author() == self.old || *entity.author() == self.me.person.handle {
            return Ok(UNREADABLE);
        }
        // The key is that of who they were; what it proves is who they are now.
        let handle = entity.author().clone();
        let Some(author) = self.find(&handle)? else { return Ok(AWAY) };
        let key = self.pod.store.read(|db| -> Result<_, store::Error> {
            let Some(signer) = people::by_handle(db, &handle)? else { return Ok(None) };
            people::key(db, signer.id)
        })?;
        let Some(key) = key.and_then(|key| PublicKey::from_der(&key).ok()) else { return Ok(AWAY) };
        match judge::prove_archived(&mut entity, &key) {
            Ok(()) => Ok(Thing::Relayable(Box::new(entity), Box::new(author))),
            Err(_) => Ok(Thing::LeftOut("its author did not sign it")),
        }
    }

    /// Puts a thing down.
    pub fn put_down(&self, tx: &Tx, thing: &Thing) -> Result<(), social::Error> {
        let me = self.me;
        match thing {
            Thing::Group(name) => import::group(tx, me, name),
            Thing::Tag(name) => tag::follow(tx, me, name).map(drop),
            Thing::Contact(person, groups) => {
                gate::known_by_name(tx, &person.handle)?;
                import::share(tx, me, person, groups)
            }
            Thing::Block(person) => import::ignore(tx, me, person),
            Thing::Post(entity, readers) => match entity.as_ref() {
                Entity::StatusMessage(post) => import::post(tx, me, &read::arrived(tx, &me.person, post), readers),
                Entity::Reshare(reshare) => {
                    let root = match &reshare.root {
                        Some(root) => posts::by_guid(tx, root.guid.as_str())?.filter(|root| root.public),
                        None => None,
                    };
                    let created_at = read::not_in_the_future(tx, reshare.created_at);
                    import::reshare(tx, me, root.as_ref(), &reshare.guid, created_at)
                }
                _ => Ok(()),
            },
            Thing::Relayable(entity, author) => relayable(tx, me, entity, author),
            Thing::Subscription(guid) => {
                let post = posts::seen_by(tx, guid.as_str(), me.person.id)?.ok_or(social::Error::Missing("post"))?;
                participation::begin(tx, me, &post)
            }
            Thing::Nothing => Ok(()),
            Thing::LeftOut(why) => Err(social::Error::Missing(why)),
        }
    }
}

const UNREADABLE: Thing = Thing::LeftOut("it is not written as it should be");
const AWAY: Thing = Thing::LeftOut("nobody says who that is");

fn parent(tx: &Tx, guid: &Guid) -> Result<Post, social::Error> {
    posts::by_guid(tx, guid.as_str())?.ok_or(social::Error::Missing("post"))
}

fn relayable(tx: &Tx, me: &User, entity: &Entity, author: &Person) -> Result<(), social::Error> {
    // What the user did is signed anew when it is passed on; what others did is kept as they signed it.
    let relay = |relay: &Relay| (author.id != me.person.id).then(|| relay.clone());
    match entity {
        Entity::Comment(comment) => {
            let new = comments::New {
                guid: &comment.guid,
                post: parent(tx, &comment.parent_guid)?.id,
                author: author.id,
                text: &comment.text,
                created_at: read::not_in_the_future(tx, comment.created_at),
                edited_at: comment.edited_at,
                relay: relay(&comment.relay),
            };
            import::comment(tx, me, author, &new)
        }
        Entity::Like(like) => {
            let (post, comment) = match like.parent_type {
                LikeParent::Post => (parent(tx, &like.parent_guid)?.id, None),
                LikeParent::Comment => {
                    let known = comments::by_guid(tx, like.parent_guid.as_str())?;
                    let comment = known.ok_or(social::Error::Missing("comment"))?;
                    (comment.post, Some(comment.id))
                }
            };
            let positive = like.positive.unwrap_or(false);
            let new =
                likes::New { guid: &like.guid, author: author.id, post, comment, positive, relay: relay(&like.relay) };
            import::like(tx, me, author, &new)
        }
        Entity::PollParticipation(vote) => {
            let known = polls::by_guid(tx, vote.parent_guid.as_str())?;
            let (poll, post) = known.ok_or(social::Error::Missing("poll"))?;
            let post = posts::get(tx, post)?.ok_or(social::Error::Missing("post"))?;
            let (guid, answer) = (vote.guid.clone(), vote.poll_answer_guid.clone());
            let vote = Vote { guid, author: author.id, poll, answer, relay: relay(&vote.relay) };
            import::vote(tx, me, author, &post, &vote)
        }
        Entity::EventParticipation(answer) => {
            let known = events::by_guid(tx, answer.parent_guid.as_str())?;
            let event = known.ok_or(social::Error::Missing("event"))?;
            let answer = read::answer_of(author.id, &event, answer, relay(&answer.relay));
            import::answer(tx, me, author, &event, &answer)
        }
        _ => Err(social::Error::Missing("parent")),
    }
}

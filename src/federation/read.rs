//! What came in, as deeds: a proven message of the diaspora* protocol becomes one call into `social`.

use super::Fate;
use super::diaspora::entity::{self, Entity};
use super::diaspora::{Known, Proven, Subject};
use crate::model::case::Kind;
use crate::model::{
    Embed, Event, EventAnswer, Guid, Handle, Images, Need, Person, PersonId, Photo, Place, Poll, PollAnswer, Post,
    Profile, Relay, Timestamp, User, Vote,
};
use crate::moderation::gone;
use crate::social::{
    self, Error, Refused, account, comment, contact, conversation, event, gate, like, participation, photo, poll, post,
    profile, reshare, retract,
};
use crate::store::migrations::Move;
use crate::store::{self, Db, Tx, comments, events, people, polls, posts, targets};

/// What the pod knows about the subject of a message.
pub fn known(db: &Db, subject: &Subject) -> Result<Option<Known>, store::Error> {
    match subject {
        Subject::Post(guid) => of_post(db, posts::by_guid(db, guid)?, None),
        Subject::Comment(guid) => match comments::by_guid(db, guid)? {
            Some(comment) => of_post(db, posts::get(db, comment.post)?, Some(comment.author)),
            None => Ok(None),
        },
        Subject::Poll(guid) => match polls::by_guid(db, guid)? {
            Some((_, post)) => of_post(db, posts::get(db, post)?, None),
            None => Ok(None),
        },
        Subject::Event(guid) => match events::by_guid(db, guid)? {
            Some(event) => of_event(db, &event, event.author),
            None => Ok(None),
        },
        Subject::Target(kind, guid) => target(db, kind, guid),
    }
}

/// What a retraction takes back: it may be held here.
fn target(db: &Db, kind: &str, guid: &str) -> Result<Option<Known>, store::Error> {
    match kind {
        "Post" | "StatusMessage" | "Reshare" => of_post(db, targets::post(db, guid)?, None),
        "Comment" => match targets::comment(db, guid)? {
            Some(comment) => of_post(db, targets::post_of(db, comment.post)?, Some(comment.author)),
            None => Ok(None),
        },
        "Poll" => match polls::by_guid(db, guid)? {
            Some((_, post)) => of_post(db, targets::post_of(db, post)?, None),
            None => Ok(None),
        },
        "Event" => known(db, &Subject::Event(guid)),
        "Like" => match targets::like(db, guid)? {
            Some(like) => of_post(db, targets::post_of(db, like.post)?, Some(like.author)),
            None => Ok(None),
        },
        "PollParticipation" => match polls::vote_by_guid(db, guid)? {
            Some((_, author, poll)) => of_post(db, targets::post_of(db, polls::post_of(db, poll)?)?, Some(author)),
            None => Ok(None),
        },
        "EventParticipation" => match events::answer_by_guid(db, guid)? {
            Some((_, author, event)) => match events::known_by_id(db, event)? {
                Some(event) => of_event(db, &event, author),
                None => Ok(None),
            },
            None => Ok(None),
        },
        "Photo" => match targets::photo(db, guid)? {
            Some((_, author)) => alone(db, author).map(Some),
            None => Ok(None),
        },
        "Conversation" => match targets::conversation(db, guid)? {
            Some((_, author)) => alone(db, author).map(Some),
            None => Ok(None),
        },
        "Participation" => match store::participations::person_of(db, guid)? {
            Some(person) => alone(db, person).map(Some),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn of_post(db: &Db, post: Option<Post>, author: Option<PersonId>) -> Result<Option<Known>, store::Error> {
    let Some(post) = post else { return Ok(None) };
    let root = people::get(db, post.author)?;
    let author = match author {
        Some(author) if author != post.author => people::get(db, author)?.handle,
        _ => root.handle.clone(),
    };
    Ok(Some(Known { author, local: root.is_local(), root_author: root.handle, public: post.public }))
}

fn of_event(db: &Db, event: &events::Known, author: PersonId) -> Result<Option<Known>, store::Error> {
    let root = people::get(db, event.author)?;
    let author = people::get(db, author)?.handle;
    Ok(Some(Known { author, local: root.is_local(), root_author: root.handle, public: event.public }))
}

fn alone(db: &Db, author: PersonId) -> Result<Known, store::Error> {
    let author = people::get(db, author)?;
    Ok(Known { local: author.is_local(), root_author: author.handle.clone(), author: author.handle, public: true })
}

/// Drops what was removed for good or comes from whom the podmin suspended, before anything is fetched for it. Who takes
/// something back is always heard.
pub fn admit(db: &Db, sender: &Person, entity: &Entity) -> Result<(), Error> {
    if matches!(entity, Entity::Retraction(_) | Entity::AccountDeletion(_)) {
        return Ok(());
    }
    let parent = match entity {
        Entity::Comment(comment) => Some((Kind::Post, &comment.parent_guid)),
        Entity::Like(like) if like.parent_type == entity::LikeParent::Post => Some((Kind::Post, &like.parent_guid)),
        Entity::Like(like) => Some((Kind::Comment, &like.parent_guid)),
        Entity::Reshare(reshare) => reshare.root.as_ref().map(|root| (Kind::Post, &root.guid)),
        _ => None,
    };
    gate::known_by_name(db, &sender.handle)?;
    gate::known_by_name(db, entity.author())?;
    parent.map_or(Ok(()), |(kind, guid)| gate::admit_thing(db, kind, guid))
}

/// Where a missing subject can be had: a parent at the pod of who speaks of it, a root at the pod of its author.
/// `None`: nowhere, it may only come by itself.
pub fn need(entity: &Entity) -> Option<Need> {
    let parent = |guid: &Guid, author: &Handle| Some(Need::Post(guid.clone(), author.clone()));
    match entity {
        Entity::Comment(comment) => parent(&comment.parent_guid, &comment.author),
        Entity::Like(like) if like.parent_type == entity::LikeParent::Post => parent(&like.parent_guid, &like.author),
        Entity::Reshare(reshare) => {
            reshare.root.as_ref().map(|root| Need::Post(root.guid.clone(), root.author.clone()))
        }
        _ => None,
    }
}

/// What other messages may have waited for.
fn brings(entity: &Entity) -> Vec<&Guid> {
    match entity {
        Entity::StatusMessage(post) => {
            let (poll, event) = (post.poll.as_ref(), post.event.as_ref());
            [Some(&post.guid), poll.map(|poll| &poll.guid), event.map(|event| &event.guid)]
                .into_iter()
                .flatten()
                .collect()
        }
        Entity::Reshare(reshare) => vec![&reshare.guid],
        Entity::Comment(comment) => vec![&comment.guid],
        Entity::Like(like) => vec![&like.guid],
        Entity::PollParticipation(vote) => vec![&vote.guid],
        Entity::Event(event) => vec![&event.guid],
        Entity::EventParticipation(answer) => vec![&answer.guid],
        Entity::Photo(photo) => vec![&photo.guid],
        Entity::Conversation(conversation) => vec![&conversation.guid],
        Entity::Participation(wish) => vec![&wish.guid],
        Entity::AccountDeletion(_)
        | Entity::AccountMigration(_)
        | Entity::Contact(_)
        | Entity::Message(_)
        | Entity::Profile(_)
        | Entity::Retraction(_) => vec![],
    }
}

/// Does what a message says, in the transaction that ends it. `me` is whose private door it came by.
pub fn apply(tx: &Tx, sender: &Person, proven: &Proven, me: Option<&User>) -> Result<Fate, store::Error> {
    match tx.attempt(|tx| deed(tx, sender, proven, me)) {
        Ok(fate) => {
            // What waits itself for its author has brought nothing yet.
            if matches!(fate, Fate::Done) {
                for guid in brings(proven.entity()) {
                    store::inbox::wake_for(tx, guid.as_str())?;
                }
            }
            Ok(fate)
        }
        Err(Error::Refused(Refused::Ignored)) => {
            bounce(tx, proven)?;
            Ok(Fate::Drop(Refused::Ignored.to_string()))
        }
        Err(Error::Missing(what)) => Ok(Fate::Retry(format!("{what}: not here (yet)"))),
        // Whoever is held may be free tomorrow, and a move is told once.
        Err(error @ Error::Refused(Refused::Held)) => Ok(Fate::Retry(error.to_string())),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(Fate::Drop(error.to_string())),
        Err(Error::Store(error)) => Err(error),
    }
}

fn deed(tx: &Tx, sender: &Person, proven: &Proven, me: Option<&User>) -> Result<Fate, Error> {
    let author = match author(tx, sender, proven)? {
        Ok(author) => author,
        Err(need) => return Ok(Fate::Park(need)),
    };
    match proven.entity() {
        Entity::StatusMessage(post) => post::receive(tx, &author, &arrived(tx, &author, post), me)?,
        Entity::Reshare(reshare) => {
            let root = match &reshare.root {
                Some(root) => Some(posts::by_guid(tx, root.guid.as_str())?.ok_or(Error::Missing("root"))?),
                None => None,
            };
            let created_at = not_in_the_future(tx, reshare.created_at);
            reshare::receive(tx, &author, root.as_ref(), &reshare.guid, created_at)?;
        }
        Entity::Comment(comment) => {
            let post = parent(tx, &comment.parent_guid)?;
            let new = comment::New {
                guid: comment.guid.clone(),
                text: comment.text.clone(),
                created_at: not_in_the_future(tx, comment.created_at),
                edited_at: comment.edited_at,
                relay: ours(tx, &post, &comment.relay)?,
            };
            comment::add(tx, &author, &post, new)?;
        }
        Entity::Like(like) => {
            let (post, comment) = match like.parent_type {
                entity::LikeParent::Post => (parent(tx, &like.parent_guid)?, None),
                entity::LikeParent::Comment => {
                    let comment = comments::by_guid(tx, like.parent_guid.as_str())?.ok_or(Error::Missing("comment"))?;
                    (posts::get(tx, comment.post)?.ok_or(Error::Missing("post"))?, Some(comment))
                }
            };
            let relay = ours(tx, &post, &like.relay)?;
            let new = like::New { guid: like.guid.clone(), positive: like.positive.unwrap_or(false), relay };
            like::add(tx, &author, &post, comment.as_ref(), new)?;
        }
        Entity::PollParticipation(vote) => {
            let (poll, post) = polls::by_guid(tx, vote.parent_guid.as_str())?.ok_or(Error::Missing("poll"))?;
            let post = posts::get(tx, post)?.ok_or(Error::Missing("post"))?;
            let relay = ours(tx, &post, &vote.relay)?;
            let vote =
                Vote { guid: vote.guid.clone(), author: author.id, poll, answer: vote.poll_answer_guid.clone(), relay };
            poll::add_vote(tx, &author, &post, &vote)?;
        }
        Entity::EventParticipation(answer) => {
            let event = events::by_guid(tx, answer.parent_guid.as_str())?.ok_or(Error::Missing("event"))?;
            let relay = people::get(tx, event.author)?.is_local().then(|| answer.relay.clone());
            event::add_answer(tx, &author, &event, &answer_of(author.id, &event, answer, relay))?;
        }
        Entity::Participation(wish) => {
            let post = parent(tx, &wish.parent_guid)?;
            participation::receive(tx, &author, &post, &wish.guid)?;
        }
        Entity::Contact(contact) => {
            let me = me.ok_or(Error::Missing("recipient"))?;
            contact::receive(tx, &author, me, contact.sharing)?;
        }
        Entity::Profile(told) => profile::receive(tx, &author, &profile_of(told), told.edited_at)?,
        Entity::Photo(told) => {
            photo::receive(tx, &author, &photo_of(tx, told), told.status_message_guid.as_ref().map(Guid::as_str))?;
        }
        Entity::Event(told) => event::receive(tx, &author, &event_of(author.id, told), me.is_none())?,
        Entity::Conversation(told) => return conversation_deed(tx, &author, me, told),
        Entity::Message(told) => {
            let me = me.ok_or(Error::Missing("recipient"))?;
            conversation::receive_message(tx, &author, me, &told.conversation_guid, &message_of(tx, told))?;
        }
        Entity::Retraction(retraction) => {
            gone::received(tx, &retraction.target_type, retraction.target_guid.as_str())?;
            let arrived = retract::Arrived {
                sender,
                author: &retraction.author,
                kind: &retraction.target_type,
                guid: &retraction.target_guid,
                recipient: me,
            };
            retract::receive(tx, &arrived)?;
        }
        Entity::AccountDeletion(_) => {
            gone::person(tx, "author", author.id)?;
            account::receive_deletion(tx, &author)?;
        }
        Entity::AccountMigration(migration) => {
            let find = |handle: &Handle| people::by_handle(tx, handle);
            let Some(old) = find(migration.old_id())? else { return Ok(Fate::Done) };
            let Some(new) = find(migration.new_id())? else {
                return Ok(Fate::Park(Need::Person(migration.new_id().clone())));
            };
            let to = Move {
                new: new.id,
                photos: migration.remote_photo_path.clone(),
                // What the old key signed instead cannot be sent on in the old one's name.
                signature: migration.signature.clone().filter(|_| migration.author == old.handle).unwrap_or_default(),
            };
            account::receive_migration(tx, &old, &to)?;
        }
    }
    Ok(Fate::Done)
}

/// The author of what came: the sender, or somebody whose comment or like is passed on.
fn author(tx: &Tx, sender: &Person, proven: &Proven) -> Result<Result<Person, Need>, Error> {
    let handle = proven.entity().author();
    // A relayed retraction names who wrote it first; who sent it was judged.
    if *handle == sender.handle || matches!(proven.entity(), Entity::Retraction(_)) {
        return Ok(Ok(sender.clone()));
    }
    Ok(people::by_handle(tx, handle)?.ok_or_else(|| Need::Person(handle.clone())))
}

/// What somebody answers to an event; `relay`: as it was signed, when it is kept.
pub(super) fn answer_of(
    author: PersonId,
    event: &events::Known,
    told: &entity::EventParticipation,
    relay: Option<Relay>,
) -> EventAnswer {
    EventAnswer {
        guid: told.guid.clone(),
        author,
        event: event.id,
        status: told.status.clone(),
        edited_at: told.edited_at,
        relay,
    }
}

fn parent(tx: &Tx, guid: &Guid) -> Result<Post, Error> {
    posts::by_guid(tx, guid.as_str())?.ok_or(Error::Missing("post"))
}

/// A relayable as signed is kept only when it is ours to pass on.
fn ours(tx: &Tx, post: &Post, relay: &Relay) -> Result<Option<Relay>, Error> {
    Ok(people::get(tx, post.author)?.is_local().then(|| relay.clone()))
}

/// Sends back what came from somebody whom the post's author ignores.
fn bounce(tx: &Tx, proven: &Proven) -> Result<(), store::Error> {
    let (kind, guid) = match proven.entity() {
        Entity::Comment(comment) => ("Comment", &comment.guid),
        Entity::Like(like) => ("Like", &like.guid),
        Entity::PollParticipation(vote) => ("PollParticipation", &vote.guid),
        _ => return Ok(()),
    };
    let Some(author) = people::by_handle(tx, proven.entity().author())? else { return Ok(()) };
    let post = match proven.entity() {
        Entity::Comment(comment) => posts::by_guid(tx, comment.parent_guid.as_str())?,
        Entity::Like(like) if like.parent_type == entity::LikeParent::Post => {
            posts::by_guid(tx, like.parent_guid.as_str())?
        }
        Entity::Like(like) => match comments::by_guid(tx, like.parent_guid.as_str())? {
            Some(comment) => posts::get(tx, comment.post)?,
            None => None,
        },
        Entity::PollParticipation(vote) => match polls::by_guid(tx, vote.parent_guid.as_str())? {
            Some((_, post)) => posts::get(tx, post)?,
            None => None,
        },
        _ => None,
    };
    let Some(post) = post else { return Ok(()) };
    match retract::bounce(tx, &post, &author, kind, guid) {
        Err(social::Error::Store(error)) => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn arrived(tx: &Tx, author: &Person, post: &entity::StatusMessage) -> post::Arrived {
    post::Arrived {
        guid: post.guid.clone(),
        public: post.public,
        text: post.text.clone(),
        created_at: not_in_the_future(tx, post.created_at),
        edited_at: post.edited_at,
        provider: post.provider_display_name.clone(),
        place: post.location.as_ref().map(place_of),
        embed: post.embed.as_ref().map(embed_of),
        photos: post.photos.iter().map(|photo| Photo { public: post.public, ..photo_of(tx, photo) }).collect(),
        poll: post.poll.as_ref().map(poll_of),
        event: post.event.as_ref().map(|event| event_of(author.id, event)),
    }
}

/// A post dated ahead would stand at the top of every stream until then.
pub(super) fn not_in_the_future(tx: &Tx, time: Option<Timestamp>) -> Timestamp {
    time.map_or(tx.now, |time| time.min(tx.now))
}

fn place_of(location: &entity::Location) -> Place {
    Place { address: location.address.clone(), lat: location.lat.clone(), lng: location.lng.clone() }
}

fn embed_of(embed: &entity::Embed) -> Embed {
    Embed {
        url: embed.url.clone(),
        title: embed.title.clone(),
        description: embed.description.clone(),
        image: embed.image.clone(),
        nothing: embed.nothing == Some(true),
    }
}

fn poll_of(poll: &entity::Poll) -> Poll {
    let answers =
        poll.answers.iter().map(|answer| PollAnswer { guid: answer.guid.clone(), answer: answer.answer.clone() });
    Poll { guid: poll.guid.clone(), question: poll.question.clone(), answers: answers.collect() }
}

fn event_of(author: PersonId, event: &entity::Event) -> Event {
    Event {
        guid: event.guid.clone(),
        author,
        summary: event.summary.clone(),
        starts_at: event.start,
        ends_at: event.end,
        all_day: event.all_day == Some(true),
        timezone: event.timezone.clone(),
        description: event.description.clone().unwrap_or_default(),
        place: event.location.as_ref().map(place_of),
    }
}

fn photo_of(tx: &Tx, photo: &entity::Photo) -> Photo {
    let pixels = |value: Option<u64>| value.and_then(|pixels| u32::try_from(pixels).ok());
    Photo {
        guid: photo.guid.clone(),
        public: photo.public,
        path: photo.remote_photo_path.clone(),
        name: photo.remote_photo_name.clone(),
        text: photo.text.clone().unwrap_or_default(),
        width: pixels(photo.width),
        height: pixels(photo.height),
        created_at: not_in_the_future(tx, photo.created_at),
    }
}

pub(super) fn profile_of(told: &entity::Profile) -> Profile {
    Profile {
        first_name: told.first_name.clone().or_else(|| told.full_name.clone()).unwrap_or_default(),
        last_name: told.last_name.clone().unwrap_or_default(),
        images: Images {
            large: told.image_url.clone(),
            medium: told.image_url_medium.clone(),
            small: told.image_url_small.clone(),
        },
        bio: told.bio.clone().unwrap_or_default(),
        birthday: told.birthday.clone(),
        gender: told.gender.clone().unwrap_or_default(),
        location: told.location.clone().unwrap_or_default(),
        tags: told.tag_string.clone().unwrap_or_default(),
        searchable: told.searchable.unwrap_or(false),
        public_details: told.public.unwrap_or(false),
        nsfw: told.nsfw.unwrap_or(false),
    }
}

fn message_of(tx: &Tx, told: &entity::Message) -> conversation::Message {
    conversation::Message {
        guid: told.guid.clone(),
        text: told.text.clone(),
        created_at: not_in_the_future(tx, told.created_at),
        edited_at: told.edited_at,
    }
}

fn conversation_deed(tx: &Tx, author: &Person, me: Option<&User>, told: &entity::Conversation) -> Result<Fate, Error> {
    let me = me.ok_or(Error::Missing("recipient"))?;
    let mut people = Vec::new();
    for handle in &told.participants {
        match people::by_handle(tx, handle)? {
            Some(person) => people.push(person.id),
            None => return Ok(Fate::Park(Need::Person(handle.clone()))),
        }
    }
    let messages: Vec<_> = told.messages.iter().map(|message| message_of(tx, message)).collect();
    let new = conversation::New {
        guid: &told.guid,
        subject: &told.subject,
        created_at: not_in_the_future(tx, told.created_at),
        people: &people,
        messages: &messages,
    };
    conversation::receive(tx, author, me, &new)?;
    Ok(Fate::Done)
}

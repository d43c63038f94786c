//! What goes out, as messages of the diaspora* protocol: rows of the store become entities.

use super::diaspora::entity::{self, Entity, LikeParent, Root};
use super::diaspora::{self, PrivateKey, relay};
use crate::model::{self, Handle, Outgoing, Person, Post, PostId, Relay, User, UserId};
use crate::store::{
    self, Db, accounts, comments, contacts, conversations, events, likes, migrations, people, photos, polls, posts,
};

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Diaspora(#[from] diaspora::Error),
    /// The key of the account that must sign is still being made.
    #[error("the key of {0} is still being made")]
    NoKey(Handle),
}

/// Writes one thing as the payload of an envelope; `None` when it is gone.
pub fn payload(db: &Db, sender: UserId, what: &Outgoing) -> Result<Option<String>, Error> {
    let me = || accounts::signer(db, sender).map(|(handle, _)| handle);
    let entity = match what {
        Outgoing::Post(id) => match posts::get(db, *id)? {
            Some(post) => post_entity(db, post)?,
            None => return Ok(None),
        },
        Outgoing::Comment(id) => return comment(db, *id),
        Outgoing::Like(id) => return like(db, *id),
        Outgoing::Vote(id) => return vote(db, *id),
        Outgoing::Answer(id) => return answer(db, *id),
        Outgoing::Conversation(id) => match conversations::get(db, *id)? {
            Some(conversation) => conversation_entity(db, conversation)?,
            None => return Ok(None),
        },
        Outgoing::Message(id) => match conversations::get_message(db, *id)? {
            Some(message) => Entity::Message(message_entity(db, message)?),
            None => return Ok(None),
        },
        Outgoing::Profile | Outgoing::WholeProfile => match accounts::get(db, sender)? {
            Some(User { person, .. }) => {
                let told = match what {
                    Outgoing::Profile => public_profile(&person),
                    _ => profile_entity(&person),
                };
                let edited_at = people::edited_at(db, person.id)?;
                Entity::Profile(Box::new(entity::Profile { edited_at, ..told }))
            }
            None => return Ok(None),
        },
        // Whoever changed their mind before it was sent said so in another.
        Outgoing::Contact { recipient, sharing: true, .. } if !contacts::is_shared_with(db, sender, *recipient)? => {
            return Ok(None);
        }
        Outgoing::Contact { recipient, sharing, blocking } => Entity::Contact(entity::Contact {
            author: me()?,
            recipient: people::get(db, *recipient)?.handle,
            following: *sharing,
            sharing: *sharing,
            blocking: Some(*blocking),
        }),
        Outgoing::Participation { guid, post } => Entity::Participation(entity::Participation {
            author: me()?,
            guid: guid.clone(),
            parent_guid: post.clone(),
        }),
        Outgoing::Retraction { author, kind, guid } => Entity::Retraction(entity::Retraction {
            author: author.clone(),
            target_guid: guid.clone(),
            target_type: kind.clone(),
        }),
        Outgoing::AccountDeletion => Entity::AccountDeletion(entity::AccountDeletion { author: me()? }),
        Outgoing::AccountMigration => match migration_entity(db, me()?)? {
            Some(migration) => Entity::AccountMigration(Box::new(migration)),
            None => return Ok(None),
        },
        // It was written and signed when the account was brought in; the outbox takes it as it is.
        Outgoing::MovedFrom(_) => return Ok(None),
    };
    Ok(Some(entity.to_xml()))
}

/// A status message or a reshare.
pub fn post_entity(db: &Db, post: Post) -> Result<Entity, Error> {
    let author = people::get(db, post.author)?;
    if post.reshare {
        let root = match post.root {
            Some(root) => posts::get(db, root)?,
            None => None,
        };
        let root = match root {
            Some(root) => Some(Root { author: people::get(db, root.author)?.handle, guid: root.guid }),
            None => None,
        };
        let created_at = Some(post.created_at);
        return Ok(Entity::Reshare(entity::Reshare { author: author.handle, guid: post.guid, created_at, root }));
    }
    let photos = photos::of_post(db, post.id)?.into_iter().map(|photo| photo_entity(&author, &post, photo)).collect();
    let event = match events::of_post(db, post.id)? {
        Some(event) => Some(event_entity(db, event)?),
        None => None,
    };
    Ok(Entity::StatusMessage(Box::new(entity::StatusMessage {
        author: author.handle,
        guid: post.guid,
        created_at: Some(post.created_at),
        public: post.public,
        text: post.text,
        edited_at: post.edited_at,
        provider_display_name: post.provider,
        photos,
        location: post.place.map(location),
        poll: polls::of_post(db, post.id)?.map(poll),
        event,
        embed: post.embed.map(embed),
    })))
}

fn photo_entity(author: &Person, post: &Post, photo: model::Photo) -> entity::Photo {
    entity::Photo {
        guid: photo.guid,
        author: author.handle.clone(),
        public: photo.public,
        created_at: Some(photo.created_at),
        edited_at: None,
        remote_photo_path: photo.path,
        remote_photo_name: photo.name,
        text: Some(photo.text).filter(|text| !text.is_empty()),
        status_message_guid: Some(post.guid.clone()),
        height: photo.height.map(u64::from),
        width: photo.width.map(u64::from),
    }
}

fn event_entity(db: &Db, event: model::Event) -> Result<entity::Event, Error> {
    Ok(entity::Event {
        author: people::get(db, event.author)?.handle,
        guid: event.guid,
        edited_at: None,
        summary: event.summary,
        start: event.starts_at,
        end: event.ends_at,
        all_day: Some(event.all_day),
        timezone: event.timezone,
        description: Some(event.description).filter(|text| !text.is_empty()),
        location: event.place.map(location),
    })
}

fn location(place: model::Place) -> entity::Location {
    entity::Location { address: place.address, lat: place.lat, lng: place.lng }
}

fn embed(embed: model::Embed) -> entity::Embed {
    entity::Embed {
        url: embed.url,
        title: embed.title,
        description: embed.description,
        image: embed.image,
        nothing: embed.nothing.then_some(true),
    }
}

fn poll(poll: model::Poll) -> entity::Poll {
    let answers =
        poll.answers.into_iter().map(|answer| entity::PollAnswer { guid: answer.guid, answer: answer.answer });
    entity::Poll { guid: poll.guid, question: poll.question, answers: answers.collect() }
}

fn conversation_entity(db: &Db, conversation: conversations::Conversation) -> Result<Entity, Error> {
    let messages = match conversations::first_message(db, conversation.id)? {
        Some(message) => vec![message_entity(db, message)?],
        None => Vec::new(),
    };
    Ok(Entity::Conversation(entity::Conversation {
        author: people::get(db, conversation.author)?.handle,
        participants: conversations::people(db, conversation.id)?,
        guid: conversation.guid,
        subject: conversation.subject,
        created_at: Some(conversation.created_at),
        messages,
    }))
}

fn message_entity(db: &Db, message: conversations::Message) -> Result<entity::Message, Error> {
    let conversation = conversations::get(db, message.conversation)?.ok_or(store::Error::QueryReturnedNoRows)?;
    Ok(entity::Message {
        author: people::get(db, message.author)?.handle,
        guid: message.guid,
        text: message.text,
        created_at: Some(message.created_at),
        edited_at: message.edited_at,
        conversation_guid: conversation.guid,
    })
}

/// Where somebody went who lived here; `None` when the new one's word for it is not at hand.
fn migration_entity(db: &Db, old: Handle) -> Result<Option<entity::AccountMigration>, Error> {
    let Some(person) = people::by_handle(db, &old)? else { return Ok(None) };
    let Some(to) = migrations::of(db, person.id)?.filter(|to| !to.signature.is_empty()) else { return Ok(None) };
    Ok(Some(entity::AccountMigration {
        author: old.clone(),
        profile: public_profile(&people::get(db, to.new)?),
        signature: Some(to.signature),
        old_identity: Some(old),
        remote_photo_path: to.photos,
    }))
}

/// What a person tells about themselves to everybody.
pub fn public_profile(person: &Person) -> entity::Profile {
    let whole = profile_entity(person);
    match person.profile.public_details {
        true => whole,
        false => entity::Profile { bio: None, birthday: None, gender: None, location: None, ..whole },
    }
}

/// What a person tells about themselves to those they share with.
pub fn profile_entity(person: &Person) -> entity::Profile {
    let profile = person.profile.clone();
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    entity::Profile {
        author: person.handle.clone(),
        edited_at: None,
        full_name: some(profile.full_name()),
        first_name: some(profile.first_name),
        last_name: some(profile.last_name),
        image_url: profile.images.large,
        image_url_medium: profile.images.medium,
        image_url_small: profile.images.small,
        bio: some(profile.bio),
        birthday: profile.birthday,
        gender: some(profile.gender),
        location: some(profile.location),
        searchable: Some(profile.searchable),
        public: Some(profile.public_details),
        nsfw: Some(profile.nsfw),
        tag_string: some(profile.tags),
    }
}

/// A comment, like, vote or answer as it is about to be written.
pub struct Written {
    author: Person,
    /// As its author signed it elsewhere.
    relay: Option<Relay>,
    /// As it is signed here.
    elements: Vec<(&'static str, String)>,
}

impl Written {
    /// As its author wrote it, or signed now when the author lives here; `None` when nobody can sign it.
    pub fn signed(self, db: &Db) -> Result<Option<Relay>, Error> {
        if self.relay.is_some() {
            return Ok(self.relay);
        }
        let Some(user) = accounts::by_person(db, self.author.id)? else { return Ok(None) };
        let (handle, key) = accounts::signer(db, user.id)?;
        let key = PrivateKey::from_der(&key.ok_or(Error::NoKey(handle))?).map_err(diaspora::Error::from)?;
        Ok(Some(relay::sign(self.elements, &key)?))
    }

    /// Without a signature, for its author's own archive.
    pub fn unsigned(self) -> Option<Relay> {
        let elements = self.elements.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        Some(Relay { elements, signature: String::new() })
    }
}

fn relayable(db: &Db, name: &str, written: Option<Written>) -> Result<Option<String>, Error> {
    let Some(written) = written else { return Ok(None) };
    Ok(written.signed(db)?.map(|relay| relay::write(name, &relay)))
}

/// A comment as `/fetch` and the outbox give it.
pub fn comment(db: &Db, id: model::CommentId) -> Result<Option<String>, Error> {
    relayable(db, entity::Comment::NAME, comment_elements(db, id)?)
}

fn like(db: &Db, id: model::LikeId) -> Result<Option<String>, Error> {
    relayable(db, entity::Like::NAME, like_elements(db, id)?)
}

fn vote(db: &Db, id: model::VoteId) -> Result<Option<String>, Error> {
    relayable(db, entity::PollParticipation::NAME, vote_elements(db, id)?)
}

fn answer(db: &Db, id: model::AnswerId) -> Result<Option<String>, Error> {
    relayable(db, entity::EventParticipation::NAME, answer_elements(db, id)?)
}

pub fn comment_elements(db: &Db, id: model::CommentId) -> Result<Option<Written>, Error> {
    let Some(comment) = comments::get(db, id)? else { return Ok(None) };
    let author = people::get(db, comment.author)?;
    let Some(post) = posts::get(db, comment.post)? else { return Ok(None) };
    let elements =
        entity::Comment::elements(&author.handle, &comment.guid, &post.guid, &comment.text, comment.created_at);
    Ok(Some(Written { author, relay: comment.relay, elements }))
}

pub fn like_elements(db: &Db, id: model::LikeId) -> Result<Option<Written>, Error> {
    let Some(like) = likes::get(db, id)? else { return Ok(None) };
    let author = people::get(db, like.author)?;
    let (parent, kind) = match like.comment {
        Some(comment) => (comments::get(db, comment)?.map(|comment| comment.guid), LikeParent::Comment),
        None => (post_guid(db, like.post)?, LikeParent::Post),
    };
    let Some(parent) = parent else { return Ok(None) };
    let elements = entity::Like::elements(&author.handle, &like.guid, &parent, kind);
    Ok(Some(Written { author, relay: like.relay, elements }))
}

fn post_guid(db: &Db, id: PostId) -> Result<Option<model::Guid>, Error> {
    Ok(posts::get(db, id)?.map(|post| post.guid))
}

pub fn vote_elements(db: &Db, id: model::VoteId) -> Result<Option<Written>, Error> {
    let Some(vote) = polls::get_vote(db, id)? else { return Ok(None) };
    let author = people::get(db, vote.author)?;
    let elements =
        entity::PollParticipation::elements(&author.handle, &vote.guid, &polls::guid(db, vote.poll)?, &vote.answer);
    Ok(Some(Written { author, relay: vote.relay, elements }))
}

pub fn answer_elements(db: &Db, id: model::AnswerId) -> Result<Option<Written>, Error> {
    let Some(answer) = events::get_answer(db, id)? else { return Ok(None) };
    let author = people::get(db, answer.author)?;
    let event = events::guid(db, answer.event)?;
    let elements = entity::EventParticipation::elements(&author.handle, &answer.guid, &event, &answer.status);
    Ok(Some(Written { author, relay: answer.relay, elements }))
}

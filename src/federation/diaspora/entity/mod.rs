//! The 16 kinds of messages and what is nested in them, one a file (diaspora* protocol, "Entities").

mod account_deletion;
mod account_migration;
mod comment;
mod contact;
mod conversation;
mod embed;
mod event;
mod event_participation;
mod like;
mod location;
mod message;
mod participation;
mod photo;
mod poll;
mod poll_participation;
mod profile;
pub mod read;
mod reshare;
mod retraction;
mod status_message;

pub use account_deletion::AccountDeletion;
pub use account_migration::AccountMigration;
pub use comment::Comment;
pub use contact::Contact;
pub use conversation::Conversation;
pub use embed::Embed;
pub use event::Event;
pub use event_participation::EventParticipation;
pub use like::{Like, LikeParent};
pub use location::Location;
pub use message::Message;
pub use participation::Participation;
pub use photo::Photo;
pub use poll::{Poll, PollAnswer};
pub use poll_participation::PollParticipation;
pub use profile::Profile;
pub use reshare::{Reshare, Root};
pub use retraction::Retraction;
pub use status_message::StatusMessage;

use super::{Error, xml};
use crate::model::{Handle, Relay};

/// One message. Everything in it is as its kind allows; who may send it is judged elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Entity {
    AccountDeletion(AccountDeletion),
    AccountMigration(Box<AccountMigration>),
    Comment(Comment),
    Contact(Contact),
    Conversation(Conversation),
    Event(Event),
    EventParticipation(EventParticipation),
    Like(Like),
    Message(Message),
    Participation(Participation),
    Photo(Photo),
    PollParticipation(PollParticipation),
    Profile(Box<Profile>),
    Reshare(Reshare),
    Retraction(Retraction),
    StatusMessage(Box<StatusMessage>),
}

impl Entity {
    /// Reads the payload of an envelope. Only the 16 kinds that may stand alone are known.
    pub fn parse(payload: &[u8]) -> Result<Entity, Error> {
        Entity::read(&xml::parse(payload)?)
    }

    /// Reads an entity from its element.
    pub fn read(root: &xml::Element) -> Result<Entity, Error> {
        Ok(match root.name.as_str() {
            "account_deletion" => Entity::AccountDeletion(AccountDeletion::read(root)?),
            "account_migration" => Entity::AccountMigration(Box::new(AccountMigration::read(root)?)),
            "comment" => Entity::Comment(Comment::read(root)?),
            "contact" => Entity::Contact(Contact::read(root)?),
            "conversation" => Entity::Conversation(Conversation::read(root)?),
            "event" => Entity::Event(Event::read(root)?),
            "event_participation" => Entity::EventParticipation(EventParticipation::read(root)?),
            "like" => Entity::Like(Like::read(root)?),
            "message" => Entity::Message(Message::read(root)?),
            "participation" => Entity::Participation(Participation::read(root)?),
            "photo" => Entity::Photo(Photo::read(root)?),
            "poll_participation" => Entity::PollParticipation(PollParticipation::read(root)?),
            "profile" => Entity::Profile(Box::new(Profile::read(root)?)),
            "reshare" => Entity::Reshare(Reshare::read(root)?),
            "retraction" => Entity::Retraction(Retraction::read(root)?),
            "status_message" => Entity::StatusMessage(Box::new(StatusMessage::read(root)?)),
            _ => return Err(Error::Unknown(root.name.chars().take(40).collect())),
        })
    }

    /// Writes the payload of an envelope.
    pub fn to_xml(&self) -> String {
        match self {
            Entity::AccountDeletion(entity) => entity.to_xml(),
            Entity::AccountMigration(entity) => entity.to_xml(),
            Entity::Comment(entity) => super::relay::write(Comment::NAME, &entity.relay),
            Entity::Contact(entity) => entity.to_xml(),
            Entity::Conversation(entity) => entity.to_xml(),
            Entity::Event(entity) => entity.to_xml(),
            Entity::EventParticipation(entity) => super::relay::write(EventParticipation::NAME, &entity.relay),
            Entity::Like(entity) => super::relay::write(Like::NAME, &entity.relay),
            Entity::Message(entity) => entity.to_xml(),
            Entity::Participation(entity) => entity.to_xml(),
            Entity::Photo(entity) => entity.to_xml(),
            Entity::PollParticipation(entity) => super::relay::write(PollParticipation::NAME, &entity.relay),
            Entity::Profile(entity) => entity.to_xml(),
            Entity::Reshare(entity) => entity.to_xml(),
            Entity::Retraction(entity) => entity.to_xml(),
            Entity::StatusMessage(entity) => entity.to_xml(),
        }
    }

    /// The root element's name, for the log.
    pub fn name(&self) -> &'static str {
        match self {
            Entity::AccountDeletion(_) => AccountDeletion::NAME,
            Entity::AccountMigration(_) => AccountMigration::NAME,
            Entity::Comment(_) => Comment::NAME,
            Entity::Contact(_) => Contact::NAME,
            Entity::Conversation(_) => Conversation::NAME,
            Entity::Event(_) => Event::NAME,
            Entity::EventParticipation(_) => EventParticipation::NAME,
            Entity::Like(_) => Like::NAME,
            Entity::Message(_) => Message::NAME,
            Entity::Participation(_) => Participation::NAME,
            Entity::Photo(_) => Photo::NAME,
            Entity::PollParticipation(_) => PollParticipation::NAME,
            Entity::Profile(_) => Profile::NAME,
            Entity::Reshare(_) => Reshare::NAME,
            Entity::Retraction(_) => Retraction::NAME,
            Entity::StatusMessage(_) => StatusMessage::NAME,
        }
    }

    /// Who wrote it.
    pub fn author(&self) -> &Handle {
        match self {
            Entity::AccountDeletion(entity) => &entity.author,
            Entity::AccountMigration(entity) => &entity.author,
            Entity::Comment(entity) => &entity.author,
            Entity::Contact(entity) => &entity.author,
            Entity::Conversation(entity) => &entity.author,
            Entity::Event(entity) => &entity.author,
            Entity::EventParticipation(entity) => &entity.author,
            Entity::Like(entity) => &entity.author,
            Entity::Message(entity) => &entity.author,
            Entity::Participation(entity) => &entity.author,
            Entity::Photo(entity) => &entity.author,
            Entity::PollParticipation(entity) => &entity.author,
            Entity::Profile(entity) => &entity.author,
            Entity::Reshare(entity) => &entity.author,
            Entity::Retraction(entity) => &entity.author,
            Entity::StatusMessage(entity) => &entity.author,
        }
    }

    /// What a relayable's author signed; `None` for all other kinds.
    pub fn relay(&self) -> Option<&Relay> {
        match self {
            Entity::Comment(entity) => Some(&entity.relay),
            Entity::EventParticipation(entity) => Some(&entity.relay),
            Entity::Like(entity) => Some(&entity.relay),
            Entity::PollParticipation(entity) => Some(&entity.relay),
            _ => None,
        }
    }

    pub(super) fn relay_mut(&mut self) -> Option<&mut Relay> {
        match self {
            Entity::Comment(entity) => Some(&mut entity.relay),
            Entity::EventParticipation(entity) => Some(&mut entity.relay),
            Entity::Like(entity) => Some(&mut entity.relay),
            Entity::PollParticipation(entity) => Some(&mut entity.relay),
            _ => None,
        }
    }
}

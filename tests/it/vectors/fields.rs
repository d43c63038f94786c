//! An entity as the vectors write its values: null for what is absent, moments in UTC.

use pappus::federation::diaspora::Entity;
use pappus::federation::diaspora::entity::{
    AccountMigration, Embed, Event, Location, Message, Photo, Poll, Profile, StatusMessage,
};
use pappus::model::{Handle, Timestamp};
use serde_json::{Value, json};

/// The values of an entity.
pub fn of(entity: &Entity) -> Value {
    let mut fields = match entity {
        Entity::AccountDeletion(_) => json!({}),
        Entity::AccountMigration(entity) => account_migration(entity),
        Entity::Comment(entity) => json!({
            "guid": entity.guid, "parent_guid": entity.parent_guid, "text": entity.text,
            "created_at": time(entity.created_at), "edited_at": time(entity.edited_at),
        }),
        Entity::Contact(entity) => json!({
            "recipient": entity.recipient, "following": entity.following, "sharing": entity.sharing,
            "blocking": entity.blocking,
        }),
        Entity::Conversation(entity) => json!({
            "guid": entity.guid, "subject": entity.subject, "created_at": time(entity.created_at),
            "participants": entity.participants.iter().map(Handle::as_str).collect::<Vec<_>>().join(";"),
            "messages": entity.messages.iter().map(message).collect::<Vec<_>>(),
        }),
        Entity::Event(entity) => event(entity),
        Entity::EventParticipation(entity) => json!({
            "guid": entity.guid, "parent_guid": entity.parent_guid, "status": entity.status,
            "edited_at": time(entity.edited_at),
        }),
        Entity::Like(entity) => json!({
            "guid": entity.guid, "parent_guid": entity.parent_guid, "parent_type": entity.parent_type.as_str(),
            "positive": entity.positive,
        }),
        Entity::Message(entity) => message(entity),
        Entity::Participation(entity) => json!({
            "guid": entity.guid, "parent_guid": entity.parent_guid, "parent_type": "Post",
        }),
        Entity::Photo(entity) => photo(entity),
        Entity::PollParticipation(entity) => json!({
            "guid": entity.guid, "parent_guid": entity.parent_guid, "poll_answer_guid": entity.poll_answer_guid,
        }),
        Entity::Profile(entity) => profile(entity),
        Entity::Reshare(entity) => json!({
            "guid": entity.guid, "created_at": time(entity.created_at),
            "root_author": entity.root.as_ref().map(|root| &root.author),
            "root_guid": entity.root.as_ref().map(|root| &root.guid),
        }),
        Entity::Retraction(entity) => {
            json!({ "target_guid": entity.target_guid, "target_type": entity.target_type })
        }
        Entity::StatusMessage(entity) => status_message(entity),
    };
    fields["author"] = json!(entity.author());
    if let Some(relay) = entity.relay() {
        fields["author_signature"] = some(&relay.signature);
    }
    fields
}

/// An empty text is null.
fn some(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

fn time(time: Option<Timestamp>) -> Value {
    json!(time.map(|time| time.to_string()))
}

fn account_migration(entity: &AccountMigration) -> Value {
    json!({
        "profile": profile(&entity.profile), "signature": entity.signature, "old_identity": entity.old_id(),
        "remote_photo_path": entity.remote_photo_path,
    })
}

fn embed(entity: &Embed) -> Value {
    json!({
        "url": entity.url, "title": entity.title, "description": entity.description, "image": entity.image,
        "nothing": entity.nothing,
    })
}

fn event(entity: &Event) -> Value {
    json!({
        "author": entity.author, "guid": entity.guid, "edited_at": time(entity.edited_at), "summary": entity.summary,
        "description": entity.description, "start": time(Some(entity.start)), "end": time(entity.end),
        "all_day": entity.all_day, "timezone": entity.timezone, "location": entity.location.as_ref().map(location),
    })
}

fn location(entity: &Location) -> Value {
    json!({ "address": some(&entity.address), "lat": entity.lat, "lng": entity.lng })
}

fn message(entity: &Message) -> Value {
    json!({
        "author": entity.author, "guid": entity.guid, "text": entity.text, "created_at": time(entity.created_at),
        "edited_at": time(entity.edited_at), "conversation_guid": entity.conversation_guid,
    })
}

fn photo(entity: &Photo) -> Value {
    json!({
        "guid": entity.guid, "author": entity.author, "public": entity.public, "created_at": time(entity.created_at),
        "edited_at": time(entity.edited_at), "remote_photo_path": entity.remote_photo_path,
        "remote_photo_name": entity.remote_photo_name, "text": entity.text,
        "status_message_guid": entity.status_message_guid, "height": entity.height, "width": entity.width,
    })
}

fn poll(entity: &Poll) -> Value {
    let answers = entity.answers.iter().map(|answer| json!({ "guid": answer.guid, "answer": answer.answer }));
    json!({
        "guid": entity.guid, "question": entity.question, "poll_answers": answers.collect::<Vec<_>>(),
    })
}

fn profile(entity: &Profile) -> Value {
    json!({
        "author": entity.author, "edited_at": time(entity.edited_at), "full_name": entity.full_name,
        "first_name": entity.first_name, "last_name": entity.last_name, "image_url": entity.image_url,
        "image_url_medium": entity.image_url_medium, "image_url_small": entity.image_url_small, "bio": entity.bio,
        "birthday": entity.birthday, "gender": entity.gender, "location": entity.location,
        "searchable": entity.searchable, "public": entity.public, "nsfw": entity.nsfw,
        "tag_string": entity.tag_string,
    })
}

fn status_message(entity: &StatusMessage) -> Value {
    json!({
        "guid": entity.guid, "created_at": time(entity.created_at), "public": entity.public,
        "provider_display_name": entity.provider_display_name, "text": some(&entity.text),
        "edited_at": time(entity.edited_at), "photos": entity.photos.iter().map(photo).collect::<Vec<_>>(),
        "location": entity.location.as_ref().map(location), "poll": entity.poll.as_ref().map(poll),
        "event": entity.event.as_ref().map(event), "embed": entity.embed.as_ref().map(embed),
    })
}

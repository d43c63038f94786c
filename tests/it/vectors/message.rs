//! A message, received into the little world that its vector describes.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pappus::federation::diaspora::crypto::Secret;
use pappus::federation::diaspora::{
    Entity, Envelope, Error, Facts, Known, Proven, PublicKey, Route, Subject, envelope, judge, links, relay, xml,
};
use pappus::model::{Handle, Relay};
use serde_json::{Value, json};

use super::{Keys, fields, same, text, verdict};

/// Runs one vector.
pub fn run(vector: &Value, keys: &Keys) -> Result<(), String> {
    let mut world = World { vector, keys, learned: Vec::new(), fetched: Vec::new(), fetching: Vec::new() };
    let received = world.receive();
    let Some(proven) = verdict(vector, received)? else { return Ok(()) };
    round_trip(proven.entity())?;
    if vector["gem"]["verdict"] != "accepted" {
        return Ok(());
    }
    same("sender", &Some(proven.sender().as_str()), &text(&vector["gem"], "sender"))?;
    let fetched = vector["gem"].get("fetched_urls").cloned().unwrap_or(json!([]));
    same("addresses", &json!(world.fetched), &fetched)?;
    // Where both verdicts are right, so are both readings.
    if vector["expect"] == "accept" {
        same_fields(vector, &fields::of(proven.entity()))?;
    }
    if text(vector, "producer").is_some_and(|producer| producer.contains("gem")) {
        made_alike(vector, keys)?;
    }
    if let Some(theirs) = vector.get("relayable") {
        let relay = proven.entity().relay().ok_or("no relayable")?;
        signed_alike(relay, theirs)?;
        if let Some(theirs) = vector.get("relayed") {
            world.relayed_alike(proven.entity(), relay, theirs)?;
        }
    }
    if let (Some(theirs), Entity::AccountMigration(migration)) =
        (text(vector, "migration_signature_base"), proven.entity())
    {
        same("migration_signature_base", &migration.signed_text().as_str(), &theirs)?;
    }
    Ok(())
}

/// What is written is read back the same.
fn round_trip(entity: &Entity) -> Result<(), String> {
    let again = Entity::parse(entity.to_xml().as_bytes()).map_err(|error| format!("written badly: {error}"))?;
    same("written and read again", &again, entity)
}

fn same_fields(vector: &Value, ours: &Value) -> Result<(), String> {
    let volatile = vector["volatile_fields"].as_array().cloned().unwrap_or_default();
    let theirs = vector["fields"].as_object().ok_or("no fields")?;
    for (name, value) in theirs {
        if !volatile.contains(&json!(name)) {
            same(name, ours.get(name).unwrap_or(&Value::Null), value)?;
        }
    }
    Ok(())
}

/// The same payload, key and secret give the same signature and the same ciphertext.
fn made_alike(vector: &Value, keys: &Keys) -> Result<(), String> {
    let (Some(payload), Some(theirs)) = (text(vector, "payload_xml"), text(vector, "envelope_xml")) else {
        return Ok(());
    };
    let sender = Handle::parse(text(vector, "sender").unwrap_or_default()).ok_or("no sender")?;
    let key = keys.private(text(vector, "sender_key").ok_or("no sender_key")?)?;
    let ours = envelope::sign(payload, &sender, &key).map_err(|error| error.to_string())?;
    same("me:sig", &element(&ours, "me:sig")?, &element(theirs, "me:sig")?)?;
    same("me:data", &element(&ours, "me:data")?, &element(theirs, "me:data")?)?;
    let Some(body) = text(vector, "encrypted_json") else { return Ok(()) };
    let Some(secret) = secret(&vector["aes"]) else { return Ok(()) };
    let body: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let ours = STANDARD.encode(secret.encrypt(theirs.as_bytes()));
    same("encrypted_magic_envelope", &Some(ours.as_str()), &text(&body, "encrypted_magic_envelope"))
}

fn secret(aes: &Value) -> Option<Secret> {
    let part = |name| STANDARD.decode(text(aes, name)?).ok();
    Some(Secret { key: part("key")?.try_into().ok()?, iv: part("iv")?.try_into().ok()? })
}

/// A child of a document: its text and attributes.
fn element(document: &str, name: &str) -> Result<(String, Option<String>), String> {
    let root = xml::parse(document.as_bytes()).map_err(|error| error.to_string())?;
    let child = root.child(name).ok_or(format!("no {name}"))?;
    Ok((child.text().into(), child.attribute("key_id").map(str::to_owned)))
}

/// Order, unknown elements and the text that the author signed.
fn signed_alike(relay: &Relay, theirs: &Value) -> Result<(), String> {
    let order: Vec<&str> = relay.elements.iter().map(|(name, _)| name.as_str()).collect();
    same("signature_order", &json!(order), &theirs["signature_order"])?;
    same("author_signature_base", &json!(relay::signed_text(&relay.elements)), &theirs["author_signature_base"])?;
    for (name, value) in theirs["unknown_properties"].as_object().into_iter().flatten() {
        let ours = relay.elements.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        same(name, &ours, &Some(value.as_str().unwrap_or_default()))?;
    }
    Ok(())
}

/// The receiver's world: keys, what is stored, what other pods answer.
struct World<'a> {
    vector: &'a Value,
    keys: &'a Keys,
    learned: Vec<(&'static str, String, Known)>,
    fetched: Vec<String>,
    /// GUIDs being fetched now; none is fetched for the sake of itself.
    fetching: Vec<String>,
}

impl World<'_> {
    fn receive(&mut self) -> Result<Proven, String> {
        let body = |name| text(self.vector, name).ok_or(format!("no {name}"));
        if self.vector["channel"] == "public" {
            let envelope = envelope::parse(body("envelope_xml")?.as_bytes()).map_err(|error| error.to_string())?;
            return self.take_in(envelope, Route::Public);
        }
        let recipient = Handle::parse(body("recipient")?).ok_or("no recipient")?;
        let key = self.keys.private(body("recipient_key")?)?;
        let envelope =
            envelope::decrypt(body("encrypted_json")?.as_bytes(), &key).map_err(|error| error.to_string())?;
        self.take_in(envelope, Route::Private(&recipient))
    }

    fn take_in(&mut self, envelope: Envelope, route: Route) -> Result<Proven, String> {
        let key = self.key(envelope.sender()).ok_or("no key of the sender")?;
        let opened = envelope.open(&key).map_err(|error| error.to_string())?;
        let subject = judge::subject(&opened.entity).and_then(|subject| self.know(&subject, &opened.entity));
        let signer_key = judge::signer(&opened, subject.as_ref()).and_then(|signer| self.key(signer));
        let facts = Facts { subject, signer_key };
        let proven = judge::judge(opened, route, &facts).map_err(|error| error.to_string())?;
        self.follow_links(proven.entity());
        self.learn(proven.entity(), facts.subject.as_ref());
        Ok(proven)
    }

    fn key(&self, handle: &Handle) -> Option<PublicKey> {
        self.keys.public(text(&self.vector["context"]["keys"], handle.as_str())?).ok()
    }

    /// What is stored about a thing; fetched first when it is not and the message says where.
    fn know(&mut self, subject: &Subject, entity: &Entity) -> Option<Known> {
        let (kind, guid) = match *subject {
            Subject::Post(guid) => ("Post", guid),
            Subject::Comment(guid) => ("Comment", guid),
            Subject::Poll(guid) => ("Poll", guid),
            Subject::Event(guid) => ("Event", guid),
            Subject::Target(kind, guid) => (kind, guid),
        };
        let host = match entity {
            Entity::Reshare(reshare) => reshare.root.as_ref().map(|root| root.author.host()),
            entity => entity.relay().map(|_| entity.author().host()),
        };
        if let Some(known) = self.known(kind, guid) {
            return Some(known);
        }
        self.fetch(host?, &kind.to_lowercase(), guid);
        self.known(kind, guid)
    }

    fn known(&self, kind: &str, guid: &str) -> Option<Known> {
        let learned = self.learned.iter().find(|(known, name, _)| *known == space(kind) && name == guid);
        if let Some((_, _, known)) = learned {
            return Some(known.clone());
        }
        let stored = self.vector["context"]["entities"].as_array()?;
        let is_it = |entity: &&Value| {
            text(entity, "type").map(space) == Some(space(kind)) && text(entity, "guid") == Some(guid)
        };
        stored.iter().find(is_it).and_then(stored_facts)
    }

    fn fetch(&mut self, host: &str, kind: &str, guid: &str) {
        if self.fetching.iter().any(|known| known == guid) {
            return;
        }
        let url = format!("https://{host}/fetch/{kind}/{guid}");
        self.fetched.push(url.clone());
        let answers = self.vector["context"]["fetch"].as_array().cloned().unwrap_or_default();
        let Some(answer) = answers.iter().find(|answer| answer["url"] == url && answer["status"] == 200) else {
            return;
        };
        self.fetching.push(guid.to_owned());
        if let Ok(envelope) = envelope::parse(text(answer, "body").unwrap_or_default().as_bytes()) {
            // What comes instead of what was asked for is of no use, but no harm either.
            let _: Result<Proven, String> = self.take_in(envelope, Route::Public);
        }
        self.fetching.pop();
    }

    fn follow_links(&mut self, entity: &Entity) {
        for link in links::of(entity) {
            if self.known(&link.kind, link.guid.as_str()).is_none() {
                self.fetch(link.author.host(), &link.kind, link.guid.as_str());
            }
        }
    }

    fn learn(&mut self, entity: &Entity, subject: Option<&Known>) {
        let root =
            |author: &Handle| Known { author: author.clone(), root_author: author.clone(), local: false, public: true };
        let mut learn = |kind, guid: &str, known| self.learned.push((kind, guid.to_owned(), known));
        match entity {
            Entity::StatusMessage(post) => {
                learn("post", post.guid.as_str(), root(&post.author));
                if let Some(poll) = &post.poll {
                    learn("poll", poll.guid.as_str(), root(&post.author));
                }
                if let Some(event) = &post.event {
                    learn("event", event.guid.as_str(), root(&post.author));
                }
            }
            Entity::Reshare(reshare) => learn("post", reshare.guid.as_str(), root(&reshare.author)),
            Entity::Event(event) => learn("event", event.guid.as_str(), root(&event.author)),
            Entity::Comment(comment) => {
                if let Some(parent) = subject {
                    let known = Known { author: comment.author.clone(), ..parent.clone() };
                    learn("comment", comment.guid.as_str(), known);
                }
            }
            _ => {}
        }
    }

    /// What the root's author sends on has the same elements in the same order, and both signatures hold.
    fn relayed_alike(&self, entity: &Entity, relay: &Relay, theirs: &Value) -> Result<(), String> {
        let refused = |error: Error| error.to_string();
        let ours = entity.to_xml();
        let theirs_xml = text(theirs, "payload_xml").ok_or("no payload")?;
        same("relayed", &elements(&ours)?, &elements(theirs_xml)?)?;
        let author = self.key(entity.author()).ok_or("no key of the author")?;
        relay::verify(&mut relay.clone(), &author).map_err(refused)?;
        let root = Handle::parse(text(theirs, "sender").unwrap_or_default()).ok_or("no sender")?;
        let key = self.key(&root).ok_or("no key of the root's author")?;
        let private = self.private(&root)?;
        let envelopes = [
            envelope::sign(&ours, &root, &private).map_err(refused)?,
            text(theirs, "envelope_xml").ok_or("no envelope")?.to_owned(),
        ];
        for sent in envelopes {
            let opened = envelope::parse(sent.as_bytes()).and_then(|envelope| envelope.open(&key)).map_err(refused)?;
            same("sender", &opened.sender, &root)?;
            same("entity", &opened.entity.relay(), &entity.relay())?;
        }
        Ok(())
    }

    fn private(&self, handle: &Handle) -> Result<Arc<pappus::federation::diaspora::PrivateKey>, String> {
        self.keys.private(text(&self.vector["context"]["keys"], handle.as_str()).ok_or("no key")?)
    }
}

/// Things of these kinds share one space of GUIDs.
fn space(kind: &str) -> &'static str {
    match kind {
        "Post" | "StatusMessage" | "Reshare" | "post" | "status_message" | "reshare" => "post",
        "Comment" | "comment" => "comment",
        "Like" | "like" => "like",
        "Poll" | "poll" => "poll",
        "Event" | "event" => "event",
        "Photo" | "photo" => "photo",
        "PollParticipation" | "poll_participation" => "poll_participation",
        "EventParticipation" | "event_participation" => "event_participation",
        _ => "other",
    }
}

fn stored_facts(stored: &Value) -> Option<Known> {
    let mut root = stored;
    while root["parent"].is_object() {
        root = &root["parent"];
    }
    let author = |value| Handle::parse(text(value, "author")?);
    Some(Known {
        author: author(stored)?,
        root_author: author(root)?,
        local: root["local"] == Value::Bool(true),
        public: root["public"] == Value::Bool(true),
    })
}

/// Names and texts of a document's children, in order.
fn elements(document: &str) -> Result<Vec<(String, String)>, String> {
    let root = xml::parse(document.as_bytes()).map_err(|error| error.to_string())?;
    Ok(root.children().map(|child| (child.name.clone(), child.text().into())).collect())
}

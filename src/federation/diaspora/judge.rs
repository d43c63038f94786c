//! May this sender send this, by this door? A pure question to the facts that the pod has at hand (diaspora* protocol,
//! "Who may send what").

use super::crypto::{PublicKey, decode_base64};
use super::entity::{AccountMigration, Entity, LikeParent};
use super::{Error, Opened, relay};
use crate::model::Handle;

/// By which door a message came.
#[derive(Clone, Copy, Debug)]
pub enum Route<'a> {
    Public,
    /// Encrypted for this person.
    Private(&'a Handle),
}

/// What a message is about, as the pod knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Author of the thing itself.
    pub author: Handle,
    /// Author of the root of its thread; the same as `author` for a root.
    pub root_author: Handle,
    /// Whether the root's author lives here.
    pub local: bool,
    /// Whether the root is public.
    pub public: bool,
}

/// A thing that must be known before a message can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A post, by GUID.
    Post(&'a str),
    Comment(&'a str),
    /// A poll, by its own GUID.
    Poll(&'a str),
    Event(&'a str),
    /// What a retraction takes back: the wire's kind, and GUID.
    Target(&'a str, &'a str),
}

impl<'a> Subject<'a> {
    pub fn guid(&self) -> &'a str {
        match self {
            Subject::Post(guid)
            | Subject::Comment(guid)
            | Subject::Poll(guid)
            | Subject::Event(guid)
            | Subject::Target(_, guid) => guid,
        }
    }
}

/// What the pod knows. Absent facts are asked for with `Error::MissingSubject` and `Error::MissingKey`.
#[derive(Default)]
pub struct Facts {
    /// What `subject` names.
    pub subject: Option<Known>,
    /// Key of the person that `signer` names.
    pub signer_key: Option<PublicKey>,
}

/// A message that was judged: its sender may send it, and everything in it that is signed is proven.
#[derive(Debug)]
pub struct Proven {
    sender: Handle,
    entity: Entity,
}

impl Proven {
    pub fn sender(&self) -> &Handle {
        &self.sender
    }

    pub fn entity(&self) -> &Entity {
        &self.entity
    }
}

/// What must be known to judge this message: the parent of a relayable, the root of a reshare, the post of a
/// participation, the target of a retraction.
pub fn subject(entity: &Entity) -> Option<Subject<'_>> {
    match entity {
        Entity::Comment(comment) => Some(Subject::Post(comment.parent_guid.as_str())),
        Entity::Like(like) => Some(match like.parent_type {
            LikeParent::Post => Subject::Post(like.parent_guid.as_str()),
            LikeParent::Comment => Subject::Comment(like.parent_guid.as_str()),
        }),
        Entity::PollParticipation(vote) => Some(Subject::Poll(vote.parent_guid.as_str())),
        Entity::EventParticipation(answer) => Some(Subject::Event(answer.parent_guid.as_str())),
        Entity::Participation(participation) => Some(Subject::Post(participation.parent_guid.as_str())),
        Entity::Reshare(reshare) => reshare.root.as_ref().map(|root| Subject::Post(root.guid.as_str())),
        // Stopping to share the old way: its target is the sender.
        Entity::Retraction(retraction) if retraction.target_type == "Person" => None,
        Entity::Retraction(retraction) => {
            Some(Subject::Target(&retraction.target_type, retraction.target_guid.as_str()))
        }
        _ => None,
    }
}

/// Whose key is needed besides the sender's: the author's of a relayable that somebody else wrote than the root's
/// author, the other identity's of a migration.
pub fn signer<'a>(opened: &'a Opened, subject: Option<&Known>) -> Option<&'a Handle> {
    match &opened.entity {
        Entity::AccountMigration(migration) => Some(migration.other()),
        entity if entity.relay().is_some() => {
            subject.is_some_and(|known| known.root_author != *entity.author()).then(|| entity.author())
        }
        _ => None,
    }
}

/// Judges a message.
pub fn judge(mut opened: Opened, route: Route, facts: &Facts) -> Result<Proven, Error> {
    by_route(&opened.entity, route)?;
    if opened.entity.relay().is_some() {
        relayable(&mut opened, facts)?;
    } else {
        match &opened.entity {
            Entity::Retraction(retraction) => retracted(&opened, &retraction.target_type, facts)?,
            Entity::AccountMigration(migration) => {
                from_author(&opened)?;
                migrated(migration, facts)?;
            }
            Entity::Reshare(reshare) => {
                from_author(&opened)?;
                if let Some(root) = &reshare.root {
                    let known = facts.subject.as_ref().ok_or(Error::MissingSubject)?;
                    ensure(known.author == root.author, "root_author did not write the root")?;
                    ensure(known.public, "the root is not public")?;
                }
            }
            Entity::Participation(_) => {
                from_author(&opened)?;
                let known = facts.subject.as_ref().ok_or(Error::MissingSubject)?;
                ensure(known.local, "the post is not ours")?;
            }
            _ => from_author(&opened)?,
        }
    }
    Ok(Proven { sender: opened.sender, entity: opened.entity })
}

fn ensure(holds: bool, rule: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Rule(rule)) }
}

/// What each door lets in.
fn by_route(entity: &Entity, route: Route) -> Result<(), Error> {
    match (route, entity) {
        (Route::Public, Entity::StatusMessage(post)) => ensure(post.public, "not public"),
        (Route::Public, Entity::Photo(photo)) => ensure(photo.public, "not public"),
        (Route::Public, Entity::Profile(profile)) => {
            ensure(profile.public == Some(true) || profile.is_basic(), "not public")
        }
        (
            Route::Public,
            Entity::Contact(_) | Entity::Conversation(_) | Entity::Message(_) | Entity::Participation(_),
        ) => Err(Error::Rule("only private")),
        (Route::Private(recipient), Entity::Contact(contact)) => {
            ensure(contact.recipient == *recipient, "meant for somebody else")
        }
        (Route::Private(recipient), Entity::Conversation(conversation)) => {
            ensure(conversation.participants.contains(recipient), "the recipient does not take part")
        }
        _ => Ok(()),
    }
}

fn from_author(opened: &Opened) -> Result<(), Error> {
    ensure(opened.sender == *opened.entity.author(), "the sender is not the author")
}

/// A relayable comes from its author to the root's pod, or from the root's author to everybody. Its author signed it,
/// unless the root is their own.
fn relayable(opened: &mut Opened, facts: &Facts) -> Result<(), Error> {
    let known = facts.subject.as_ref().ok_or(Error::MissingSubject)?;
    let author = opened.entity.author();
    let upstream = opened.sender == *author && known.local;
    ensure(upstream || opened.sender == known.root_author, "only the author of the root passes it on")?;
    if *author == known.root_author {
        return Ok(());
    }
    let key = facts.signer_key.as_ref().ok_or(Error::MissingKey)?;
    let relay = opened.entity.relay_mut().ok_or(Error::AuthorSignature)?;
    relay::verify(relay, key)
}

/// Proves that the author of a relayable from an archive signed it.
pub fn prove_archived(entity: &mut Entity, key: &PublicKey) -> Result<(), Error> {
    relay::verify(entity.relay_mut().ok_or(Error::AuthorSignature)?, key)
}

/// Comments, likes and votes are taken back by their author or the root's; everything else by its author alone.
fn retracted(opened: &Opened, kind: &str, facts: &Facts) -> Result<(), Error> {
    if kind == "Person" {
        return from_author(opened);
    }
    let known = facts.subject.as_ref().ok_or(Error::MissingSubject)?;
    let by_root = matches!(kind, "Comment" | "Like" | "PollParticipation") && opened.sender == known.root_author;
    ensure(by_root || opened.sender == known.author, "not theirs to take back")
}

/// Both keys take part: one signed the envelope, the other the text.
fn migrated(migration: &AccountMigration, facts: &Facts) -> Result<(), Error> {
    let key = facts.signer_key.as_ref().ok_or(Error::MissingKey)?;
    let signature = migration.signature.as_deref().and_then(decode_base64).ok_or(Error::AuthorSignature)?;
    key.verify(migration.signed_text().as_bytes(), &signature).map_err(|_| Error::AuthorSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(id: &str) -> Handle {
        Handle::parse(id).expect("legal")
    }

    fn from(sender: &str, xml: &str) -> Opened {
        Opened { sender: handle(sender), entity: Entity::parse(xml.as_bytes()).expect("legal") }
    }

    fn known(author: &str, root: &str, local: bool) -> Facts {
        let known = Known { author: handle(author), root_author: handle(root), local, public: true };
        Facts { subject: Some(known), signer_key: None }
    }

    fn comment(author: &str) -> String {
        format!(
            "<comment><author>{author}</author><guid>1234567890abcdef</guid><parent_guid>abcdef1234567890</parent_guid>\
             <text>x</text></comment>"
        )
    }

    fn retraction(kind: &str) -> String {
        format!(
            "<retraction><author>b@b.example</author><target_guid>1234567890abcdef</target_guid>\
             <target_type>{kind}</target_type></retraction>"
        )
    }

    #[test]
    fn a_comment_comes_from_its_author_to_the_roots_pod_or_from_the_roots_author() {
        let comes = |sender, author, local| {
            judge(from(sender, &comment(author)), Route::Public, &known("a@a.example", "a@a.example", local)).err()
        };
        assert_eq!(comes("a@a.example", "a@a.example", false), None);
        // The sender is right; what lacks is the key that proves the author.
        assert_eq!(comes("a@a.example", "b@b.example", false), Some(Error::MissingKey));
        assert_eq!(comes("b@b.example", "b@b.example", true), Some(Error::MissingKey));
        assert!(matches!(comes("b@b.example", "b@b.example", false), Some(Error::Rule(_))));
        assert!(matches!(comes("c@c.example", "b@b.example", true), Some(Error::Rule(_))));
        let facts = Facts::default();
        let unknown = judge(from("b@b.example", &comment("b@b.example")), Route::Public, &facts);
        assert_eq!(unknown.err(), Some(Error::MissingSubject));
    }

    #[test]
    fn only_comments_likes_and_votes_are_taken_back_by_the_roots_author() {
        let takes = |sender, kind| {
            let facts = known("b@b.example", "a@a.example", true);
            judge(from(sender, &retraction(kind)), Route::Public, &facts).is_ok()
        };
        for kind in ["Comment", "Like", "PollParticipation"] {
            assert!(takes("a@a.example", kind) && takes("b@b.example", kind) && !takes("c@c.example", kind));
        }
        for kind in ["Post", "EventParticipation", "Photo"] {
            assert!(takes("b@b.example", kind) && !takes("a@a.example", kind));
        }
    }

    #[test]
    fn what_is_private_does_not_come_by_the_public_door_nor_to_the_wrong_mailbox() {
        let contact = "<contact><author>a@a.example</author><recipient>b@b.example</recipient></contact>";
        let (b, c) = (handle("b@b.example"), handle("c@c.example"));
        let comes = |route| judge(from("a@a.example", contact), route, &Facts::default()).is_ok();
        assert!(comes(Route::Private(&b)));
        assert!(!comes(Route::Private(&c)) && !comes(Route::Public));
    }
}

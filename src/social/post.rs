//! Posting.

use super::{Error, Invalid, Refused, Result, audience, checked_text, gate, notice, participation, poll};
use crate::model::case::Kind;
use crate::model::{
    Audience, Embed, Event, Guid, Need, Outgoing, Person, PersonId, Photo, PhotoId, Place, Poll, Post, TEXT_MAX,
    Timestamp, User, markdown, mention, tag,
};
use crate::store::{
    Tx, aspects, audience as readers, contacts, events, links, needs, outbox, people, photos, polls, posts,
};

/// Characters of the name of a place at the most (diaspora* protocol, "location").
const PLACE_MAX: usize = 255;

/// What a user writes.
pub struct New<'a> {
    /// Markdown.
    pub text: &'a str,
    pub audience: Audience,
    /// GUIDs of photos that were brought, and what each shows.
    pub photos: &'a [(String, String)],
    pub poll: Option<poll::New<'a>>,
    pub place: Option<Place>,
}

/// Publishes a user's post: stores it, tells those it names, sends it to its audience.
pub fn publish(tx: &Tx, me: &User, new: &New) -> Result<Post> {
    let photos = chosen_photos(tx, me, new.photos)?;
    let text = match checked_text(new.text, TEXT_MAX) {
        Err(Invalid::Empty) if !photos.is_empty() => String::new(),
        other => other?,
    };
    let readers = chosen_readers(tx, me, &new.audience)?;
    let public = new.audience == Audience::Public;
    let arrived = Arrived {
        guid: Guid::random(),
        public,
        text: if public { text } else { only_for(tx, me, &readers, text)? },
        created_at: tx.now,
        poll: new.poll.as_ref().map(poll::checked).transpose()?,
        place: new.place.as_ref().map(checked_place).transpose()?,
        ..Arrived::default()
    };
    let post = store(tx, &me.person, &arrived, &readers)?.ok_or(Error::Missing("post"))?;
    for (photo, text) in photos {
        photos::attach(tx, photo, post.id, post.public, &text)?;
    }
    outbox::add(tx, me.id, &Outgoing::Post(post.id), &audience::of_post(tx, me, &post)?)?;
    Ok(post)
}

/// Those of the photos that are still there; each once.
fn chosen_photos(tx: &Tx, me: &User, chosen: &[(String, String)]) -> Result<Vec<(PhotoId, String)>> {
    let guids: Vec<&str> = chosen.iter().map(|(guid, _)| guid.as_str()).collect();
    let mut photos: Vec<(PhotoId, String)> = Vec::new();
    for (id, photo) in photos::unposted(tx, me.person.id, &guids)? {
        let text = chosen.iter().find(|(guid, _)| guid == photo.guid.as_str()).map_or("", |(_, text)| text);
        super::checked_length(text, TEXT_MAX)?;
        if !photos.iter().any(|(known, _)| *known == id) {
            photos.push((id, text.trim().replace("\r\n", "\n")));
        }
    }
    Ok(photos)
}

/// The people in the chosen aspects; none for a public post, which everybody may read.
fn chosen_readers(tx: &Tx, me: &User, chosen: &Audience) -> Result<Vec<PersonId>> {
    let aspects = match chosen {
        Audience::Public => return Ok(Vec::new()),
        Audience::All => aspects::of_user(tx, me.id)?.into_iter().map(|aspect| aspect.id).collect(),
        Audience::Some(aspects) if aspects.is_empty() => return Err(Invalid::NoAspect.into()),
        Audience::Some(aspects) => aspects.clone(),
    };
    Ok(aspects::members(tx, me.id, &aspects)?)
}

/// A place with a name; one without coordinates gets those of nowhere, since the protocol wants some (§ location).
fn checked_place(place: &Place) -> Result<Place> {
    super::checked_length(&place.address, PLACE_MAX)?;
    let number = |text: &str| Some(text.to_owned()).filter(|text| text.parse::<f64>().is_ok_and(f64::is_finite));
    let (lat, lng) = match (number(&place.lat), number(&place.lng)) {
        (Some(lat), Some(lng)) => (lat, lng),
        _ => ("0".to_owned(), "0".to_owned()),
    };
    Ok(Place { address: place.address.clone(), lat, lng })
}

/// The text of a limited post: whoever may not read it is not mentioned, but named with a link.
fn only_for(tx: &Tx, me: &User, readers: &[PersonId], text: String) -> Result<String> {
    let mut out = String::new();
    let mut copied = 0;
    for mention in mention::of_text(&text) {
        let Some(person) = people::by_handle(tx, &mention.handle)? else { continue };
        if person.id == me.person.id || readers.contains(&person.id) {
            continue;
        }
        out.push_str(&text[copied..mention.at.start]);
        let name: String = mention.name.unwrap_or(&person.name).chars().filter(|c| !"[]".contains(*c)).collect();
        out.push_str(&format!("[@{name}]({}/people/{})", person.url, person.guid));
        copied = mention.at.end;
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

/// A post as it came from another pod, or is about to be stored here.
pub struct Arrived {
    pub guid: Guid,
    pub public: bool,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub provider: Option<String>,
    pub place: Option<Place>,
    pub embed: Option<Embed>,
    pub photos: Vec<Photo>,
    pub poll: Option<Poll>,
    pub event: Option<Event>,
}

impl Default for Arrived {
    fn default() -> Arrived {
        Arrived {
            guid: Guid::random(),
            public: false,
            text: String::new(),
            created_at: Timestamp(0),
            edited_at: None,
            provider: None,
            place: None,
            embed: None,
            photos: Vec::new(),
            poll: None,
            event: None,
        }
    }
}

/// Takes in a post of another pod; `recipient` is whose private door it came by. The author hears that we want to know
/// what happens on a public one.
pub fn receive(tx: &Tx, author: &Person, arrived: &Arrived, recipient: Option<&User>) -> Result<()> {
    gate::admit(tx, author)?;
    if let Some(me) = recipient
        && contacts::is_blocked(tx, me.id, author.id)?
    {
        return Err(Refused::Ignored.into());
    }
    let reader = recipient.map(|me| me.person.id);
    match store(tx, author, arrived, reader.as_slice())? {
        Some(post) if post.public => participation::ask(tx, author, &post),
        Some(_) => Ok(()),
        None => again(tx, author, arrived, reader),
    }
}

/// A post that is here already: the same one for another reader, or somebody else's GUID.
fn again(tx: &Tx, author: &Person, arrived: &Arrived, reader: Option<PersonId>) -> Result<()> {
    let known = posts::by_guid(tx, arrived.guid.as_str())?.ok_or(Error::Missing("post"))?;
    gate::same_author(known.author, author)?;
    if !known.public
        && let Some(reader) = reader
    {
        readers::add(tx, known.id, reader)?;
    }
    Ok(())
}

/// Stores a post with all that belongs to it, and tells whom it names; `None` when its GUID is known.
fn store(tx: &Tx, author: &Person, arrived: &Arrived, readers: &[PersonId]) -> Result<Option<Post>> {
    let Some(post) = insert(tx, author, arrived, readers)? else { return Ok(None) };
    note_link(tx, author, arrived)?;
    let named = note_mentions(tx, author, &post)?;
    notice::of_mentions(tx, &post, &named)?;
    Ok(Some(post))
}

/// The rows of a post and of what belongs to it; `None` when its GUID is known.
pub(super) fn insert(tx: &Tx, author: &Person, arrived: &Arrived, readers: &[PersonId]) -> Result<Option<Post>> {
    gate::admit_thing(tx, Kind::Post, &arrived.guid)?;
    let Some(id) = posts::add(
        tx,
        &posts::New {
            guid: &arrived.guid,
            author: author.id,
            public: arrived.public,
            reshare: false,
            root: None,
            text: &arrived.text,
            created_at: arrived.created_at,
            edited_at: arrived.edited_at,
            provider: arrived.provider.as_deref(),
            place: arrived.place.clone(),
            embed: arrived.embed.clone(),
        },
    )?
    else {
        return Ok(None);
    };
    for reader in readers {
        readers::add(tx, id, *reader)?;
    }
    for photo in &arrived.photos {
        if !gate::is_removed(tx, Kind::Photo, &photo.guid)? {
            photos::add(tx, author.id, Some(id), photo)?;
        }
    }
    if let Some(poll) = &arrived.poll {
        polls::add(tx, id, poll)?;
    }
    if let Some(event) = &arrived.event {
        events::add(tx, Some(id), arrived.public, event)?;
    }
    for tag in tag::of_text(&arrived.text) {
        posts::add_tag(tx, id, &tag)?;
    }
    Ok(Some(posts::get(tx, id)?.ok_or(Error::Missing("post"))?))
}

/// Bytes of a link that is looked at.
const LINK_MAX: usize = 2_048;

/// Asks what the first link leads to, unless the author wants no preview or their pod's posts have too many links.
fn note_link(tx: &Tx, author: &Person, arrived: &Arrived) -> Result<()> {
    if arrived.embed.as_ref().is_some_and(|embed| embed.nothing) {
        return Ok(());
    }
    match markdown::first_link(&arrived.text) {
        Some(url) if url.len() <= LINK_MAX && !links::has(tx, url)? => {
            Ok(needs::mention(tx, &Need::Link(url.to_owned()), author.host.as_deref())?)
        }
        _ => Ok(()),
    }
}

/// Unknown people looked up for one post at the most.
const LOOKUPS_MAX: usize = 10;

/// Notes whom a post names. Somebody unknown is looked up, so that the name leads somewhere later.
fn note_mentions(tx: &Tx, author: &Person, post: &Post) -> Result<Vec<Person>> {
    let (mut named, mut lookups) = (Vec::new(), 0);
    for handle in mention::handles(&post.text) {
        match people::by_handle(tx, &handle)? {
            Some(person) => {
                posts::add_mention(tx, post.id, person.id)?;
                named.push(person);
            }
            None if lookups < LOOKUPS_MAX => {
                needs::mention(tx, &Need::Person(handle), author.host.as_deref())?;
                lookups += 1;
            }
            None => {}
        }
    }
    Ok(named)
}

//! From rows to what templates show: people, posts, comments.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::error::Error;
use super::render::Html;
use super::visit::Visit;
use crate::media::folder::{self, SCALED};
use crate::media::proxy;
use crate::model::markdown::{self, World};
use crate::model::{Guid, Handle, PersonId, Photo, PostId, User, mention};
use crate::social;
use crate::store::events::Counted;
use crate::store::shown::{self, Answer, Card, Item};
use crate::store::stream::{self, Before, Place};
use crate::store::{self, Db, events, links};

/// A person in a list or above a post.
#[derive(Clone, Debug, Serialize)]
pub struct Face {
    pub url: String,
    pub name: String,
    pub handle: String,
    /// Address of a picture of theirs, on this pod.
    pub face: Option<String>,
    /// Shown when there is no picture.
    pub initial: String,
    /// A colour for the initial, 0 to 5.
    pub hue: u8,
    /// What the list has to say about them.
    pub note: Option<String>,
}

/// A post.
#[derive(Debug, Serialize)]
pub struct Post {
    pub guid: String,
    pub author: Face,
    pub local: bool,
    pub at: i64,
    pub public: bool,
    pub html: Html,
    pub photos: Vec<Picture>,
    pub media: Vec<Player>,
    pub poll: Option<Poll>,
    pub event: Option<Event>,
    pub link: Option<Link>,
    pub nsfw: bool,
    pub provider: Option<String>,
    pub place: Option<String>,
    pub reshare: bool,
    /// Where a stranger reads the original, when it was written on another pod.
    pub elsewhere: Option<String>,
    /// The original of a reshare.
    pub root: Option<Box<Post>>,
    pub likes: i64,
    pub comments: i64,
    pub reshares: i64,
    pub liked: bool,
    pub reshared: bool,
    /// The reader is told what happens on it.
    pub subscribed: bool,
    /// The reader does not want to see it in streams.
    pub hidden: bool,
    /// Written by the reader.
    pub mine: bool,
    /// The newest comments.
    pub last: Vec<Comment>,
}

#[derive(Debug, Serialize)]
pub struct Picture {
    pub src: String,
    pub full: String,
    pub alt: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// Sound or moving pictures elsewhere, which the browser only asks for when the reader wants them.
#[derive(Debug, Serialize)]
pub struct Player {
    pub src: String,
    pub moving: bool,
}

/// What a link in a post leads to.
#[derive(Debug, Serialize)]
pub struct Link {
    pub url: String,
    /// The name of the site.
    pub host: String,
    pub title: String,
    pub description: Option<String>,
    pub image: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Poll {
    pub question: String,
    pub votes: i64,
    /// The reader voted.
    pub voted: bool,
    pub answers: Vec<Choice>,
}

#[derive(Debug, Serialize)]
pub struct Choice {
    pub guid: String,
    pub text: String,
    pub votes: i64,
    /// The reader chose it.
    pub mine: bool,
}

#[derive(Debug, Serialize)]
pub struct Event {
    pub summary: String,
    pub time: String,
    pub place: Option<String>,
    pub html: Html,
    pub answers: Vec<EventAnswers>,
}

/// Who comes to an event, or does not.
#[derive(Clone, Debug, Serialize)]
pub struct EventAnswers {
    pub status: &'static str,
    pub count: i64,
    /// The reader is among them.
    pub mine: bool,
}

/// A comment.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    pub guid: String,
    /// GUID of the post.
    pub post: String,
    pub author: Face,
    pub at: i64,
    pub html: Html,
    pub likes: i64,
    pub liked: bool,
    /// The reader may delete it: it is theirs, or under a post of theirs.
    pub mine: bool,
    /// The reader wrote it.
    pub own: bool,
}

/// The path of a picture on this pod: its own when it lies here, else that of the proxy.
pub fn picture(visit: &Visit, address: &str) -> Option<String> {
    if let Some(path) = address.strip_prefix(visit.pod.url.as_str())
        && path.strip_prefix(folder::PATH).is_some_and(|name| folder::content_type(name).is_some())
    {
        return Some(path.to_owned());
    }
    proxy::path(&visit.pod.secret, address)
}

/// A person as a face.
pub fn face(visit: &Visit, card: &Card) -> Face {
    Face {
        url: format!("/people/{}", card.guid),
        name: card.name.clone(),
        handle: card.handle.to_string(),
        face: card.image.as_deref().and_then(|address| picture(visit, address)),
        initial: initial(&card.name),
        hue: hue(&card.handle),
        note: None,
    }
}

/// The first letter of a name.
pub fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map_or("·".to_owned(), String::from)
}

/// A colour that is always the same for the same person.
pub fn hue(handle: &Handle) -> u8 {
    handle.as_str().bytes().fold(7_u8, |sum, b| sum.wrapping_mul(31).wrapping_add(b)) % 6
}

/// A text of somebody as HTML. `unique` sets its footnotes apart from those of other texts on the page.
pub fn html(visit: &Visit, text: &str, named: &HashMap<Handle, (Guid, String)>, unique: &str) -> Html {
    html_of(visit, text, named, unique, false)
}

/// The same, without pictures when the podmin wants none of its author's.
fn html_of(
    visit: &Visit,
    text: &str,
    named: &HashMap<Handle, (Guid, String)>,
    unique: &str,
    no_pictures: bool,
) -> Html {
    visit.fit(text, || written(visit, text, named, unique, no_pictures))
}

fn written(
    visit: &Visit,
    text: &str,
    named: &HashMap<Handle, (Guid, String)>,
    unique: &str,
    no_pictures: bool,
) -> String {
    let person = |handle: &Handle| named.get(handle).map(|(guid, name)| (format!("/people/{guid}"), name.clone()));
    let image = |address: &str| picture(visit, address).filter(|_| !no_pictures);
    markdown::html(text, &World { person: &person, image: &image, prefix: unique })
}

/// A text that is not sent yet, as it will be shown, however much else is on the page.
pub fn preview(visit: &Visit, text: &str) -> Result<Html, Error> {
    let named = visit.pod.store.read(|db| shown::named(db, &handles([text].into_iter())))?;
    Ok(Html(written(visit, &text.replace("\r\n", "\n"), &named, "preview", false)))
}

/// A page of a stream: its posts, and where the next page begins.
#[derive(Default)]
pub struct Page {
    pub posts: Vec<Post>,
    pub next: Option<Before>,
}

/// The posts at these places, and whether there are more than a page of them.
pub fn page(visit: &Visit, db: &Db, mut places: Vec<Place>) -> Result<Page, Error> {
    let more = places.len() > stream::PAGE;
    places.truncate(stream::PAGE);
    let next = places.last().filter(|_| more).map(|last| Before { time: last.time, id: last.id });
    let ids: Vec<PostId> = places.iter().map(|place| place.id).collect();
    let mut posts = posts(visit, db, &ids, true)?;
    // What several people reshared, or what stands there itself too, is shown once: where it came up last.
    let mut seen = HashSet::new();
    posts.retain(|post| seen.insert(post.root.as_ref().map_or(&post.guid, |root| &root.guid).clone()));
    Ok(Page { posts, next })
}

/// The link to a next page of a stream at `path`.
pub fn next_link(path: &str, next: Option<Before>) -> Option<String> {
    let sign = if path.contains('?') { '&' } else { '?' };
    next.map(|before| format!("{path}{sign}max_time={}&id={}", before.time.0, before.id))
}

/// Posts with all that is shown of them. `talk`: with their newest comments.
pub fn posts(visit: &Visit, db: &Db, ids: &[PostId], talk: bool) -> Result<Vec<Post>, Error> {
    let me = visit.me();
    let items = shown::items(db, ids, me.map(|me| me.person.id))?;
    let roots: Vec<PostId> = items.iter().filter_map(|item| item.post.root).collect();
    // What people elsewhere wrote is read by strangers where it was written, also when somebody here reshares it.
    let (roots, elsewhere) = match me {
        None if !roots.is_empty() => (shown::for_strangers(db, &roots)?, shown::addresses(db, &roots)?),
        _ => (roots, HashMap::new()),
    };
    let roots = if roots.is_empty() { Vec::new() } else { shown::items(db, &roots, me.map(|me| me.person.id))? };
    let around = Around::gather(db, me, items.iter().chain(&roots), talk)?;
    let roots: HashMap<PostId, &Item> = roots.iter().map(|item| (item.post.id, item)).collect();
    let shown = |item: &Item| {
        let mut post = around.post(visit, item, item.post.root.and_then(|id| roots.get(&id).copied()))?;
        post.elsewhere = item.post.root.and_then(|id| elsewhere.get(&id).cloned());
        Ok(post)
    };
    items.iter().map(shown).collect()
}

/// The original of a reshare, when the reader reads it here, and with it what was said under it (see `posts`).
pub fn original(db: &Db, root: Option<PostId>, reader: Option<&User>) -> Result<Option<PostId>, Error> {
    match (root, reader) {
        (Some(root), None) => Ok(shown::for_strangers(db, &[root])?.pop()),
        (root, _) => Ok(root),
    }
}

/// Comments as they are shown; `owner` wrote the post.
pub fn comments(
    visit: &Visit,
    db: &Db,
    found: &[shown::Comment],
    post: &str,
    owner: PersonId,
) -> Result<Vec<Comment>, Error> {
    let authors: Vec<PersonId> = found.iter().map(|comment| comment.author).collect();
    let people = shown::cards(db, &authors)?;
    let named = shown::named(db, &handles(found.iter().map(|comment| comment.text.as_str())))?;
    Ok(found.iter().filter_map(|comment| comment_view(visit, comment, &people, &named, post, owner)).collect())
}

fn comment_view(
    visit: &Visit,
    comment: &shown::Comment,
    people: &HashMap<PersonId, Card>,
    named: &HashMap<Handle, (Guid, String)>,
    post: &str,
    owner: PersonId,
) -> Option<Comment> {
    let me = visit.me().map(|me| me.person.id);
    Some(Comment {
        guid: comment.guid.to_string(),
        post: post.to_owned(),
        author: face(visit, people.get(&comment.author)?),
        at: comment.time.0,
        html: html_of(visit, &comment.text, named, &format!("c{}", comment.id), comment.no_pictures),
        likes: comment.likes,
        liked: comment.liked,
        mine: me == Some(comment.author) || me == Some(owner),
        own: me == Some(comment.author),
    })
}

/// Everybody who is mentioned in these texts.
pub fn handles<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Handle> {
    let mut handles: Vec<Handle> = texts.filter(|text| text.contains("@{")).flat_map(mention::handles).collect();
    handles.sort();
    handles.dedup();
    handles
}

/// What belongs to the posts of a page, fetched for all of them at once.
struct Around {
    people: HashMap<PersonId, Card>,
    named: HashMap<Handle, (Guid, String)>,
    photos: Vec<(PostId, Photo)>,
    answers: Vec<Answer>,
    events: HashMap<PostId, (crate::model::Event, Vec<Counted>)>,
    links: HashMap<String, links::Link>,
    comments: Vec<shown::Comment>,
}

impl Around {
    fn gather<'i>(
        db: &Db,
        me: Option<&User>,
        items: impl Iterator<Item = &'i Item>,
        talk: bool,
    ) -> Result<Around, store::Error> {
        let items: Vec<&Item> = items.collect();
        let with = |rule: fn(&Item) -> bool| -> Vec<PostId> {
            // An original may stand there itself as well.
            let mut ids: Vec<PostId> = items.iter().filter(|item| rule(item)).map(|item| item.post.id).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        let comments = match me {
            Some(me) if talk => shown::last_comments(db, &with(|item| item.comments > 0), Some(me))?,
            _ => Vec::new(),
        };
        let mut authors: Vec<PersonId> = items.iter().map(|item| item.post.author).collect();
        authors.extend(comments.iter().map(|comment| comment.author));
        let texts = items.iter().map(|item| item.post.text.as_str());
        let named = handles(texts.chain(comments.iter().map(|comment| comment.text.as_str())));
        let mut happening = HashMap::new();
        for post in with(|item| item.has_event) {
            if let Some(event) = events::of_post(db, post)? {
                let answers = events::answers_of_post(db, post, me.map(|me| me.person.id))?;
                happening.insert(post, (event, answers));
            }
        }
        Ok(Around {
            people: shown::cards(db, &authors)?,
            named: shown::named(db, &named)?,
            photos: shown::photos(db, &with(|item| item.has_photos))?,
            answers: shown::answers(db, &with(|item| item.has_poll), me.map(|me| me.person.id))?,
            events: happening,
            links: links::get(db, &items.iter().filter_map(|item| first_link(item)).collect::<Vec<_>>())?,
            comments,
        })
    }

    fn post(&self, visit: &Visit, item: &Item, root: Option<&Item>) -> Result<Post, Error> {
        let post = &item.post;
        let author = self.people.get(&post.author).ok_or(Error::Missing)?;
        let me = visit.me().map(|me| me.person.id);
        let comments = self.comments.iter().filter(|comment| comment.post == post.id);
        Ok(Post {
            guid: post.guid.to_string(),
            author: face(visit, author),
            local: author.local,
            at: post.created_at.0,
            public: post.public,
            html: html_of(visit, &post.text, &self.named, &format!("p{}", post.id), item.no_pictures),
            photos: self.photos(visit, post.id),
            media: players(&post.text),
            poll: self.poll(post.id),
            event: self.events.get(&post.id).map(|(event, answers)| self.event(visit, post.id, event, answers)),
            link: self.link(visit, item),
            nsfw: author.nsfw || is_nsfw(&post.text),
            provider: post.provider.clone(),
            place: post.place.as_ref().map(|place| place.address.clone()),
            reshare: post.reshare,
            elsewhere: None,
            root: root.map(|root| self.post(visit, root, None).map(Box::new)).transpose()?,
            likes: item.likes,
            comments: item.comments,
            reshares: item.reshares,
            liked: item.liked,
            reshared: item.reshared,
            subscribed: item.subscribed,
            hidden: item.hidden,
            mine: me == Some(post.author),
            last: comments
                .filter_map(|comment| {
                    comment_view(visit, comment, &self.people, &self.named, post.guid.as_str(), post.author)
                })
                .collect(),
        })
    }

    fn photos(&self, visit: &Visit, post: PostId) -> Vec<Picture> {
        let own = self.photos.iter().filter(|(id, _)| *id == post);
        own.filter_map(|(_, photo)| {
            let full = picture(visit, &format!("{}{}", photo.path, photo.name))?;
            let alt = if photo.text.is_empty() { visit.say("post.picture") } else { photo.text.clone() };
            let src = picture(visit, &format!("{}{SCALED}{}", photo.path, photo.name))?;
            Some(Picture { src, full, alt, width: photo.width, height: photo.height })
        })
        .collect()
    }

    fn poll(&self, post: PostId) -> Option<Poll> {
        let own: Vec<&Answer> = self.answers.iter().filter(|answer| answer.post == post).collect();
        let question = own.first()?.question.clone();
        let votes = own.iter().map(|answer| answer.votes).sum();
        let choice = |answer: &&Answer| Choice {
            guid: answer.guid.to_string(),
            text: answer.text.clone(),
            votes: answer.votes,
            mine: answer.mine,
        };
        let voted = own.iter().any(|answer| answer.mine);
        Some(Poll { question, votes, voted, answers: own.iter().map(choice).collect() })
    }

    fn link(&self, visit: &Visit, item: &Item) -> Option<Link> {
        let url = first_link(item)?;
        let found = self.links.get(url)?;
        Some(Link {
            url: url.to_owned(),
            host: url::Url::parse(url).ok()?.host_str()?.trim_start_matches("www.").to_owned(),
            title: found.title.clone()?,
            description: found.description.clone(),
            image: found.image.as_deref().and_then(|address| picture(visit, address)).filter(|_| !item.no_pictures),
        })
    }

    fn event(&self, visit: &Visit, post: PostId, event: &crate::model::Event, answers: &[Counted]) -> Event {
        let answers = social::event::STATUSES.map(|status| {
            let found = answers.iter().find(|found| found.status == status);
            EventAnswers {
                status,
                count: found.map_or(0, |found| found.count),
                mine: found.is_some_and(|found| found.mine),
            }
        });
        let moment = |time| if event.all_day { visit.book.day(time, true) } else { visit.book.moment(time) };
        let end = event.ends_at.map(|end| format!(" – {}", moment(end))).unwrap_or_default();
        Event {
            summary: event.summary.clone(),
            time: format!("{}{end}", moment(event.starts_at)),
            place: event.place.as_ref().map(|place| place.address.clone()),
            html: html(visit, &event.description, &self.named, &format!("e{post}")),
            answers: answers.to_vec(),
        }
    }
}

/// Players for what a text leads to.
fn players(text: &str) -> Vec<Player> {
    let player = |media: markdown::Media| Player { src: media.address.to_owned(), moving: media.moving };
    markdown::media(text).into_iter().map(player).collect()
}

/// The link of a post that may have a preview.
pub fn first_link(item: &Item) -> Option<&str> {
    let unwanted = item.no_previews || item.post.embed.as_ref().is_some_and(|embed| embed.nothing);
    if unwanted { None } else { markdown::first_link(&item.post.text) }
}

/// A post is not safe for work when it says so (diaspora* protocol, "text conventions").
pub fn is_nsfw(text: &str) -> bool {
    crate::model::tag::all(text).any(|tag| tag == "nsfw")
}

//! Every surface on which a post, a comment, a picture, a profile or an account can be seen: one list. A trial walks all
//! of them with everything that can be held; the pod walks them itself after a removal, for the receipt. A route that
//! reads (`routes`) and is neither here nor among those that show nothing of anybody's fails the build.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::{Body, Method, Request, Response, handle};
use crate::media::folder::{self, SIZES};
use crate::media::proxy;
use crate::model::case::{Kind, Subject};
use crate::model::{CaseId, UserId, tag};
use crate::moderation::receipt::{self, File, Surface};
use crate::pod::Pod;
use crate::store::{self, Db, accounts, cases, held, people};

/// What a surface shows things of, and how it is asked.
struct Place {
    /// The pattern of its route.
    route: &'static str,
    /// The addresses of the thing there, after the path's beginning; none: it cannot be there.
    asks: fn(&Marks) -> Vec<String>,
}

/// Routes that show nothing of anybody's, or only to the podmin or about the one who asks.
#[cfg(test)]
const BARE: &[&str] = &[
    "/health",
    "/style.css",
    "/script.js",
    "/favicon.svg",
    "/robots.txt",
    "/manifest.json",
    "/avatar.png",
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/.well-known/advisory-key",
    "/nodeinfo/:version",
    "/setup",
    "/login",
    "/login/",
    "/i/:code",
    "/help",
    "/statistics",
    "/about",
    "/terms",
    "/imprint",
    "/contact",
    "/transparency",
    "/podmin/alarm",
    "/transparency.csv",
    "/moderation/",
    "/report",
    "/decisions",
    "/podmin",
    "/stream/new",
    "/bookmarklet",
    "/posts/:guid/delete",
    "/comments/:guid/delete",
    "/photos/:guid/delete",
    "/notifications/unread",
    "/profile",
    "/settings",
    "/request",
];

/// A stream is asked from its top, and from right after the thing, however old that is.
macro_rules! stream {
    ($path:literal) => {
        Place {
            route: $path,
            asks: |marks| vec![$path.to_owned(), format!(concat!($path, "?max_time={}"), marks.time + 1)],
        }
    };
}

const SURFACES: &[Place] = &[
    stream!("/stream"),
    stream!("/aspects"),
    stream!("/mentions"),
    stream!("/followed_tags"),
    stream!("/activity"),
    stream!("/liked"),
    stream!("/commented"),
    stream!("/public"),
    Place { route: "/welcome", asks: |marks| vec![format!("/welcome?from={}", marks.person)] },
    Place { route: "/", asks: |_| vec!["/".to_owned()] },
    Place { route: "/tags/:tag", asks: |marks| each("/tags/", &marks.tags) },
    Place { route: "/posts/:guid", asks: |marks| each("/posts/", &marks.posts) },
    Place { route: "/p/:guid", asks: |marks| each("/posts/", &marks.posts) },
    Place {
        route: "/posts/:guid/comments",
        asks: |marks| marks.posts.iter().map(|guid| format!("/posts/{guid}/comments")).collect(),
    },
    Place {
        route: "/link",
        asks: |marks| marks.posts.iter().map(|guid| format!("/link?q={}/post/{guid}", marks.handle)).collect(),
    },
    Place { route: "/oembed", asks: |marks| each("/oembed?url=", &marks.addresses) },
    Place {
        route: "/people",
        asks: |marks| {
            marks
                .words
                .iter()
                .chain([&marks.handle])
                .map(|words| format!("/people?q={}", super::encoded(words)))
                .collect()
        },
    },
    Place { route: "/people/suggest", asks: |marks| vec![format!("/people/suggest?q={}", marks.name)] },
    Place {
        route: "/people/:guid",
        asks: |marks| vec![format!("/people/{}?max_time={}", marks.person, marks.time + 1)],
    },
    Place { route: "/people/:guid/photos", asks: |marks| vec![format!("/people/{}/photos", marks.person)] },
    Place { route: "/people/:guid/stream", asks: |marks| vec![format!("/people/{}/stream", marks.person)] },
    Place { route: "/u/:name", asks: |marks| vec![format!("/people/{}", marks.person)] },
    Place {
        route: "/public/:feed",
        asks: |marks| marks.user.iter().map(|name| format!("/public/{name}.atom")).collect(),
    },
    Place { route: "/contacts", asks: |marks| vec![format!("/contacts?q={}", marks.name)] },
    Place { route: "/aspects/:id", asks: |marks| each("/aspects/", &marks.aspects) },
    Place { route: "/conversations", asks: |_| vec!["/conversations".to_owned()] },
    Place { route: "/conversations/new", asks: |_| vec!["/conversations/new".to_owned()] },
    Place { route: "/conversations/:guid", asks: |marks| each("/conversations/", &marks.conversations) },
    Place { route: "/notifications", asks: |_| vec!["/notifications".to_owned()] },
    Place { route: "/uploads/images/:name", asks: |marks| marks.files.clone() },
    Place { route: "/proxy/:mac/:address", asks: |marks| marks.proxied.clone() },
    Place { route: "/settings/archive", asks: |_| Vec::new() },
    Place {
        route: "/fetch/:kind/:guid",
        asks: |marks| {
            let posts = marks.posts.iter().map(|guid| format!("/fetch/post/{guid}"));
            posts.chain(marks.comments.iter().map(|guid| format!("/fetch/comment/{guid}"))).collect()
        },
    },
    Place {
        route: "/.well-known/webfinger",
        asks: |marks| vec![format!("/.well-known/webfinger?resource=acct:{}", marks.handle)],
    },
    Place { route: "/hcard/users/:guid", asks: |marks| vec![format!("/hcard/users/{}", marks.person)] },
];

fn each(start: &str, names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("{start}{name}")).collect()
}

/// Everything by which a thing can be found and known again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Marks {
    /// `Kind::as_str`.
    kind: String,
    /// Unix seconds of the thing.
    time: i64,
    /// GUIDs of the post that the thing is or belongs to.
    posts: Vec<String>,
    comments: Vec<String>,
    /// Addresses of the post on this pod.
    addresses: Vec<String>,
    tags: Vec<String>,
    words: Vec<String>,
    handle: String,
    /// User part of the ID, or a pod's authority.
    name: String,
    /// GUID of the person.
    person: String,
    /// Name of the account, when they live here.
    user: Option<String>,
    aspects: Vec<String>,
    conversations: Vec<String>,
    /// Paths of pictures here, in all sizes.
    files: Vec<String>,
    /// Paths of pictures elsewhere through the proxy.
    proxied: Vec<String>,
    /// A page that has one of these shows the thing.
    needles: Vec<String>,
}

impl Marks {
    /// Collects the marks of a thing, while it is here; also of one that is held.
    pub fn of(pod: &Pod, db: &Db, subject: &Subject) -> store::Result<Marks> {
        let mut marks = Marks { kind: subject.kind.as_str().to_owned(), ..Marks::default() };
        let Some(found) = held::find(db, subject.kind, &subject.name)? else { return Ok(marks) };
        // Of people, the newest is looked at.
        let thing = matches!(subject.kind, Kind::Post | Kind::Comment | Kind::Photo);
        marks.time = found.created_at.filter(|_| thing).map_or(i64::MAX / 2, |time| time.0);
        if let Some((_, guid)) = &found.post {
            marks.posts.push(guid.to_string());
            marks.addresses.push(format!("{}/posts/{guid}", pod.url));
        }
        if let Some(person) = found.person {
            let person = people::get(db, person)?;
            marks.user = person.is_local().then(|| person.handle.user().to_owned());
            marks.name = person.handle.user().to_owned();
            marks.person = person.guid.to_string();
            marks.handle = person.handle.to_string();
        }
        marks.pictures(pod, db, subject)?;
        marks.know_again(db, subject, &found)?;
        Ok(marks)
    }

    fn pictures(&mut self, pod: &Pod, db: &Db, subject: &Subject) -> store::Result<()> {
        for picture in held::pictures(db, subject.kind, &subject.name)? {
            for size in SIZES.iter().chain(&[""]) {
                match picture.here {
                    true => self.files.push(format!("{}{size}{}", folder::PATH, picture.name)),
                    false => self
                        .proxied
                        .extend(proxy::path(&pod.secret, &format!("{}{size}{}", picture.path, picture.name))),
                }
            }
            self.needles.push(picture.name);
        }
        Ok(())
    }

    fn know_again(&mut self, db: &Db, subject: &Subject, found: &held::Found) -> store::Result<()> {
        match subject.kind {
            Kind::Post => {
                self.needles.push(subject.name.clone());
                self.tags = tag::of_text(&found.text).into_iter().collect();
                let word = found.text.split(|c: char| !c.is_alphanumeric()).max_by_key(|word| word.chars().count());
                self.words.extend(word.filter(|word| word.chars().count() > 3).map(str::to_owned));
            }
            Kind::Comment => {
                self.needles.push(subject.name.clone());
                self.comments.push(subject.name.clone());
            }
            Kind::Photo => {}
            Kind::Profile => self.needles.extend(held::profile_needles(db, &subject.name)?),
            Kind::Account => {
                self.words.push(self.name.clone());
                self.needles.push(format!("/people/{}", self.person));
                self.needles.push(self.handle.clone());
                (self.aspects, self.conversations) = held::rooms_of(db, &subject.name)?;
                for guid in held::newest_posts(db, &subject.name)? {
                    self.needles.push(guid.clone());
                    self.posts.push(guid);
                }
            }
            Kind::Pod => {
                self.needles.push(format!("@{}", subject.name));
                self.handle = format!("@{}", subject.name);
                self.name = subject.name.clone();
                self.words.push(subject.name.clone());
            }
        }
        Ok(())
    }
}

/// Whether a surface shows a thing, to anybody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The pattern of the surface's route.
    pub surface: &'static str,
    pub seen: bool,
}

/// Asks every surface for a thing: as a stranger, as a program, and as each of some people who live here.
pub fn probe(pod: &Pod, marks: &Marks) -> Result<Vec<Seen>, store::Error> {
    let readers = pod.store.read(accounts::all)?;
    let readers: Vec<Option<UserId>> = [None]
        .into_iter()
        .chain(
            readers
                .iter()
                .filter(|user| !user.held && user.person.guid.as_str() != marks.person)
                .map(|user| Some(user.id))
                .take(READERS_MAX),
        )
        .collect();
    let seen = |surface: &Place| {
        let asks = (surface.asks)(marks);
        asks.iter().any(|ask| readers.iter().any(|reader| shows(pod, marks, surface, ask, *reader)))
    };
    Ok(SURFACES.iter().map(|surface| Seen { surface: surface.route, seen: seen(surface) }).collect())
}

/// People in whose eyes the pod looks at itself.
const READERS_MAX: usize = 2;

/// Surfaces that tell programs something else than people.
const FOR_PROGRAMS: [&str; 5] =
    ["/public", "/tags/:tag", "/posts/:guid", "/posts/:guid/comments", "/people/:guid/stream"];

fn shows(pod: &Pod, marks: &Marks, surface: &Place, ask: &str, reader: Option<UserId>) -> bool {
    // What asks for a thing by its own name must not be there at all; a page that lists things must not list it.
    let by_name = matches!(
        surface.route,
        "/uploads/images/:name" | "/fetch/:kind/:guid" | "/.well-known/webfinger" | "/hcard/users/:guid"
    );
    if surface.route == "/proxy/:mac/:address" {
        // Without fetching the picture.
        return picture_address(pod, ask).is_some_and(|address| !super::pages::picture::is_barred(pod, &address));
    }
    let accepts: &[&str] =
        if FOR_PROGRAMS.contains(&surface.route) { &["text/html", "application/json"] } else { &["text/html"] };
    accepts.iter().any(|accept| {
        let answer = handle(pod, &request(ask, accept, reader));
        if by_name && applies(marks, surface) {
            return answer.status < 400;
        }
        let text = if answer.status < 400 { body(&answer, ask, marks) } else { String::new() };
        marks.needles.iter().any(|needle| text.contains(needle.as_str()))
    })
}

/// Whether a surface that is asked by name is about the thing itself, not about its author or the post above it.
fn applies(marks: &Marks, surface: &Place) -> bool {
    match (Kind::parse(&marks.kind), surface.route) {
        (Some(Kind::Account), _) => true,
        (Some(Kind::Post), route) => route.starts_with("/fetch") || route.starts_with("/uploads"),
        (Some(Kind::Photo), route) => route.starts_with("/uploads"),
        (Some(Kind::Comment | Kind::Profile | Kind::Pod) | None, _) => false,
    }
}

/// The address that a path of the proxy stands for.
fn picture_address(pod: &Pod, ask: &str) -> Option<String> {
    let mut parts = ask.split('/').skip(2);
    proxy::address(&pod.secret, parts.next()?, parts.next()?)
}

fn request(ask: &str, accept: &str, reader: Option<UserId>) -> Request {
    let (path, query) = ask.split_once('?').unwrap_or((ask, ""));
    Request {
        method: Method::Get,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: vec![("accept".to_owned(), accept.to_owned())],
        body: Vec::new(),
        upload: None,
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        secure: true,
        acting: reader,
    }
}

/// The text of an answer and where it leads, without what was asked for: a search repeats it.
fn body(answer: &Response, ask: &str, marks: &Marks) -> String {
    // Where a link leads tells whether the thing is there.
    let place = answer
        .headers
        .iter()
        .find(|(name, place)| *name == "Location" && place.starts_with("/posts/") && ask.starts_with("/link"));
    let place = place.map_or("", |(_, place)| place);
    let text = match &answer.body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Static(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::File(..) | Body::Empty => String::new(),
    };
    let text = format!("{text}\n{place}");
    let asked = !marks.handle.is_empty()
        && [marks.handle.clone(), super::encoded(&marks.handle)].iter().any(|asked| ask.contains(asked));
    if asked { text.replace(&marks.handle, "") } else { text }
}

/// What is kept from the first look until the last: how the thing is known again, where it was seen, its files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Remembered {
    pub marks: Marks,
    /// Routes of surfaces that showed it.
    pub seen: Vec<String>,
    /// SHA-256 and bytes of its files in the folder.
    pub files: Vec<(String, u64)>,
}

/// Looks for the thing of a case before anything is decided, and keeps where it was. Doing it twice does it once.
pub fn look_for(pod: &Pod, id: CaseId) -> Result<(), store::Error> {
    let found = pod.store.read(|db| -> store::Result<_> {
        match (cases::get(db, id)?, cases::marks(db, id)?) {
            (Some(case), None) => Ok(Some(Marks::of(pod, db, &case.subject)?)),
            _ => Ok(None),
        }
    })?;
    let Some(marks) = found else { return Ok(()) };
    let seen = probe(pod, &marks)?.into_iter().filter(|seen| seen.seen).map(|seen| seen.surface.to_owned()).collect();
    let files = marks.files.iter().filter_map(|path| pod.photos.digest(path.rsplit('/').next()?)).collect();
    let kept = serde_json::to_string(&Remembered { marks, seen, files }).unwrap_or_default();
    pod.store.write(pod.now(), |tx| cases::remember(tx, id, &kept))
}

/// Looks for the thing of a case once more, for its receipt.
pub fn look_again(pod: &Pod, id: CaseId) -> Result<(Vec<Surface>, Vec<File>), store::Error> {
    let kept = pod.store.read(|db| cases::marks(db, id))?;
    let Some(kept) = kept.and_then(|text| serde_json::from_str::<Remembered>(&text).ok()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let word = |seen: bool| if seen { receipt::Seen::Shown } else { receipt::Seen::Absent };
    let surfaces = probe(pod, &kept.marks)?.into_iter().map(|now| receipt::Surface {
        name: now.surface.to_owned(),
        before: word(kept.seen.iter().any(|before| before == now.surface)),
        after: word(now.seen),
    });
    let files = kept.files.into_iter().map(|(sha256, bytes)| File { sha256, bytes });
    Ok((surfaces.collect(), files.collect()))
}

/// Routes that read and are on no list.
#[cfg(test)]
pub fn unlisted<'a>(routes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let bare = |route: &str| {
        BARE.iter().any(|known| {
            route == *known
                || route.starts_with(&format!("{}/", known.trim_end_matches('/'))) && *known != "/posts/:guid/delete"
        })
    };
    routes.filter(|route| !SURFACES.iter().any(|surface| surface.route == *route) && !bare(route)).collect()
}

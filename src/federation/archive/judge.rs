//! May this archive be brought in? Everything in it is read before anything is changed.

use serde_json::Value;

use super::read::{Flow, Section, file, walk};
use super::shelf::Files;
use super::{Error, VERSION, zip};
use crate::federation::diaspora::discovery::Error as NotFound;
use crate::federation::diaspora::entity::Profile;
use crate::federation::diaspora::{Entity, PrivateKey, json};
use crate::federation::discovery;
use crate::model::{Handle, Person, Refusal, User};
use crate::pod::Pod;
use crate::social::import;
use crate::store::{self, Db, comments, likes, people, polls, posts};

/// What an archive says about its account.
pub struct Account {
    /// Who it was.
    pub old: Handle,
    pub key: PrivateKey,
    pub profile: Profile,
    pub language: Option<String>,
    /// The aspect for whoever begins to share.
    pub follow_back: Option<String>,
}

/// The same, while it is read.
#[derive(Default)]
struct Draft {
    version: bool,
    key: Option<PrivateKey>,
    profile: Option<Profile>,
    language: Option<String>,
    follows_back: bool,
    follow_back: Option<String>,
}

impl Draft {
    fn take(&mut self, section: Section, value: &Value) {
        match section {
            Section::Version => self.version = value.as_str() == Some(VERSION),
            Section::Key => self.key = value.as_str().and_then(|pem| PrivateKey::from_pem(pem).ok()),
            Section::Profile => {
                self.profile = match json::read(value) {
                    Ok(Entity::Profile(profile)) => Some(*profile),
                    _ => None,
                }
            }
            Section::Language => self.language = value.as_str().filter(|tag| is_language(tag)).map(str::to_owned),
            Section::FollowBack => self.follows_back = value.as_bool() == Some(true),
            Section::FollowBackAspect => {
                let name = value["name"].as_str().or(value.as_str()).filter(|name| !name.is_empty());
                self.follow_back = name.map(str::to_owned);
            }
            _ => {}
        }
    }

    fn account(self) -> Result<Account, Refusal> {
        if !self.version {
            return Err(Refusal::Version);
        }
        let (Some(key), Some(profile)) = (self.key, self.profile) else { return Err(Refusal::Account) };
        let follow_back = self.follow_back.filter(|_| self.follows_back);
        Ok(Account { old: profile.author.clone(), key, profile, language: self.language, follow_back })
    }
}

/// `de`, `pt-BR`; whether there are texts of it is not known here.
fn is_language(tag: &str) -> bool {
    (2..=12).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// What an archive that was judged says about its account.
pub fn account(files: &Files) -> Result<Account, Error> {
    let mut draft = Draft::default();
    let wanted = [
        Section::Version,
        Section::Key,
        Section::Profile,
        Section::Language,
        Section::FollowBack,
        Section::FollowBackAspect,
    ];
    walk(file(&files.archive)?, &wanted, &mut |section, value| {
        draft.take(section, &value);
        Ok(Flow::On)
    })?;
    Ok(draft.account()?)
}

/// An archive that may be brought in.
pub struct Sound {
    pub account: Account,
    /// The old account, when this pod knows it or could ask its pod for it.
    pub person: Option<Person>,
    /// Things in it, pictures too.
    pub things: i64,
}

/// Looks at everything. Besides looking up who the old account is, nothing is changed.
pub fn judge(pod: &Pod, me: &User, files: &Files) -> Result<Sound, Error> {
    let mut draft = Draft::default();
    let mut author: Option<String> = None;
    let (mut things, mut foreign) = (0, false);
    walk(file(&files.archive)?, &Section::ALL, &mut |section, value| {
        draft.take(section, &value);
        things += i64::from(section.is_list());
        if matches!(section, Section::Posts | Section::Own) {
            // What cannot be read is left out later; what is somebody else's ends it.
            let Some(name) = value["entity_data"]["author"].as_str() else { return Ok(Flow::On) };
            let same = author.get_or_insert_with(|| name.to_owned()) == name;
            foreign |= !same || !is_free(pod, me, name, &value)?;
        }
        Ok(Flow::On)
    })?;
    let account = draft.account()?;
    if let Some(why) = pod.store.read(|db| import::refusal(db, me, &account.old))? {
        return Err(why.into());
    }
    if foreign || author.is_some_and(|author| author != account.old.as_str()) {
        return Err(Refusal::Foreign.into());
    }
    for photos in &files.photos {
        let entries = zip::list(file(photos)?)?.ok_or(Refusal::Photos)?;
        things += i64::try_from(entries.len()).unwrap_or(i64::MAX);
    }
    let person = owner(pod, &account)?;
    Ok(Sound { account, person, things })
}

/// Whether nobody else has a thing of this GUID here.
fn is_free(pod: &Pod, me: &User, author: &str, thing: &Value) -> Result<bool, Error> {
    let Some(guid) = thing["entity_data"]["guid"].as_str() else { return Ok(true) };
    pod.store.read(|db| {
        let Some(known) = author_of(db, thing["entity_type"].as_str().unwrap_or_default(), guid)? else {
            return Ok(true);
        };
        Ok(known.id == me.person.id || known.handle.as_str() == author)
    })
}

fn author_of(db: &Db, kind: &str, guid: &str) -> Result<Option<Person>, store::Error> {
    let author = match kind {
        "status_message" | "reshare" => posts::by_guid(db, guid)?.map(|post| post.author),
        "comment" => comments::by_guid(db, guid)?.map(|comment| comment.author),
        "like" => likes::by_guid(db, guid)?.map(|like| like.author),
        "poll_participation" => polls::vote_by_guid(db, guid)?.map(|(_, author, _)| author),
        _ => None,
    };
    author.map(|author| people::get(db, author)).transpose()
}

/// The old account, whose key must be the one in the archive: as this pod knows it, else as its pod says. When that pod
/// is gone, nobody here knew the account; whoever did proves the key by themselves when they hear of the move.
fn owner(pod: &Pod, account: &Account) -> Result<Option<Person>, Error> {
    let person = match discovery::find(pod, &account.old) {
        Ok(person) => person,
        Err(discovery::Error::Store(error)) => return Err(error.into()),
        // Where a pod was, somebody else may show anything now.
        Err(discovery::Error::NotFound(
            why @ (NotFound::Unreachable { .. } | NotFound::Status { .. } | NotFound::Document { .. }),
        )) => {
            log::info!(target: "archive", "{} cannot be asked for: {why}", account.old);
            return Ok(None);
        }
        Err(_) => return Err(Refusal::Account.into()),
    };
    let known = pod.store.read(|db| people::key(db, person.id))?;
    let own = account.key.public().and_then(|key| key.to_der()).map_err(|_| Refusal::Account)?;
    if known.is_some_and(|known| known == own) { Ok(Some(person)) } else { Err(Refusal::Key.into()) }
}

//! Bringing archives in: one after the other, step by step, each step in small transactions that note how far it came.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::judge::{self, Account};
use super::read::{Flow, Section, file, walk};
use super::restore::{Desk, Thing};
use super::shelf::{Files, Shelf};
use super::{Error, photos};
use crate::federation::diaspora::crypto::encode_base64;
use crate::federation::diaspora::entity::AccountMigration;
use crate::federation::diaspora::envelope;
use crate::federation::{keys, write};
use crate::media::source::Source;
use crate::model::{Handle, Import, ImportId, Outgoing, Refusal, Step, Target, User};
use crate::pod::{Pod, Stop};
use crate::social::import::{self, Sound};
use crate::social::{self, account::authority};
use crate::store::migrations::Move;
use crate::store::{self, accounts, audience, imports, outbox, people, photos as pictures};

/// Things brought in with one transaction, so that nobody waits long behind it; and bytes of their texts, which are in
/// memory together.
const BATCH: usize = 50;
const BATCH_BYTES: usize = 256 << 10;

/// About the bytes that a value takes in memory.
fn weight(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 0,
    };
    size_of::<Value>() + inside
}

/// Leaves an archive and zip files of photos to be brought in.
pub fn leave<'s>(
    pod: &Pod,
    me: &User,
    files: impl Iterator<Item = Source<'s>>,
    profile: bool,
    settings: bool,
) -> Result<ImportId, Error> {
    let shelf = Shelf(&pod.imports);
    let brought = shelf.bring(files)?;
    let id = pod.write(|tx| {
        let id = import::begin(tx, me, profile, settings)?;
        // With the row, for whoever sees the one looks for the other.
        brought.give(&shelf, id)?;
        Ok::<_, Error>(id)
    })?;
    Ok(id)
}

/// Brings in what was left, until `stop`.
pub fn run(pod: &Pod, stop: &Stop) {
    while !stop.is_set() {
        let seen = pod.wakes.imports.count();
        let pause = match all(pod, stop, &mut |_| {}) {
            Ok(true) => None,
            Ok(false) => Some(Duration::from_secs(5)),
            Err(error) => {
                log::error!(target: "archive", "{error}");
                Some(Duration::from_secs(60))
            }
        };
        if !stop.is_set() {
            pod.wakes.imports.sleep(seen, pause);
        }
    }
}

/// Brings in all that waits; `told` hears how far it came. `false`: another process is at it.
pub fn all(pod: &Pod, stop: &Stop, told: &mut dyn FnMut(&Import)) -> Result<bool, Error> {
    if pod.store.read(imports::open)?.is_empty() {
        return Ok(true);
    }
    let shelf = Shelf(&pod.imports);
    let Some(_lock) = shelf.lock()? else { return Ok(false) };
    // Another process may have done it meanwhile.
    for waiting in pod.store.read(imports::open)? {
        if stop.is_set() {
            return Ok(true);
        }
        if let Err(error) = one(pod, &shelf, &waiting, stop, told) {
            let Error::Refused(why) = error else { return Err(error) };
            log::info!(target: "archive", "not brought in: {why}");
            pod.write(|tx| imports::refuse(tx, waiting.id, why))?;
        }
        if pod.store.read(|db| imports::get(db, waiting.id))?.is_none_or(|import| import.step.is_over()) {
            shelf.remove(waiting.id, pod.now());
        }
    }
    Ok(true)
}

fn one(pod: &Pod, shelf: &Shelf, waiting: &Import, stop: &Stop, told: &mut dyn FnMut(&Import)) -> Result<(), Error> {
    let files = shelf.open(waiting.id).ok_or(Refusal::Damaged)?;
    let Some(me) = pod.store.read(|db| accounts::get(db, waiting.user))? else {
        // The account was closed meanwhile.
        return Err(Refusal::Account.into());
    };
    let account = match waiting.step {
        Step::Judge => {
            let found = judge::judge(pod, &me, &files)?;
            claim(pod, &me, waiting, found, stop)?
        }
        _ => judge::account(&files)?,
    };
    Run { pod, id: waiting.id, me, files, account, stop, told }.steps()
}

/// Makes the account this user's, as far as this pod knows it.
fn claim(pod: &Pod, me: &User, waiting: &Import, found: judge::Sound, stop: &Stop) -> Result<Account, Error> {
    let key = own_key(pod, me, stop)?;
    let account = found.account;
    let text = signed_text(&account.old, &me.person.handle);
    let signature = encode_base64(&key.sign(text.as_bytes()).map_err(crate::federation::diaspora::Error::from)?);
    let to = Move { new: me.person.id, photos: None, signature };
    let sound = Sound { old: &account.old, person: found.person.map(|person| (person, to)), things: found.things };
    match pod.write(|tx| import::claim(tx, me, waiting, &sound))? {
        None => Ok(account),
        Some(why) => Err(why.into()),
    }
}

/// What both keys of a move sign.
fn signed_text(old: &Handle, new: &Handle) -> String {
    format!("AccountMigration:{old}:{new}")
}

/// The key of the user, made now if it was not yet.
fn own_key(
    pod: &Pod,
    me: &User,
    stop: &Stop,
) -> Result<std::sync::Arc<crate::federation::diaspora::PrivateKey>, Error> {
    let ring = keys::Ring::default();
    if let Some(key) = ring.get(&pod.store, me.id)? {
        return Ok(key);
    }
    keys::make_one(pod, stop).map_err(|error| Error::Io(io::Error::other(error)))?;
    ring.get(&pod.store, me.id)?.ok_or_else(|| write::Error::NoKey(me.person.handle.clone()).into())
}

/// One archive on its way.
struct Run<'a> {
    pod: &'a Pod,
    id: ImportId,
    me: User,
    files: Files,
    account: Account,
    stop: &'a Stop,
    told: &'a mut dyn FnMut(&Import),
}

impl Run<'_> {
    fn import(&self) -> Result<Import, Error> {
        Ok(self.pod.store.read(|db| imports::get(db, self.id))?.ok_or(Refusal::Damaged)?)
    }

    fn steps(mut self) -> Result<(), Error> {
        loop {
            let import = self.import()?;
            (self.told)(&import);
            if import.step.is_over() || self.stop.is_set() {
                return Ok(());
            }
            match import.step {
                Step::Account => self.things(&import, &[Section::Groups, Section::Tags])?,
                Step::Contacts => self.things(&import, &[Section::Contacts, Section::Blocks])?,
                Step::Posts => self.things(&import, &[Section::Posts])?,
                Step::Own => self.things(&import, &[Section::Own])?,
                Step::Others => self.things(&import, &[Section::Others])?,
                Step::Subscriptions => self.things(&import, &[Section::Subscriptions])?,
                Step::Photos => photos::bring(self.pod, &self.me, &self.files, &import, self.stop, self.told)?,
                Step::Tell => self.tell(&import)?,
                Step::Judge | Step::Done | Step::Refused => return Ok(()),
            }
            if self.stop.is_set() {
                return Ok(());
            }
            if import.step == Step::Account {
                self.profile(&import)?;
            }
            if import.step != Step::Tell {
                self.pod.write(|tx| imports::set_step(tx, self.id, import.step.next()))?;
            }
        }
    }

    /// The things of some sections, from where it stopped.
    fn things(&mut self, import: &Import, sections: &[Section]) -> Result<(), Error> {
        let mut desk = Desk::new(self.pod, &self.me, &self.account.old);
        let (mut through, mut batch, mut bytes) = (0, Vec::new(), 0);
        let (pod, id, stop) = (self.pod, self.id, self.stop);
        let told = &mut *self.told;
        walk(file(&self.files.archive)?, sections, &mut |section, value: Value| {
            through += 1;
            if through <= import.at {
                return Ok(Flow::On);
            }
            bytes += weight(&value);
            batch.push(desk.prepare(section, value)?);
            if batch.len() < BATCH && bytes < BATCH_BYTES {
                return Ok(Flow::On);
            }
            bytes = 0;
            let found = put_down(pod, id, &desk, &mut batch)?;
            told(&found);
            Ok(if stop.is_set() { Flow::Enough } else { Flow::On })
        })?;
        put_down(pod, id, &desk, &mut batch).map(drop)
    }

    /// Profile and settings, as far as they are wanted.
    fn profile(&mut self, import: &Import) -> Result<(), Error> {
        if import.profile {
            photos::profile(self.pod, &self.me, &self.files, &self.account.profile)?;
            self.me = self.pod.store.read(|db| accounts::get(db, self.me.id))?.ok_or(Refusal::Account)?;
        }
        if import.settings {
            let (language, aspect) = (self.account.language.as_deref(), self.account.follow_back.as_deref());
            self.pod.write(|tx| import::choose(tx, &self.me, language, aspect))?;
        }
        Ok(())
    }

    /// Tells everybody who may know the old account, once; with that it is done.
    fn tell(&mut self, import: &Import) -> Result<(), Error> {
        let targets = self.targets()?;
        let envelope = self.migration()?;
        let old = self.account.old.clone();
        self.pod.write(|tx| {
            if !import.told {
                imports::set_envelope(tx, self.id, &envelope)?;
                outbox::add(tx, self.me.id, &Outgoing::MovedFrom(old), &targets)?;
                // That tells all who hear it what strangers may see; contacts may see more.
                if !self.me.person.profile.public_details {
                    outbox::add(tx, self.me.id, &Outgoing::WholeProfile, &audience::shared_with(tx, self.me.id)?)?;
                }
            }
            imports::set_step(tx, self.id, Step::Done)
        })?;
        log::info!(target: "archive", "brought in {} as {}", self.account.old, self.me.person.handle);
        Ok(())
    }

    /// The message about the move: the old key signs the envelope, the new one the text (diaspora* protocol,
    /// "account_migration"; diaspora* reads the other form wrongly).
    fn migration(&self) -> Result<String, Error> {
        let me = self.pod.store.read(|db| people::get(db, self.me.person.id))?;
        let any = self.pod.store.read(|db| pictures::any_here(db, me.id))?;
        let mut migration = AccountMigration {
            author: self.account.old.clone(),
            profile: write::public_profile(&me),
            signature: None,
            old_identity: Some(self.account.old.clone()),
            remote_photo_path: any.then(|| self.pod.photos_url()),
        };
        let signature = own_key(self.pod, &self.me, self.stop)?.sign(migration.signed_text().as_bytes());
        let signature = signature.map_err(crate::federation::diaspora::Error::from)?;
        migration.signature = Some(encode_base64(&signature));
        Ok(envelope::sign(&migration.to_xml(), &self.account.old, &self.account.key)?)
    }

    /// Pods of the user's contacts, of everybody in the archive, and the old pod.
    fn targets(&self) -> Result<Vec<Target>, Error> {
        let pod = self.pod;
        let mut targets = pod.store.read(|db| audience::pods_of_contacts(db, self.me.id))?;
        let mut add = |handle: &Handle| -> Result<(), Error> {
            let known = pod.store.read(|db| people::by_handle(db, handle))?;
            let (host, url) = match known {
                Some(person) => (person.host, person.url),
                None => (Some(handle.host().to_owned()), format!("{}://{}", scheme(&pod.url), handle.host())),
            };
            let Some(host) = host.filter(|host| host != authority(&pod.url)) else { return Ok(()) };
            let target = Target::Pod { host, url };
            if !targets.contains(&target) {
                targets.push(target);
            }
            Ok(())
        };
        add(&self.account.old)?;
        walk(file(&self.files.archive)?, &[Section::Contacts], &mut |_, contact| {
            if let Some(handle) = contact["account_id"].as_str().and_then(Handle::parse) {
                add(&handle)?;
            }
            Ok(Flow::On)
        })?;
        Ok(targets)
    }
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("https", |(scheme, _)| scheme)
}

/// Brings a batch in, and notes that.
fn put_down(pod: &Pod, id: ImportId, desk: &Desk, batch: &mut Vec<Thing>) -> Result<Import, Error> {
    let things = std::mem::take(batch);
    pod.write(|tx| {
        let mut left_out = 0;
        for thing in &things {
            match tx.attempt(|tx| desk.put_down(tx, thing)) {
                Ok(()) => {}
                Err(social::Error::Store(error)) => return Err(Error::Store(error)),
                Err(why @ (social::Error::Missing(_) | social::Error::Refused(_) | social::Error::Invalid(_))) => {
                    log::debug!(target: "archive", "left out: {why}");
                    left_out += 1;
                }
            }
        }
        imports::advance(tx, id, i64::try_from(things.len()).unwrap_or(i64::MAX), left_out)?;
        let import = imports::get(tx, id)?;
        import.ok_or(Error::Store(store::Error::QueryReturnedNoRows))
    })
}

//! Writing an archive, row by row: nothing of it is ever in memory as a whole.

use std::io::{BufWriter, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Error, VERSION};
use crate::federation::diaspora::{PrivateKey, PublicKey, entity, json as form};
use crate::federation::write;
use crate::model::{CommentId, LikeId, Person, PostId, Target, User, VoteId};
use crate::store::exports::{self, Kind};
use crate::store::{Db, Store, accounts, aspects, audience, contacts, people, posts, settings, tags};

/// Writes a user's archive as `.json.gz`; `told` hears from time to time how many things are written.
pub fn write(store: &Store, me: &User, out: impl Write, told: &mut dyn FnMut(usize)) -> Result<(), Error> {
    let mut gzip = GzEncoder::new(BufWriter::new(out), Compression::fast());
    let mut archive = Archive { store, me, out: &mut gzip, first: true, things: 0, told };
    archive.all()?;
    gzip.finish()?.flush()?;
    Ok(())
}

struct Archive<'a, W: Write> {
    store: &'a Store,
    me: &'a User,
    out: &'a mut W,
    /// Nothing was written yet in the bracket that is open.
    first: bool,
    things: usize,
    told: &'a mut dyn FnMut(usize),
}

impl<W: Write> Archive<'_, W> {
    fn all(&mut self) -> Result<(), Error> {
        self.open("{")?;
        self.member("version", VERSION)?;
        self.begin("user", "{")?;
        self.account()?;
        self.list("contact_groups", |db, me| {
            Ok(aspects::of_user(db, me.id)?.into_iter().map(|aspect| json!({ "name": aspect.name })).collect())
        })?;
        self.contacts()?;
        self.begin("posts", "[")?;
        self.rows(&[Kind::Posts])?;
        self.close("]")?;
        self.begin("relayables", "[")?;
        // Not answers to events: diaspora* refuses an archive with kinds it does not know.
        self.rows(&[Kind::Comments, Kind::Likes, Kind::Votes])?;
        self.close("]")?;
        self.list("followed_tags", |db, me| Ok(values(tags::followed(db, me.id)?)))?;
        self.list("post_subscriptions", |db, me| Ok(values(exports::subscriptions(db, me.person.id)?)))?;
        self.list("blocks", |db, me| Ok(values(exports::blocked(db, me.id)?)))?;
        self.close("}")?;
        self.begin("others_data", "{")?;
        self.begin("relayables", "[")?;
        self.rows(&[Kind::OthersComments, Kind::OthersLikes, Kind::OthersVotes])?;
        self.close("]")?;
        self.close("}")?;
        self.close("}")
    }

    fn account(&mut self) -> Result<(), Error> {
        let me = self.me;
        let (handle, key) = self.store.read(|db| accounts::signer(db, me.id))?;
        let key = PrivateKey::from_der(&key.ok_or(write::Error::NoKey(handle))?).and_then(|key| key.to_pem());
        self.member("username", &me.name)?;
        self.member("email", "")?;
        let (chosen, aspects) = self
            .store
            .read(|db| -> crate::store::Result<_> { Ok((settings::get(db, me.id)?, aspects::of_user(db, me.id)?)) })?;
        let back = aspects.into_iter().find(|aspect| chosen.follow_back == Some(aspect.id));
        self.member("language", chosen.language.as_deref().unwrap_or("en"))?;
        self.member("private_key", key.map_err(crate::federation::diaspora::Error::from)?)?;
        for flag in ["disable_mail", "show_community_spotlight_in_stream"] {
            self.member(flag, false)?;
        }
        self.member("auto_follow_back", back.is_some())?;
        self.member("auto_follow_back_aspect", back.map(|aspect| aspect.name))?;
        self.member("profile", form::write(&write::profile_entity(&me.person).to_xml())?)
    }

    fn contacts(&mut self) -> Result<(), Error> {
        let me = self.me;
        let all = self.store.read(|db| contacts::of_user(db, me.id))?;
        self.begin("contacts", "[")?;
        for page in all.chunks(exports::PAGE) {
            let page = self.store.read(|db| -> Result<Vec<Value>, Error> {
                let names = aspects::of_user(db, me.id)?;
                page.iter().map(|person| contact(db, me, people::get(db, *person)?, &names)).collect()
            })?;
            for contact in page {
                self.item(contact)?;
            }
        }
        self.close("]")
    }

    /// All things of some kinds, a page at a time.
    fn rows(&mut self, kinds: &[Kind]) -> Result<(), Error> {
        let me = self.me;
        for kind in kinds {
            let mut after = 0;
            loop {
                let (last, page) = self.store.read(|db| -> Result<_, Error> {
                    let rows = exports::rows(db, *kind, me.person.id, after)?;
                    let page: Result<Vec<Option<Value>>, Error> =
                        rows.iter().map(|row| thing(db, me, *kind, *row)).collect();
                    Ok((rows.last().copied(), page?))
                })?;
                for thing in page.into_iter().flatten() {
                    self.item(thing)?;
                }
                match last {
                    Some(row) => after = row,
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        name: &str,
        read: impl FnOnce(&Db, &User) -> crate::store::Result<Vec<Value>>,
    ) -> Result<(), Error> {
        let me = self.me;
        let list = self.store.read(|db| read(db, me))?;
        self.member(name, list)
    }

    fn member(&mut self, name: &str, value: impl Serialize) -> Result<(), Error> {
        self.name(name)?;
        Ok(serde_json::to_writer(&mut self.out, &value)?)
    }

    fn item(&mut self, value: Value) -> Result<(), Error> {
        self.comma()?;
        self.things += 1;
        if self.things.is_multiple_of(exports::PAGE) {
            (self.told)(self.things);
        }
        Ok(serde_json::to_writer(&mut self.out, &value)?)
    }

    fn begin(&mut self, name: &str, bracket: &str) -> Result<(), Error> {
        self.name(name)?;
        self.open(bracket)
    }

    fn name(&mut self, name: &str) -> Result<(), Error> {
        self.comma()?;
        Ok(write!(self.out, "\"{name}\":")?)
    }

    fn comma(&mut self) -> Result<(), Error> {
        let comma = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
        Ok(self.out.write_all(comma.as_bytes())?)
    }

    fn open(&mut self, bracket: &str) -> Result<(), Error> {
        self.first = true;
        Ok(self.out.write_all(bracket.as_bytes())?)
    }

    fn close(&mut self, bracket: &str) -> Result<(), Error> {
        self.first = false;
        Ok(self.out.write_all(bracket.as_bytes())?)
    }
}

fn values(things: Vec<impl ToString>) -> Vec<Value> {
    things.into_iter().map(|thing| Value::from(thing.to_string())).collect()
}

fn contact(db: &Db, me: &User, person: Person, names: &[aspects::Aspect]) -> Result<Value, Error> {
    let (sharing, receiving) =
        (contacts::shares_with(db, me.id, person.id)?, contacts::is_shared_with(db, me.id, person.id)?);
    let of = aspects::of_person(db, me.id, person.id)?;
    let groups: Vec<&str> =
        names.iter().filter(|aspect| of.contains(&aspect.id)).map(|aspect| aspect.name.as_str()).collect();
    let key = people::key(db, person.id)?.and_then(|key| PublicKey::from_der(&key).and_then(|key| key.to_pem()).ok());
    Ok(json!({
        "sharing": sharing,
        "receiving": receiving,
        "following": receiving,
        "followed": sharing,
        "account_id": person.handle,
        "person_guid": person.guid,
        "person_name": person.name,
        "public_key": key.unwrap_or_default(),
        "contact_groups_membership": groups,
    }))
}

/// One thing as JSON; `None` when it went meanwhile.
fn thing(db: &Db, me: &User, kind: Kind, row: i64) -> Result<Option<Value>, Error> {
    let signed = matches!(kind, Kind::OthersComments | Kind::OthersLikes | Kind::OthersVotes);
    let (name, found) = match kind {
        Kind::Posts => return post(db, me, PostId(row)),
        Kind::Comments | Kind::OthersComments => (entity::Comment::NAME, write::comment_elements(db, CommentId(row))?),
        Kind::Likes | Kind::OthersLikes => (entity::Like::NAME, write::like_elements(db, LikeId(row))?),
        Kind::Votes | Kind::OthersVotes => (entity::PollParticipation::NAME, write::vote_elements(db, VoteId(row))?),
    };
    let Some(written) = found else { return Ok(None) };
    let relay = if signed { written.signed(db)? } else { written.unsigned() };
    Ok(relay.map(|relay| form::write_relayable(name, &relay, signed)))
}

fn post(db: &Db, me: &User, id: PostId) -> Result<Option<Value>, Error> {
    let Some(post) = posts::get(db, id)? else { return Ok(None) };
    let public = post.public;
    let mut json = form::write(&write::post_entity(db, post)?.to_xml())?;
    if public {
        let pods = audience::pods_of_post(db, me.id, id)?.into_iter().map(|target| match target {
            Target::Pod { url, .. } | Target::Person { url, .. } => url,
        });
        json["subscribed_pods_uris"] = pods.collect();
    } else {
        json["subscribed_users_ids"] = exports::readers(db, id)?.into_iter().map(|reader| reader.to_string()).collect();
    }
    Ok(Some(json))
}

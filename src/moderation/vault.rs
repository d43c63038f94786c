//! The vault: what law says must be kept of what was removed (Regulation (EU) 2021/784, art. 6: six months), for an
//! authority that asks. It is encrypted (age) for a recovery key that the podmin keeps elsewhere: this pod can write into
//! it and never read. Files lie in `vault/` of the data folder and are destroyed on time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use serde_json::json;

use super::{ground, step};
use crate::model::case::{Case, Kind};
use crate::model::{Guid, TEXT_MAX, Timestamp};
use crate::pod::Pod;
use crate::social::{self, Invalid, checked_text};
use crate::store::{self, Tx, cases, held, vault};

/// The ground on which nothing is ever kept, whatever the file of grounds says: having it is a crime.
const NEVER: &str = "abuse_of_children";

/// Seconds that a file nobody knows of may lie in the folder: one that is just being written.
const STRAY: i64 = 86_400;

/// The duty to keep something. There is none for the abuse of children, so nothing of it can get in.
pub struct Duty {
    seconds: i64,
}

impl Duty {
    /// The duty on a ground (a key of `templates/grounds.toml`).
    pub fn of(ground: &str) -> Option<Duty> {
        if ground == NEVER {
            return None;
        }
        ground::get(ground)?.vault_days.map(|days| Duty { seconds: days * 86_400 })
    }
}

/// Whether anything is kept of what goes on this ground.
pub fn wants(ground: &str) -> bool {
    Duty::of(ground).is_some()
}

/// A recovery key: the half that this pod keeps, and the half that it shows once and forgets.
pub struct NewKey {
    pub recipient: String,
    secret: age::secrecy::SecretString,
}

impl NewKey {
    /// The lines of a key file, as `age-keygen` writes it.
    pub fn file(&self, now: Timestamp) -> String {
        format!("# created: {now}\n# public key: {}\n{}\n", self.recipient, self.secret.expose_secret())
    }
}

/// Makes a recovery key. What is kept from now on can be opened with it alone; what was kept before, with the one before.
pub fn make_key(tx: &Tx) -> store::Result<NewKey> {
    let identity = Identity::generate();
    let key = NewKey { recipient: identity.to_public().to_string(), secret: identity.to_string() };
    vault::set_recipient(tx, &key.recipient)?;
    Ok(key)
}

/// Keeps a thing that is about to be removed, when there is a duty to. Without a recovery key nothing can be kept: the
/// removal does not wait for one.
pub fn keep(tx: &Tx, case: &Case, kind: Kind, name: &str) -> store::Result<()> {
    let Some(duty) = Duty::of(&case.ground) else { return Ok(()) };
    let Some(recipient) = vault::recipient(tx)?.and_then(|key| key.parse::<Recipient>().ok()) else {
        log::warn!(target: "vault", "case={} there is no recovery key, so nothing is kept", case.id);
        return Ok(());
    };
    let Some(found) = held::find(tx, kind, name)? else { return Ok(()) };
    let until = tx.now.plus(duty.seconds);
    // Names that tell nothing: what they stand for is in the document.
    let file = |ending: &str| format!("case-{}-{}.{ending}.age", case.id, Guid::random());
    let mut pictures = Vec::new();
    for picture in held::pictures(tx, kind, name)? {
        let kept = picture.here.then(|| file(picture.name.rsplit('.').next().unwrap_or("bin")));
        if let Some(kept) = &kept {
            vault::add(tx, kept, case.id, None, Some(&picture.name), until)?;
        }
        let url = format!("{}{}", picture.path, picture.name);
        pictures.push(json!({ "guid": picture.guid, "url": url, "text": picture.text, "file": kept }));
    }
    let author = found.person.map(|person| held::handle(tx, person)).transpose()?;
    let document = json!({
        "case": case.id,
        "ground": case.ground,
        "keptAt": tx.now.to_string(),
        "kind": kind.as_str(),
        "name": name,
        "author": author.as_ref().map(|author| author.as_str()),
        "origin": found.origin,
        "public": found.public,
        "createdAt": found.created_at.map(|at| at.to_string()),
        "text": found.text,
        "pictures": pictures,
    });
    let mut body = Vec::new();
    match encrypt(&recipient, &mut document.to_string().as_bytes(), &mut body) {
        Ok(()) => vault::add(tx, &file("json"), case.id, Some(&body), None, until),
        Err(error) => {
            log::error!(target: "vault", "case={} not kept: {error}", case.id);
            Ok(())
        }
    }
}

/// Days that something may be kept longer by one request.
pub const LONGER_MAX: i64 = 366;

/// An authority or a court asks that a file is kept longer (Regulation (EU) 2021/784, art. 6 (2)). `who`: the podmin's name.
pub fn keep_longer(tx: &Tx, who: &str, name: &str, days: i64, why: &str) -> social::Result<Timestamp> {
    let why = checked_text(why, TEXT_MAX)?;
    if !(1..=LONGER_MAX).contains(&days) {
        return Err(Invalid::Days { max: LONGER_MAX }.into());
    }
    let kept = vault::get(tx, name)?.ok_or(social::Error::Missing("file"))?;
    let case = cases::get(tx, kept.case)?.ok_or(social::Error::Missing("case"))?;
    let until = kept.until.plus(days * 86_400);
    vault::set_until(tx, name, until)?;
    step::take(tx, &case, who, "longer", &format!("{name}: {days} d, {until}. {why}"))?;
    Ok(until)
}

/// Encrypts piece by piece.
fn encrypt(recipient: &Recipient, from: &mut dyn Read, to: &mut dyn Write) -> io::Result<()> {
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(recipient as &dyn age::Recipient)).map_err(io::Error::other)?;
    let mut writer = encryptor.wrap_output(to)?;
    io::copy(from, &mut writer)?;
    writer.finish()?.flush()
}

/// Decrypts a file of the vault with the text of a key file, on any machine.
pub fn open(file: File, key: &str, to: &mut dyn Write) -> io::Result<u64> {
    let line = key.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let identity: Identity =
        line.and_then(|line| line.parse().ok()).ok_or_else(|| wrong("no recovery key in the key file"))?;
    let decryptor = age::Decryptor::new_buffered(BufReader::new(file)).map_err(io::Error::other)?;
    let mut reader = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(io::Error::other)?;
    io::copy(&mut reader, to)
}

/// The folder of the vault.
pub fn folder(pod: &Pod) -> PathBuf {
    pod.store.path().with_file_name("vault")
}

/// Makes files of what was kept in transactions, before the pictures go.
pub fn write_out(pod: &Pod) -> Result<(), store::Error> {
    while let Some((kept, body)) = pod.store.read(vault::unwritten)? {
        let recipient = pod.store.read(vault::recipient)?.and_then(|key| key.parse::<Recipient>().ok());
        let written = match (body, &kept.source, recipient) {
            (Some(body), _, _) => write(pod, &kept.name, |file| file.write_all(&body)),
            (None, Some(source), Some(recipient)) => match pod.photos.open(source) {
                Some((mut picture, _)) => write(pod, &kept.name, |file| encrypt(&recipient, &mut picture, file)),
                None => Err(io::ErrorKind::NotFound.into()),
            },
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        match written {
            Ok(bytes) => pod.store.write(pod.now(), |tx| vault::written(tx, &kept.name, bytes))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                log::warn!(target: "vault", "{}: the picture is not there", kept.name);
                pod.store.write(pod.now(), |tx| vault::remove(tx, &kept.name))?;
            }
            Err(error) => {
                log::error!(target: "vault", "{}: {error}; it is tried again", kept.name);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Writes a file whole and to the disk; its bytes.
fn write(pod: &Pod, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<u64> {
    let folder = folder(pod);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let (part, path) = (folder.join(format!(".{name}")), folder.join(name));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    fill(&mut file)?;
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    fs::rename(&part, &path)?;
    File::open(&folder)?.sync_all()?;
    Ok(bytes)
}

/// Destroys what need not be kept any more, and files that nobody knows of. How many were destroyed on time.
pub fn destroy_old(pod: &Pod) -> Result<usize, store::Error> {
    let folder = folder(pod);
    let mut destroyed = 0;
    for kept in pod.store.read(|db| vault::over(db, pod.now()))? {
        match fs::remove_file(folder.join(&kept.name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                log::error!(target: "vault", "{} could not be destroyed: {error}", kept.name);
            }
            _ => {
                pod.store.write(pod.now(), |tx| vault::remove(tx, &kept.name))?;
                destroyed += 1;
            }
        }
    }
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let old = entry.metadata().is_ok_and(|data| data.mtime() < pod.now().0 - STRAY);
        let name = entry.file_name().to_string_lossy().into_owned();
        if old && !pod.store.read(|db| vault::has(db, &name))? {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(destroyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hurts_children_is_never_kept_and_terror_for_half_a_year() {
        assert!(Duty::of(NEVER).is_none());
        assert!(ground::get(NEVER).is_some(), "the ground is called so");
        assert_eq!(Duty::of("terror").map(|duty| duty.seconds), Some(180 * 86_400));
        assert!(Duty::of("spam").is_none() && Duty::of("nothing").is_none());
    }
}

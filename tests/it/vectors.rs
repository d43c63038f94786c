//! What other programs say about messages and look-ups, and what ours must make of them: see `tests/vectors/README.md`.
//!
//! Runs every vector in the folder that `PAPPUS_VECTORS` names, else in `tests/vectors`; one trial a vector.

mod discovery;
mod fields;
mod message;
mod mutations;

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Failed, Trial};
use pappus::federation::diaspora::{PrivateKey, PublicKey};
use serde_json::Value;

/// All trials of the folder.
pub fn trials() -> Vec<Trial> {
    match all() {
        Ok(trials) => trials,
        Err(why) => vec![Trial::test("the vectors can be read", move || Err(why.into()))],
    }
}

fn all() -> Result<Vec<Trial>, String> {
    let folder = match std::env::var_os("PAPPUS_VECTORS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
    };
    let keys = Arc::new(Keys { folder: folder.join("keys"), known: Mutex::default() });
    let mut trials = Vec::new();
    let mut seeds = Vec::new();
    for set in sets(&folder)? {
        let (announced, vectors) = (set["count"].as_u64(), set["vectors"].as_array().cloned().unwrap_or_default());
        let name = format!("every vector of the set {} is there", text(&set, "set").unwrap_or("?"));
        let found = vectors.len() as u64;
        trials.push(Trial::test(name, move || match announced {
            Some(count) if count != found => Err(format!("{count} announced, {found} found").into()),
            _ => Ok(()),
        }));
        for vector in vectors {
            seeds.extend(mutations::seed(&vector));
            trials.push(trial(vector, Arc::clone(&keys)));
        }
    }
    if seeds.is_empty() {
        return Err(format!("no vectors in {}", folder.display()));
    }
    trials.push(mutations::trial(seeds));
    Ok(trials)
}

fn trial(vector: Value, keys: Arc<Keys>) -> Trial {
    let part = |name| text(&vector, name).unwrap_or("?").to_owned();
    let name = format!("vector {}/{}: {}", part("group"), part("id"), part("title"));
    Trial::test(name, move || {
        let run = if vector.get("ask").is_some() { discovery::run(&vector) } else { message::run(&vector, &keys) };
        run.map_err(Failed::from)
    })
}

/// The documents of a folder that hold vectors, in the order of their names.
fn sets(folder: &Path) -> Result<Vec<Value>, String> {
    let listed = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut sets = Vec::new();
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        if !name.ends_with(".json") && !name.ends_with(".json.gz") {
            continue;
        }
        let set = document(&path, name.ends_with(".gz")).map_err(|error| format!("{name}: {error}"))?;
        if set.get("vectors").is_some() {
            sets.push(set);
        }
    }
    Ok(sets)
}

fn document(path: &Path, compressed: bool) -> Result<Value, String> {
    let mut bytes = fs::read(path).map_err(|error| error.to_string())?;
    if compressed {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut plain).map_err(|error| error.to_string())?;
        bytes = plain;
    }
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// The test keys, each read once.
pub struct Keys {
    folder: PathBuf,
    known: Mutex<HashMap<String, Arc<PrivateKey>>>,
}

impl Keys {
    /// The private key in `NAME.private.pem`.
    pub fn private(&self, name: &str) -> Result<Arc<PrivateKey>, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(name) {
            return Ok(Arc::clone(key));
        }
        let key = PrivateKey::from_pem(&self.pem(name, "private")?).map_err(|error| format!("{name}: {error}"))?;
        let key = Arc::new(key);
        known.insert(name.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    /// The public key in `NAME.public.pem`.
    pub fn public(&self, name: &str) -> Result<PublicKey, String> {
        PublicKey::from_pem(&self.pem(name, "public")?).map_err(|error| format!("{name}: {error}"))
    }

    fn pem(&self, name: &str, half: &str) -> Result<String, String> {
        let path = self.folder.join(format!("{name}.{half}.pem"));
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A member that is a text.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// Fails, saying what was wanted and what there was.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}:\n  ours:   {ours:?}\n  theirs: {theirs:?}")) }
}

/// Compares a verdict with what is expected; `Ok(None)` when there is nothing more to compare.
fn verdict<T>(vector: &Value, ours: Result<T, String>) -> Result<Option<T>, String> {
    match (text(vector, "expect"), ours) {
        (Some("accept"), Ok(ours)) => Ok(Some(ours)),
        (Some("accept"), Err(why)) => Err(format!("must be accepted, but: {why}")),
        (Some("reject"), Ok(_)) => Err("must be refused, but was accepted".to_owned()),
        (Some("reject"), Err(_)) => Ok(None),
        (Some("either"), ours) => Ok(ours.ok()),
        (other, _) => Err(format!("cannot expect {other:?}")),
    }
}

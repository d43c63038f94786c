//! The keys of the people who live here: making them in the background, keeping them read.

use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, thread};

use super::diaspora::PrivateKey;
use super::diaspora::crypto::{Error, KEY_BITS};
use crate::model::UserId;
use crate::pod::{Pod, Stop};
use crate::social::{self, account};
use crate::store::{self, accounts, pod};
use crate::sync::lock;

/// Keys kept read; a household has a handful.
const KEPT_MAX: usize = 8;

/// Private keys that were read once: reading one takes longer than signing with it.
#[derive(Default)]
pub struct Ring {
    keys: Mutex<HashMap<UserId, Arc<PrivateKey>>>,
}

impl Ring {
    /// The key of a user; `None` while it is being made.
    pub fn get(&self, store: &store::Store, user: UserId) -> Result<Option<Arc<PrivateKey>>, store::Error> {
        if let Some(key) = lock(&self.keys).get(&user) {
            return Ok(Some(key.clone()));
        }
        let Some(der) = store.read(|db| accounts::signer(db, user))?.1 else { return Ok(None) };
        let Ok(key) = PrivateKey::from_der(&der) else {
            log::error!(target: "federation", "the key of user {user} cannot be read");
            return Ok(None);
        };
        let key = Arc::new(key);
        let mut keys = lock(&self.keys);
        if keys.len() >= KEPT_MAX {
            keys.clear();
        }
        keys.insert(user, key.clone());
        Ok(Some(key))
    }
}

/// Makes keys until `stop`: first for an account that lacks one, then one to put by for the next.
pub fn run(pod: &Pod, stop: &Stop) {
    while !stop.is_set() {
        let seen = pod.wakes.keys.count();
        match make_one(pod, stop) {
            Ok(true) => {}
            Ok(false) => pod.wakes.keys.sleep(seen, None),
            Err(error) => {
                log::error!(target: "federation", "a key could not be made: {error}");
                pod.wakes.keys.sleep(seen, Some(Duration::from_secs(60)));
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum MakeError {
    #[error(transparent)]
    Key(#[from] Error),
    #[error(transparent)]
    Deed(#[from] social::Error),
    #[error(transparent)]
    Thread(#[from] io::Error),
}

impl From<store::Error> for MakeError {
    fn from(error: store::Error) -> MakeError {
        MakeError::Deed(error.into())
    }
}

/// `false` when there is nothing to make, or the pod is to end before it is made.
pub(super) fn make_one(pod: &Pod, stop: &Stop) -> Result<bool, MakeError> {
    let (lacking, spare) =
        pod.store.read(|db| Ok::<_, store::Error>((accounts::without_key(db)?, pod::has_spare_keys(db)?)))?;
    if lacking.is_none() && spare {
        return Ok(false);
    }
    let Some(key) = generate(stop)? else { return Ok(false) };
    let keys = pod::Keys { private: key.to_der()?, public: key.public()?.to_der()? };
    pod.write(|tx| -> Result<(), MakeError> {
        match accounts::without_key(tx)? {
            Some(user) => Ok(account::give_key(tx, user, &keys)?),
            None => Ok(pod::put_spare_keys(tx, &keys)?),
        }
    })?;
    log::info!(target: "federation", "made an RSA key of {KEY_BITS} bits");
    Ok(true)
}

/// A new key, unless the pod is to end first: a small machine takes minutes for one, and is not waited for.
fn generate(stop: &Stop) -> Result<Option<PrivateKey>, MakeError> {
    let (told, key) = mpsc::channel();
    let maker = thread::Builder::new().name("key".to_owned()).stack_size(1 << 20);
    // Nobody hears it when the pod ended.
    maker.spawn(move || told.send(PrivateKey::generate(KEY_BITS)).unwrap_or_default())?;
    while !stop.is_set() {
        match key.recv_timeout(Duration::from_millis(250)) {
            Ok(key) => return Ok(Some(key?)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("its thread ended").into()),
        }
    }
    Ok(None)
}

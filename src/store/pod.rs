//! The pod itself: its address, its secrets.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx, Work};

/// What the pod is, once and for all.
#[derive(Clone)]
pub struct Pod {
    /// Base address without a slash at the end.
    pub url: String,
    /// 32 random bytes.
    pub secret: Vec<u8>,
    /// 32-byte seed of the pod's Ed25519 key.
    pub identity: Vec<u8>,
}

/// The pod of this database; `None` in a new one.
pub fn get(db: &Db) -> Result<Option<Pod>> {
    db.prepare_cached("select url, secret, identity from pod")?
        .query_row([], |row| Ok(Pod { url: row.get(0)?, secret: row.get(1)?, identity: row.get(2)? }))
        .optional()
}

pub fn add(tx: &Tx, pod: &Pod) -> Result<()> {
    tx.execute(
        "insert into pod (id, url, created_at, secret, identity) values (1, :url, :now, :secret, :identity)",
        named_params! { ":url": pod.url, ":now": tx.now, ":secret": pod.secret, ":identity": pod.identity },
    )?;
    Ok(())
}

/// Changes the address; allowed only as long as nobody lives here.
pub fn set_url(tx: &Tx, url: &str) -> Result<()> {
    tx.execute("update pod set url = ?", [url])?;
    Ok(())
}

/// An RSA key pair.
pub struct Keys {
    /// PKCS#8 DER.
    pub private: Vec<u8>,
    /// SPKI DER.
    pub public: Vec<u8>,
}

/// Puts an RSA key pair by for the next account.
pub fn put_spare_keys(tx: &Tx, keys: &Keys) -> Result<()> {
    tx.execute("update pod set spare_key = ?, spare_public_key = ?", (&keys.private, &keys.public))?;
    Ok(())
}

pub fn has_spare_keys(db: &Db) -> Result<bool> {
    db.query_row("select exists (select 1 from pod where spare_key is not null)", [], |row| row.get(0))
}

/// Takes the spare key pair out, if there is one.
pub fn take_spare_keys(tx: &Tx) -> Result<Option<Keys>> {
    tx.leaves(Work::Keys);
    let keys = tx
        .query_row("select spare_key, spare_public_key from pod where spare_key is not null", [], |row| {
            Ok(Keys { private: row.get(0)?, public: row.get(1)? })
        })
        .optional()?;
    if keys.is_some() {
        tx.execute("update pod set spare_key = null, spare_public_key = null", [])?;
    }
    Ok(keys)
}

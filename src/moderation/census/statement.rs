//! What a census found, signed by the pod: its table as CSV in a document that can be checked on any machine. It is a claim
//! of this pod about what others answered it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Timestamp;
use crate::moderation::key::{self, Key, PublicKey};
use crate::moderation::proof;
use crate::moderation::receipt::Error;
use crate::store::{self, Db};

pub const TYPE: &str = "CensusStatement";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    r#type: String,
    /// Base address of the pod that asked.
    pub pod: String,
    /// Of the post.
    pub guid: String,
    pub at: String,
    pub csv: String,
    proof: Map<String, Value>,
}

/// Signs the table of a census.
pub fn make(db: &Db, guid: &str, csv: String, now: Timestamp) -> store::Result<String> {
    let (key, url) = Key::of_pod(db)?;
    let mut statement = Statement {
        r#type: TYPE.to_owned(),
        pod: url.clone(),
        guid: guid.to_owned(),
        at: now.to_string(),
        csv,
        proof: Map::new(),
    };
    let mut document = statement.document();
    proof::sign(&mut document, &key, &format!("{url}{}", key::PATH), now).expect("a statement has no numbers");
    if let Some(Value::Object(proof)) = document.remove("proof") {
        statement.proof = proof;
    }
    Ok(statement.text())
}

impl Statement {
    /// The one form of the file.
    fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a statement is plain data");
        format!("{text}\n")
    }

    fn document(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(document)) => document,
            _ => Map::new(),
        }
    }
}

/// Whether a file is meant to be such a document.
pub fn is_one(file: &[u8]) -> bool {
    serde_json::from_slice::<Value>(file).is_ok_and(|document| document["type"] == TYPE)
}

/// Reads a statement and checks it; the key it is signed with comes along. With `wanted`, it must be that one.
pub fn verify(file: &[u8], wanted: Option<&PublicKey>) -> Result<(Statement, PublicKey), Error> {
    let statement: Statement = serde_json::from_slice(file)?;
    if statement.text().as_bytes() != file {
        return Err(Error::Rewritten);
    }
    let (key, shown) = proof::verify(&statement.document())?;
    if wanted.is_some_and(|wanted| *wanted != key) {
        return Err(Error::OtherKey(key.multibase()));
    }
    if shown != format!("{}{}", statement.pod, key::PATH) {
        return Err(Error::OtherPod(shown));
    }
    Ok((statement, key))
}

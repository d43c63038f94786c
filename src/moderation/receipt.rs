//! Receipts: what the pod says it did in a case, signed, with the step of the log that says so and the proof that it is
//! in the log. Whoever has the file can check it anywhere; whoever has the thing it is about can check that, too: the
//! salt of its seals is in it. It names nobody who spoke up. It is a claim of this pod about its own surfaces.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::key::{self, Key, PublicKey};
use super::log::note::{Checkpoint, Kind, Note, Verifier};
use super::log::tree::{self, Hash};
use super::log::{self, Index, Subject};
use super::seal::Salt;
use super::{jcs, proof};
use crate::model::hex::{hex, unhex};
use crate::model::{CaseId, Timestamp};
use crate::store::{self, Tx, pod, receipts};

/// Bytes of a receipt at the most.
pub const MAX: u64 = 4 << 20;

const TYPE: &str = "ModerationReceipt";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    r#type: String,
    /// Base address.
    pub pod: String,
    pub case: CaseId,
    /// Key of the ground.
    pub ground: String,
    /// What was decided, as the log says it: remove, hold, restore, limit.
    pub action: String,
    pub subjects: Vec<Subject>,
    /// 32 hex digits: what the subjects are sealed with.
    salt: String,
    pub received_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<String>,
    pub decided_at: String,
    /// When the last of it was gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<String>,
    pub surfaces: Vec<Surface>,
    pub files: Vec<File>,
    pub log: Place,
    proof: Map<String, Value>,
}

/// A place where the thing could be seen, as the pod itself found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    pub name: String,
    pub before: Seen,
    pub after: Seen,
}

/// What a look at a surface found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    Shown,
    Absent,
}

/// A file that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// 64 hex digits.
    pub sha256: String,
    pub bytes: u64,
}

/// Where the decision stands in the log, and everything to prove it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub size: u64,
    pub index: u64,
    leaf: Value,
    /// Hashes from the leaf to the root, 64 hex digits each.
    path: Vec<String>,
    checkpoint: String,
}

/// What a receipt is made of besides what the log knows.
pub struct Draft {
    pub case: CaseId,
    /// The step of the decision.
    pub index: Index,
    pub received_at: Timestamp,
    pub held_at: Option<Timestamp>,
    pub purged_at: Option<Timestamp>,
    pub surfaces: Vec<Surface>,
    pub files: Vec<File>,
}

/// Why a receipt is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("receipt: it cannot be read as one: {0}")]
    Form(#[from] serde_json::Error),
    #[error("receipt: the file was changed after it was made (white space, order or a doubled member)")]
    Rewritten,
    #[error("receipt: {0}")]
    Proof(#[from] proof::Error),
    #[error("receipt: signed with another key, {0}")]
    OtherKey(String),
    #[error("receipt: the key is not shown by the pod it speaks for, but at {0}")]
    OtherPod(String),
    #[error("receipt: {0}")]
    Log(&'static str),
    #[error("receipt: it is not about this item")]
    OtherItem,
}

/// Makes the receipt of a decision and keeps it. `None`: the log has no such step, or its text was dropped.
pub fn make(tx: &Tx, draft: Draft) -> store::Result<Option<String>> {
    let (key, url) = Key::of_pod(tx)?;
    let leaves = log::of_case(tx, draft.case)?;
    let leaf = leaves.into_iter().find(|(index, _)| *index == draft.index).map(|(_, leaf)| leaf);
    let (Some(leaf), Some(proven)) = (leaf, log::prove(tx, draft.index)?) else { return Ok(None) };
    let size = Note::parse(&proven.checkpoint).as_ref().and_then(Checkpoint::parse).map_or(0, |said| said.size);
    let word = |name: &str| leaf.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut receipt = Receipt {
        r#type: TYPE.to_owned(),
        pod: url.clone(),
        case: draft.case,
        ground: word("ground"),
        action: word("what"),
        subjects: serde_json::from_value(leaf["subjects"].clone()).unwrap_or_default(),
        salt: salt(tx, draft.case)?.to_string(),
        received_at: draft.received_at.to_string(),
        held_at: draft.held_at.map(|at| at.to_string()),
        decided_at: word("at"),
        purged_at: draft.purged_at.map(|at| at.to_string()),
        surfaces: draft.surfaces,
        files: draft.files,
        log: Place {
            size,
            index: draft.index.0,
            path: proven.path.iter().map(|hash| hex(hash)).collect(),
            checkpoint: proven.checkpoint,
            leaf,
        },
        proof: Map::new(),
    };
    let mut document = receipt.document();
    proof::sign(&mut document, &key, &format!("{url}{}", key::PATH), tx.now)
        .expect("the numbers of a receipt are whole and small");
    if let Some(Value::Object(proof)) = document.remove("proof") {
        receipt.proof = proof;
    }
    let text = receipt.text();
    receipts::set(tx, draft.case, &text)?;
    Ok(Some(text))
}

/// The salt of a case of this pod.
pub fn salt(tx: &Tx, case: CaseId) -> store::Result<Salt> {
    let pod = pod::get(tx)?.ok_or(store::Error::QueryReturnedNoRows)?;
    Ok(Salt::of_case(&pod.secret, case.0))
}

impl Receipt {
    /// The one form of the file.
    fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a receipt is plain data");
        format!("{text}\n")
    }

    fn document(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(document)) => document,
            _ => Map::new(),
        }
    }

    /// Whether it is about a post, comment or photo of this GUID, this account, this pod, or a file of this SHA-256.
    pub fn is_about(&self, item: &str) -> bool {
        let Some(salt) = Salt::parse(&self.salt) else { return false };
        self.subjects.iter().any(|subject| salt.seal(&subject.kind, item) == subject.sealed)
    }

    /// The key it is signed with. Not proven unless it comes from `verify`.
    pub fn key(&self) -> &str {
        let method = self.proof.get("verificationMethod").and_then(Value::as_str).unwrap_or_default();
        method.rsplit('#').next().unwrap_or_default()
    }

    /// Names of surfaces that still showed it.
    pub fn still_shown(&self) -> impl Iterator<Item = &str> {
        self.surfaces.iter().filter(|surface| surface.after == Seen::Shown).map(|surface| surface.name.as_str())
    }

    /// The step that the receipt tells of must say the same, and be in the log whose checkpoint the same key signed.
    fn check_log(&self, key: PublicKey) -> Result<(), Error> {
        let origin = log::origin(&self.pod);
        let note = Note::parse(&self.log.checkpoint).ok_or(Error::Log("the checkpoint is none"))?;
        if Verifier::new(&origin, Kind::Ed25519, key).signed(&note).is_none() {
            return Err(Error::Log("the checkpoint is not signed with the same key"));
        }
        let said = Checkpoint::parse(&note).ok_or(Error::Log("the checkpoint is none"))?;
        if said.origin != origin || said.size != self.log.size {
            return Err(Error::Log("the checkpoint is of another log, or of another size"));
        }
        let leaf = jcs::text(&self.log.leaf).map_err(proof::Error::from)?;
        let path: Option<Vec<Hash>> = self.log.path.iter().map(|hash| unhex(hash)?.try_into().ok()).collect();
        let path = path.ok_or(Error::Log("the path to the root cannot be read"))?;
        if tree::root_of_proof(tree::leaf(leaf.as_bytes()), self.log.index, said.size, &path) != Some(said.root) {
            return Err(Error::Log("its step is not in the log"));
        }
        let subjects = serde_json::to_value(&self.subjects).unwrap_or_default();
        let same = self.log.leaf["case"] == self.case.0
            && self.log.leaf["ground"] == self.ground.as_str()
            && self.log.leaf["what"] == self.action.as_str()
            && self.log.leaf["at"] == self.decided_at.as_str()
            && self.log.leaf["subjects"] == subjects;
        if same { Ok(()) } else { Err(Error::Log("it says something else than its step in the log")) }
    }
}

/// Reads a receipt and checks all of it. With a key, it must be signed with that one; without, the caller must know
/// whether `Receipt::key` is the pod's.
pub fn verify(file: &[u8], wanted: Option<&PublicKey>) -> Result<Receipt, Error> {
    let receipt: Receipt = serde_json::from_slice(file)?;
    if receipt.text().as_bytes() != file {
        return Err(Error::Rewritten);
    }
    if receipt.r#type != TYPE {
        return Err(Error::Log("it is of another type"));
    }
    let (key, shown) = proof::verify(&receipt.document())?;
    if wanted.is_some_and(|wanted| *wanted != key) {
        return Err(Error::OtherKey(key.multibase()));
    }
    if shown != format!("{}{}", receipt.pod, key::PATH) {
        return Err(Error::OtherPod(shown));
    }
    receipt.check_log(key)?;
    Ok(receipt)
}

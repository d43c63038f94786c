//! The log of steps: what was done in which case, when, on what ground, without a name of anybody. It only grows, and
//! its signed size and root (`checkpoint`) bind all of it, so that nothing in it can be changed unseen. A leaf's text
//! may be dropped later, its hash stays, and the log is as provable as before.

pub mod note;
pub mod tree;

use serde_json::{Value, json};

use super::jcs;
use super::key::{self, Key};
use crate::model::words::words;
use crate::model::{CaseId, Timestamp};
use crate::social::account::authority;
use crate::store::{self, Db, Tx, steps};
use note::{Checkpoint, Kind, Verifier};
use tree::{Hash, Range};

/// Leaves looked at in one go.
const AT_ONCE: u32 = 1_000;

words! {
    /// Who did it, as far as the log tells: the part they had, never who they are.
    Who {
        Podmin = "podmin",
        /// Of what the case is about.
        Author = "author",
        Reporter = "reporter",
        Authority = "authority",
        /// A rule that the podmin set.
        Pod = "pod",
    }
}

/// Something that was done.
pub struct Step<'a> {
    pub case: CaseId,
    /// open, report, hold, restore, remove, limit, purge, appeal, close …
    pub what: &'a str,
    pub who: Who,
    /// Key of the ground; empty: none was named.
    pub ground: &'a str,
    /// What it is about, sealed (`seal::Salt`) and with its kind.
    pub subjects: &'a [Subject],
}

/// A sealed subject.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub kind: String,
    pub sealed: String,
}

/// Place of a leaf, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub u64);

/// Everything by which a leaf is proven to be in the log.
#[derive(Clone, Debug)]
pub struct Proof {
    pub index: Index,
    /// The hashes from the leaf up.
    pub path: Vec<Hash>,
    /// A signed checkpoint of the log they lead to.
    pub checkpoint: String,
}

impl Step<'_> {
    /// The leaf, in its canonical form.
    fn text(&self, at: Timestamp) -> String {
        let leaf = json!({
            "at": at.to_string(),
            "case": self.case,
            "ground": self.ground,
            "subjects": self.subjects,
            "what": self.what,
            "who": self.who.as_str(),
        });
        jcs::text(&leaf).expect("a step has no fractions")
    }
}

/// Adds a step, at the time of the transaction.
pub fn append(tx: &Tx, step: &Step) -> store::Result<Index> {
    let text = step.text(tx.now);
    let hash = tree::leaf(text.as_bytes());
    let mut range = kept(tx)?;
    let index = range.size;
    range.push(hash);
    steps::add(tx, index, step.case, &text, &hash)?;
    steps::set_range(tx, range.size, &range.peaks.concat())?;
    Ok(Index(index))
}

/// Drops what a leaf says; that there was one, and its hash, stays.
pub fn drop_text(tx: &Tx, index: Index) -> store::Result<()> {
    steps::drop_text(tx, index.0)
}

/// The signed size and root of the log (C2SP tlog-checkpoint).
pub fn checkpoint(db: &Db) -> store::Result<String> {
    let (key, url) = Key::of_pod(db)?;
    let range = kept(db)?;
    Ok(Checkpoint { origin: origin(&url), size: range.size, root: range.root() }.sign(&key))
}

/// Name of the log of the pod at `url`.
pub fn origin(url: &str) -> String {
    format!("{}/log", authority(url))
}

/// What the pod shows of the key that signs its log and its receipts.
pub fn key_document(db: &Db) -> store::Result<String> {
    let (key, url) = Key::of_pod(db)?;
    let verifier = Verifier::new(&origin(&url), Kind::Ed25519, key.public());
    Ok(key::document(&key.public(), &url, &verifier.vkey()))
}

/// The proof that a leaf is in the log as it is now; `None` when there is no such leaf.
pub fn prove(db: &Db, index: Index) -> store::Result<Option<Proof>> {
    let leaves = steps::hashes(db)?;
    let Some(place) = usize::try_from(index.0).ok().filter(|place| *place < leaves.len()) else { return Ok(None) };
    Ok(Some(Proof { index, path: tree::proof(&leaves, place), checkpoint: checkpoint(db)? }))
}

/// What a case's leaves say, as far as it was not dropped, in their order.
pub fn of_case(db: &Db, case: CaseId) -> store::Result<Vec<(Index, Value)>> {
    let leaves = steps::of_case(db, case)?;
    let parsed = |(index, text): (u64, String)| Some((Index(index), serde_json::from_str(&text).ok()?));
    Ok(leaves.into_iter().filter_map(parsed).collect())
}

/// Looks whether the log is whole: every text fits its hash, no leaf is missing, and together they give what is kept
/// of the tree. Findings; empty when all is well.
pub fn check(db: &Db) -> store::Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut range = Range::default();
    loop {
        let leaves = steps::page(db, range.size, AT_ONCE)?;
        if leaves.is_empty() {
            break;
        }
        for leaf in leaves {
            if leaf.index != range.size {
                findings.push(format!("log: leaf {} is missing", range.size));
                return Ok(findings);
            }
            if leaf.text.is_some_and(|text| tree::leaf(text.as_bytes()) != leaf.hash) {
                findings.push(format!("log: leaf {} was changed", leaf.index));
            }
            range.push(leaf.hash);
        }
    }
    if range != kept(db)? {
        findings.push("log: its leaves do not give its root".to_owned());
    }
    Ok(findings)
}

fn kept(db: &Db) -> store::Result<Range> {
    let Some((size, peaks)) = steps::range(db)? else { return Ok(Range::default()) };
    let peaks = peaks.chunks_exact(32).filter_map(|peak| peak.try_into().ok()).collect();
    Range::new(size, peaks).ok_or(store::Error::InvalidQuery)
}

//! The census: which other pods still hold a copy of a public post that was removed or held here, by a question that
//! every pod of the network answers today (`ask`). Only the podmin begins one; the pods of those who took part are noted
//! when the post is held or removed, since their rows are gone later. A private post is never asked about.

pub mod ask;
pub mod statement;

use crate::model::Timestamp;
use crate::model::case::{Case, Kind};
use crate::social::{Error, Result, checked_text};
use crate::store::census::{self, Census, Found};
use crate::store::{self, Db, Tx, held};

/// Characters of a message to a podmin.
const LETTER_MAX: usize = 10_000;

/// Notes whom to ask about a public post that is being held or removed. Nobody is asked yet.
pub fn note(tx: &Tx, case: &Case) -> store::Result<()> {
    if case.subject.kind != Kind::Post {
        return Ok(());
    }
    let Some(post) = held::find(tx, Kind::Post, &case.subject.name)?.filter(|post| post.public) else { return Ok(()) };
    let hosts = match &post.post {
        Some((id, _)) => held::pods_of_thread(tx, *id)?,
        None => Vec::new(),
    };
    census::add(tx, &case.subject.name, case.id, &case.ground)?;
    census::add_pods(tx, &case.subject.name, &hosts, None)
}

/// The post is shown here again: nobody is asked any more.
pub fn end(tx: &Tx, case: &Case) -> store::Result<()> {
    if case.subject.kind == Kind::Post { census::remove(tx, &case.subject.name) } else { Ok(()) }
}

/// The podmin asks the pods of those who took part, or asks again those that are not clean.
pub fn begin(tx: &Tx, guid: &str) -> Result<()> {
    known(tx, guid)?;
    Ok(census::begin(tx, guid)?)
}

/// The podmin asks all other pods that are known, too.
pub fn widen(tx: &Tx, guid: &str) -> Result<()> {
    known(tx, guid)?;
    census::add_pods(tx, guid, &census::known_pods(tx)?, Some(tx.now))?;
    Ok(census::begin(tx, guid)?)
}

/// Writes down what the podmin wrote to the podmin of a pod.
pub fn told(tx: &Tx, guid: &str, host: &str, text: &str) -> Result<()> {
    let text = checked_text(text, LETTER_MAX)?;
    known(tx, guid)?;
    Ok(census::told(tx, guid, host, &text)?)
}

fn known(db: &Db, guid: &str) -> Result<Census> {
    census::get(db, guid)?.ok_or(Error::Missing("census"))
}

/// The table as CSV (RFC 4180), times as on the wire.
pub fn csv(guid: &str, pods: &[Found]) -> String {
    let mut lines = vec!["guid,pod,copy,since,asked,answer,contact,told".to_owned()];
    for pod in pods {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let (since, asked, told) = (time(pod.since), time(pod.asked_at), time(pod.told_at));
        let contact = pod.contact.as_deref().unwrap_or_default();
        let fields = [guid, &pod.host, pod.trace.as_str(), &since, &asked, &pod.answer, contact, &told];
        lines.push(fields.map(field).join(","));
    }
    lines.join("\r\n") + "\r\n"
}

/// A field that no spreadsheet takes for a formula.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pod_answers_stays_in_its_field() {
        for (text, written) in
            [("404", "404"), ("a, \"b\"", "\"a, \"\"b\"\"\""), ("=1+1", "'=1+1"), ("two\nlines", "\"two\nlines\"")]
        {
            assert_eq!(field(text), written);
        }
    }
}

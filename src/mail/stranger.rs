//! Letters to people who need not live here: who spoke up, who gets a receipt. Nothing that they wrote stands in them, so
//! that nobody can make the pod send words of their own to somebody else.

use super::write::Letter;
use crate::model::CaseId;
use crate::model::case::{Case, Report};
use crate::moderation::key;
use crate::pod::Pod;
use crate::store::{Db, Result, cases, receipts, reports};
use crate::web::text::{self, Book};

/// What somebody said, the case, and the words in their language.
fn spoken(db: &Db, report: i64) -> Result<Option<(Report, Case, &'static Book)>> {
    let Some((said, case)) = reports::get(db, report)? else { return Ok(None) };
    let book = text::book(&said.language);
    Ok(cases::get(db, case)?.map(|case| (said, case, book)))
}

/// Confirms that somebody was heard.
pub fn heard(pod: &Pod, db: &Db, report: i64) -> Result<Option<Letter>> {
    let Some((said, case, book)) = spoken(db, report)? else { return Ok(None) };
    let say = sayer(pod, book, &case);
    let text = [say("letter.heard"), say("letter.about"), say("letter.heard_next"), say("letter.foot")];
    Ok(Some(Letter::bare(said.email, say("letter.heard_subject"), text.join("\n\n") + "\n")))
}

/// What was decided, and why. `None`: it is open again.
pub fn answer(pod: &Pod, db: &Db, report: i64) -> Result<Option<Letter>> {
    let Some((said, case, book)) = spoken(db, report)? else { return Ok(None) };
    if case.waits() {
        return Ok(None);
    }
    let say = sayer(pod, book, &case);
    let mut text = vec![say("letter.answer"), say("letter.about"), say(&format!("answer.{}", case.outcome()))];
    let why = cases::steps(db, case.id)?.into_iter().rev().find(|step| step.is_decision()).map(|step| step.why);
    if let Some(why) = why.filter(|why| !why.is_empty()) {
        text.push(book.words("letter.why", &[("why", &why)]));
    }
    text.extend([say("letter.by_hand"), say("letter.redress"), say("letter.foot")]);
    Ok(Some(Letter::bare(said.email, say("letter.answer_subject"), text.join("\n\n") + "\n")))
}

/// The receipt of a case goes along.
pub fn receipt(pod: &Pod, db: &Db, id: CaseId, to: &str) -> Result<Option<Letter>> {
    let (Some(case), Some(receipt)) = (cases::get(db, id)?, receipts::get(db, id)?) else { return Ok(None) };
    // Of an authority, or of whoever spoke up: the language of the first of them.
    let said = reports::of_case(db, id)?.into_iter().find(|said| said.email.eq_ignore_ascii_case(to));
    let book = text::book(said.map_or(String::new(), |said| said.language).as_str());
    let say = sayer(pod, book, &case);
    let shown = format!("{}{}", pod.url, key::PATH);
    let text = [say("letter.receipt"), say("letter.about"), book.words("letter.receipt_how", &[("url", &shown)])];
    let letter = Letter::bare(to.to_owned(), say("letter.receipt_subject"), text.join("\n\n") + "\n");
    let name = format!("receipt-{}-{id}.json", pod.authority().replace(':', "-"));
    Ok(Some(Letter { file: Some((name, receipt)), ..letter }))
}

/// Says a text with everything filled in that these letters have.
fn sayer(pod: &Pod, book: &'static Book, case: &Case) -> impl Fn(&str) -> String {
    let contact = format!("{}/contact", pod.url);
    let (host, id) = (pod.authority().to_owned(), case.id.to_string());
    let kind = book.words(&format!("case_kind.{}", case.subject.kind.as_str()), &[]);
    let ground = book.words(&format!("ground.{}", case.ground), &[]);
    move |key| book.words(key, &[("host", &host), ("id", &id), ("kind", &kind), ("ground", &ground), ("url", &contact)])
}

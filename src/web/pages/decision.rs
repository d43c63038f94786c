//! What the podmin decided about one's own things: what, why, and how to object.

use minijinja::context;
use minijinja::value::Value;

use crate::model::CaseId;
use crate::model::case::{Case, Kind, State, Step};
use crate::moderation::case::WORDS_MAX;
use crate::moderation::{appeal, ground};
use crate::social;
use crate::store::{self, Db, cases, reports};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::pages::report;
use crate::web::visit::Visit;

/// Reports of one's own that are listed.
const REPORTS_LISTED: u32 = 25;

/// `GET /decisions`: all of them, and what became of what one reported. Whose account is held sees nothing else.
pub fn list(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let (found, said) = visit.pod.store.read::<_, Error>(|db| {
        let said = reports::of_user(db, me.id, REPORTS_LISTED)?;
        let said =
            said.iter().map(|(case, text)| reported(visit, db, case, text)).collect::<Result<Vec<Value>, Error>>();
        Ok((cases::of_person(db, me.person.id)?, said?))
    })?;
    let shown: Vec<Value> =
        found.iter().filter(|case| case.state != State::Open).map(|case| row(visit, case)).collect();
    let values = context! { title => visit.say("decisions.title"), cases => shown, reports => said, held => me.held };
    visit.page("decisions.html", values)
}

/// What the reader spoke up about, and what became of it (art. 16 (5)).
fn reported(visit: &Visit, db: &Db, case: &Case, text: &str) -> Result<Value, Error> {
    let decided = !case.waits();
    let why = cases::steps(db, case.id)?.into_iter().rev().find(Step::is_decision).filter(|_| decided);
    Ok(context! {
        kind => visit.say(&format!("case_kind.{}", case.subject.kind.as_str())),
        ground => visit.say(&format!("ground.{}", case.ground)), text,
        told => visit.say(&format!("answer.{}", if decided { case.outcome() } else { "waits" })),
        why => why.map(|step| step.why), at => case.decided_at.filter(|_| decided).unwrap_or(case.opened_at).0,
    })
}

fn row(visit: &Visit, case: &Case) -> Value {
    context! {
        id => case.id.0,
        kind => visit.say(&format!("case_kind.{}", case.subject.kind.as_str())),
        state => case.state.as_str(),
        told => visit.say(&format!("decisions.{}", case.outcome())),
        at => case.decided_at.or(case.held_at).unwrap_or(case.opened_at).0,
    }
}

/// `GET /decisions/:id`: one of them (Regulation (EU) 2022/2065, art. 17 (3)).
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, "", None)
}

/// `draft`: an objection that could not be taken.
fn page(visit: &Visit, draft: &str, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let (case, why) = visit.pod.store.read::<_, Error>(|db| {
        let case = cases::get(db, id(visit)?)?.ok_or(Error::Missing)?;
        let case = appeal::of(case, me)?;
        let steps = cases::steps(db, case.id)?;
        // Closing answers an objection.
        let answers = |step: &Step| step.is_decision() || (step.what == "close" && case.appealed_at.is_some());
        let why = steps.into_iter().rev().find(answers);
        Ok((case, why))
    })?;
    let (ground, quote) = (ground::get(&case.ground), report::quote(visit, &case.subject)?);
    // Who takes it back while it is held does not wait for a decision.
    let delete = match case.subject.kind {
        Kind::Post if quote.is_some() => Some(format!("/posts/{}/delete", case.subject.name)),
        Kind::Comment if quote.is_some() => Some(format!("/comments/{}/delete", case.subject.name)),
        _ => None,
    };
    let by_itself = why.as_ref().is_some_and(|step| step.who == "pod");
    let values = context! {
        title => visit.say("decisions.single"),
        case => row(visit, &case), quote, delete => delete.filter(|_| case.state == State::Held),
        ground => visit.say(&format!("ground.{}", case.ground)),
        law => ground.map(|ground| ground.law.as_str()),
        why => why.as_ref().map(|step| step.why.as_str()),
        by_itself,
        picture => case.origin == crate::model::case::Origin::Picture,
        appealed => case.appealed_at.is_some(), draft, max => WORDS_MAX,
        appeal => case.appeal.as_deref(),
        may_appeal => case.appealed_at.is_none() && matches!(case.state, State::Held | State::Removed | State::Limited),
        podmin => visit.pod.store.read::<_, store::Error>(store::accounts::speaker)?.map(|user| user.person.handle.to_string()),
    };
    visit.page_with("decision.html", error.as_ref(), values)
}

/// `POST /decisions/:id/appeal`
pub fn object(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let id = id(visit)?;
    match visit.pod.write(|tx| appeal::add(tx, me, id, form.get("text"))) {
        Ok(_) => Ok(visit.done(&format!("/decisions/{id}"), "objected")),
        Err(error @ social::Error::Invalid(_)) => page(visit, form.get("text"), Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

fn id(visit: &Visit) -> Result<CaseId, Error> {
    visit.arg(0).parse().map(CaseId).map_err(|_| Error::Missing)
}

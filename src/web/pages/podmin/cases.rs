//! Cases: what waits, what it is about, and deciding. Made for one hand, at night, on a phone.

use minijinja::context;
use minijinja::value::Value;

use super::{clock, podmin, span, tabs};
use crate::model::case::{Case, Kind, Origin, Severity, State};
use crate::model::{CaseId, Person};
use crate::moderation::case::{self, Decision};
use crate::moderation::{ground, reporter};
use crate::social::{self, Invalid};
use crate::store::cases::{self, Filter, PAGE};
use crate::store::limits::Limit;
use crate::store::{self, Db, census, held, people, receipts, reports};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::pages::report;
use crate::web::visit::Visit;
use crate::web::{encoded, surfaces};

/// `GET /podmin/cases?which=`: what waits, the most urgent first.
pub fn list(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let query = visit.query();
    let which = query.get("which");
    let filter = match which {
        "decided" => Filter::Decided,
        "closed" => Filter::Closed,
        _ => Filter::Waiting,
    };
    let offset = query.get("from").parse().unwrap_or(0).max(0);
    let (mut found, waiting) = visit.pod.store.read::<_, Error>(|db| {
        let found = cases::list(db, filter, offset)?;
        Ok((
            found.iter().map(|case| row(visit, db, case)).collect::<Result<Vec<Value>, Error>>()?,
            cases::waiting(db)?.0,
        ))
    })?;
    let more = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let kinds = ["", "decided", "closed"].map(|name| {
        let text = visit.say(&format!("cases.{}", if name.is_empty() { "waiting" } else { name }));
        context! { href => format!("/podmin/cases?which={name}"), text, here => name == which }
    });
    let values = context! {
        title => visit.say("cases.title"), tabs => tabs(visit), kinds => kinds.to_vec(), cases => found, waiting,
        more => more.then(|| format!("/podmin/cases?which={which}&from={}", offset + PAGE)),
    };
    visit.page("cases.html", values)
}

/// A case in a list.
fn row(visit: &Visit, db: &Db, case: &Case) -> Result<Value, Error> {
    let whose = match case.person {
        Some(person) => held::handle(db, person)?.to_string(),
        None => case.subject.name.clone(),
    };
    Ok(context! {
        id => case.id.0,
        kind => visit.say(&format!("case_kind.{}", case.subject.kind.as_str())),
        state => case.state.as_str(),
        told => visit.say(&format!("case_state.{}", case.outcome())),
        origin => visit.say(&format!("case_origin.{}", case.origin.as_str())),
        ground => visit.say(&format!("ground.{}", case.ground)),
        whose,
        reports => case.reports,
        at => case.opened_at.0,
        due => case.due.filter(|_| case.waits()).map(|due| clock(visit, due)),
        late => case.waits() && case.due.is_some_and(|due| due <= visit.now),
        appealed => case.appealed_at.is_some(),
    })
}

/// `GET /podmin/cases/new?kind=&name=`: the podmin looks into something, or enters an order.
pub fn ask(visit: &Visit) -> Result<Response, Error> {
    new_page(visit, &visit.query(), None)
}

fn new_page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    podmin(visit)?;
    let subject = report::subject(visit, form)?;
    let quote = subject.as_ref().map(|subject| report::quote(visit, subject)).transpose()?.flatten();
    let values = context! {
        title => visit.say("cases.new"), tabs => tabs(visit), quote,
        kind => subject.as_ref().map(|subject| subject.kind.as_str()),
        name => subject.as_ref().map(|subject| subject.name.as_str()),
        url => form.get("url"), text => form.get("text"), order => form.has("order"), hold_after => form.get("hold_after"),
        grounds => report::grounds(visit, form.get("ground")),
    };
    visit.page_with("case_new.html", error.as_ref(), values)
}

/// `POST /podmin/cases`
pub fn open(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let opened = report::subject(visit, &form)?.ok_or(Error::from(Invalid::NoSubject)).and_then(|subject| {
        let (ground, text) = (form.get("ground"), form.get("text"));
        let minutes: Option<i64> = form.get("hold_after").parse().ok().filter(|minutes| (0..=10_000).contains(minutes));
        let opened = visit.pod.write(|tx| match form.has("order") {
            true => case::order(tx, me, &subject, ground, text, minutes.map(|minutes| minutes * 60)),
            false => case::open(tx, me, &subject, ground, text),
        });
        opened.map_err(|error| match error {
            social::Error::Missing("thing") => Invalid::NoSubject.into(),
            error => Error::from(error),
        })
    });
    match opened {
        Ok(case) => Ok(Response::see_other(&format!("/podmin/cases/{}", case.id))),
        Err(error) if error.status() == 422 => new_page(visit, &form, Some(error)),
        Err(error) => Err(error),
    }
}

/// `GET /podmin/cases/:id`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, "", None)
}

/// `draft`: words for a decision that was not made.
fn page(visit: &Visit, draft: &str, error: Option<Error>) -> Result<Response, Error> {
    podmin(visit)?;
    // A decision goes by what is written down about pictures.
    visit.pod.write_looked()?;
    let values = visit.pod.store.read::<_, Error>(|db| {
        let case = cases::get(db, id(visit)?)?.ok_or(Error::Missing)?;
        let found = held::find(db, case.subject.kind, &case.subject.name)?;
        let author = case.person.map(|person| people::get(db, person)).transpose()?;
        let steps: Vec<Value> = cases::steps(db, case.id)?
            .into_iter()
            .map(|step| {
                context! { at => step.at.0, who => step.who, what => visit.say(&format!("case_step.{}", step.what)), why => step.why }
            })
            .collect();
        let said = reports::of_case(db, case.id)?;
        let title = visit.book.words("cases.number", &[("id", &case.id.to_string())]);
        let reports: Vec<Value> = said
            .iter()
            .map(|said| {
                let (email, letter) = (said.email.as_str(), letter(&said.email, &title));
                context! { at => said.at.0, who => said.name.as_str(), email, letter, text => said.text.as_str() }
            })
            .collect();
        let face = author.as_ref().filter(|_| case.subject.kind == Kind::Profile);
        let pictures: Vec<Value> = held::pictures(db, case.subject.kind, &case.subject.name)?
            .into_iter()
            .map(|picture| context! { guid => picture.guid.as_str(), text => picture.text })
            .chain(face.map(|person| context! { guid => person.guid.as_str(), text => "" }))
            .collect();
        let left = match (case.state, case.person) {
            (State::Removed, Some(person)) if case.purged_at.is_none() => held::count_of_person(db, person)?,
            _ => 0,
        };
        Ok(context! {
            title, draft,
            tabs => tabs(visit),
            case => row(visit, db, &case)?,
            subject => case.subject.name.as_str(),
            law => ground::get(&case.ground).map(|ground| ground.law.as_str()),
            text => found.as_ref().map(|found| found.text.as_str()),
            public => found.as_ref().is_some_and(|found| found.public),
            here => found.is_some(),
            gone => case::is_gone(db, &case)?,
            readmitted => case.was_readmitted().then(|| readmit(&case, author.as_ref())),
            readmit => (case.state == State::Removed && case.purged_at.is_some()).then(|| readmit(&case, author.as_ref())),
            local => found.as_ref().is_some_and(|found| found.origin.is_none()),
            post => found.as_ref().and_then(|found| found.post.as_ref()).map(|(_, guid)| guid.as_str().to_owned()),
            author => author.map(|author| context! { handle => author.handle.as_str(), guid => author.guid.as_str() }),
            census => census::get(db, &case.subject.name)?.map(|census| census.guid),
            to => said.iter().find(|said| !said.email.is_empty()).map(|said| said.email.as_str()),
            can_send => visit.pod.mail.is_some(),
            pictures, steps, reports, left,
            purged => case.purged_at.is_some() && receipts::get(db, case.id)?.is_some(),
            hold_at => case.hold_at.map(|at| span(visit, at.0 - visit.now.0)),
            appeal => case.appeal.as_deref().filter(|_| case.appealed_at.is_some()),
            waits => case.waits(),
            closable => !case.waits() || case::is_gone(db, &case)? || matches!(case.state, State::Removed | State::Limited),
            closed => case.closed_at.is_some(),
            limitable => matches!(case.subject.kind, Kind::Account | Kind::Pod) && found.as_ref().is_some_and(|found| found.origin.is_some()),
            told_nobody => case.origin == Origin::Order,
        })
    })?;
    visit.page_with("case.html", error.as_ref(), values)
}

/// A link that begins a mail to an address (RFC 6068): nothing in the address adds to it.
fn letter(email: &str, subject: &str) -> Option<String> {
    let (user, host) = email.rsplit_once('@')?;
    // A mail's space is no plus sign.
    let part = |text: &str| encoded(text).replace('+', "%20");
    Some(format!("mailto:{}@{}?subject={}", part(user), part(host), part(subject)))
}

/// `POST /podmin/cases/:id/receipt`: mails it, to who spoke up or an authority.
pub fn mail_receipt(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let id = id(visit)?;
    if visit.pod.mail.is_none() {
        return Err(Error::Missing);
    }
    match visit.pod.write(|tx| reporter::mail_receipt(tx, me, id, form.get("to"))) {
        Ok(()) => Ok(visit.done(&format!("/podmin/cases/{id}"), "receipt_sent")),
        Err(error @ social::Error::Invalid(_)) => page(visit, "", Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// What taking a removal back can still do: key of a text.
fn readmit(case: &Case, author: Option<&Person>) -> &'static str {
    let own = author.is_some_and(Person::is_local);
    match case.subject.kind {
        Kind::Post if !own => "readmit.post",
        Kind::Comment | Kind::Photo if !own => "readmit.thing",
        Kind::Post | Kind::Comment | Kind::Photo => "readmit.own",
        Kind::Profile => {
            if own {
                "readmit.own_profile"
            } else {
                "readmit.profile"
            }
        }
        Kind::Account => {
            if own {
                "readmit.own_account"
            } else {
                "readmit.account"
            }
        }
        Kind::Pod => "readmit.pod",
    }
}

/// `POST /podmin/cases/:id`: decides.
pub fn decide(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let id = id(visit)?;
    let decision = decision(visit, &form).ok_or(Error::Missing)?;
    surfaces::look_for(visit.pod, id)?;
    match visit.pod.write(|tx| case::decide(tx, &me.name, id, &decision, form.get("why"))) {
        Ok(_) => Ok(visit.done(&format!("/podmin/cases/{id}"), "decided")),
        // It was decided meanwhile, by another podmin or by the same button: the page says how it stands.
        Err(error @ (social::Error::Invalid(_) | social::Error::Refused(_))) => {
            page(visit, form.get("why"), Some(error.into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /podmin/cases/:id/receipt`: what the pod attests, signed.
pub fn receipt(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let id = id(visit)?;
    let text = visit.pod.store.read::<_, store::Error>(|db| receipts::get(db, id))?.ok_or(Error::Missing)?;
    let name = format!("attachment; filename=\"receipt-{}-{id}.json\"", visit.pod.authority().replace(':', "-"));
    Ok(Response::json(text).with_header("Content-Disposition", name).with_header("Cache-Control", "no-store"))
}

fn decision(visit: &Visit, form: &Form) -> Option<Decision> {
    Some(match form.get("decision") {
        "hold" => Decision::Hold,
        "restore" => Decision::Restore,
        "remove" => Decision::Remove,
        "close" => Decision::Close,
        "note" => Decision::Note,
        severity => {
            let severity = Severity::parse(severity)?;
            Decision::Limit(Limit { severity, since: visit.now, ..Limit::suspension("", visit.now) })
        }
    })
}

fn id(visit: &Visit) -> Result<CaseId, Error> {
    visit.arg(0).parse().map(CaseId).map_err(|_| Error::Missing)
}

//! What the podmin did, in numbers, for everybody.

use minijinja::context;
use minijinja::value::Value;

use super::podmin::span;
use crate::moderation::transparency::{self, Section, Year};
use crate::store;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// The year that is asked for, and all there are.
fn asked(visit: &Visit) -> Result<(Year, Vec<i32>), Error> {
    let query = visit.query();
    visit.pod.store.read::<_, Error>(|db: &store::Db| {
        let years = transparency::years(db, visit.now)?;
        let year = match query.get("year") {
            "" => visit.now.civil().year(),
            year => year.parse().map_err(|_| Error::Missing)?,
        };
        if !years.contains(&year) {
            return Err(Error::Missing);
        }
        Ok((transparency::of_year(db, year)?, years))
    })
}

/// `GET /transparency?year=`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    let (year, years) = asked(visit)?;
    let tabs: Vec<Value> = years
        .iter()
        .map(|y| context! { href => format!("/transparency?year={y}"), text => y.to_string(), here => *y == year.year })
        .collect();
    let values = context! {
        title => visit.say("transparency.title"), tabs, year => year.year, cases => year.cases,
        sections => year.sections.iter().filter(|section| !section.rows.is_empty()).map(|section| card(visit, section)).collect::<Vec<Value>>(),
        median => year.median.map(|median| span(visit, median)),
        held_by_itself => year.held_by_itself,
    };
    visit.page("transparency.html", values)
}

fn card(visit: &Visit, section: &Section) -> Value {
    let told = |name: &str| match section.name {
        "origin" => format!("case_origin.{name}"),
        "kind" => format!("case_kind.{name}"),
        "outcome" => format!("case_state.{name}"),
        "objections" => format!("objection.{name}"),
        "limits" => format!("severity.{name}"),
        _ => format!("ground.{name}"),
    };
    context! {
        title => visit.say(&format!("transparency_by.{}", section.name)),
        rows => section.rows.iter().map(|(name, n)| context! { name => visit.say(&told(name)), n }).collect::<Vec<Value>>(),
    }
}

/// `GET /transparency.csv?year=`
pub fn csv(visit: &Visit) -> Result<Response, Error> {
    let (year, _) = asked(visit)?;
    let disposition = format!("attachment; filename=\"transparency-{}.csv\"", year.year);
    Ok(Response::bytes("text/csv; charset=utf-8", year.csv().into_bytes())
        .with_header("Content-Disposition", disposition)
        .with_header("Cache-Control", "no-store"))
}

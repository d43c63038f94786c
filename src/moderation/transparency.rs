//! What the podmin did in a year, in numbers: no names, no things, nothing that tells who it was about.

use std::collections::BTreeMap;

use time::{Date, Month};

use super::ground;
use crate::model::Timestamp;
use crate::model::case::{Kind, Origin, State};
use crate::store::yearly;
use crate::store::{Db, Result};

/// A year in numbers. Names are keys of texts.
#[derive(Clone, Debug)]
pub struct Year {
    pub year: i32,
    /// Cases that came up.
    pub cases: i64,
    pub sections: Vec<Section>,
    /// Half of the cases were held or decided within so many seconds.
    pub median: Option<i64>,
    /// Things that the pod held by itself.
    pub held_by_itself: i64,
}

/// One way to count.
#[derive(Clone, Debug)]
pub struct Section {
    /// What is counted: `origin`, `ground`, `kind`, `outcome`, `orders`, `objections`, `limits`.
    pub name: &'static str,
    pub rows: Vec<(String, i64)>,
}

/// Years there are numbers of, the newest first.
pub fn years(db: &Db, now: Timestamp) -> Result<Vec<i32>> {
    let this = now.civil().year();
    let first = yearly::first(db)?.map_or(this, |first| first.civil().year().min(this));
    Ok((first..=this).rev().collect())
}

/// The first moment of a year, UTC.
fn begin(year: i32) -> Timestamp {
    let day = Date::from_calendar_date(year, Month::January, 1);
    day.map_or(Timestamp(0), |day| Timestamp(day.midnight().assume_utc().unix_timestamp()))
}

pub fn of_year(db: &Db, year: i32) -> Result<Year> {
    let (from, until) = (begin(year), begin(year + 1));
    let counts = yearly::counts(db, from, until)?;
    let sum = |name, names: &[&str], of: &dyn Fn(&yearly::Count) -> Option<String>| {
        let mut found = BTreeMap::new();
        for count in &counts {
            if let Some(key) = of(count) {
                *found.entry(key).or_insert(0) += count.count;
            }
        }
        let rows = names.iter().filter_map(|name| Some(((*name).to_owned(), *found.get(*name)?))).collect();
        Section { name, rows }
    };
    let grounds: Vec<&str> = ground::all().map(|(key, _)| key).collect();
    let origins: Vec<&str> = Origin::ALL.iter().map(|origin| origin.as_str()).collect();
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    let sections = vec![
        sum("origin", &origins, &|count| Some(count.origin.as_str().to_owned())),
        sum("ground", &grounds, &|count| Some(count.ground.clone())),
        sum("kind", &kinds, &|count| Some(count.kind.as_str().to_owned())),
        sum("outcome", &states, &|count| Some(count.state.as_str().to_owned())),
        sum("orders", &grounds, &|count| (count.origin == Origin::Order).then(|| count.ground.clone())),
        Section { name: "objections", rows: objections(db, from, until)? },
        Section { name: "limits", rows: yearly::limits(db)? },
    ];
    Ok(Year {
        year,
        cases: counts.iter().map(|count| count.count).sum(),
        sections,
        median: yearly::median(db, from, until)?,
        held_by_itself: yearly::held_by_itself(db, from, until)?,
    })
}

/// Objections that were granted, rejected, or wait.
fn objections(db: &Db, from: Timestamp, until: Timestamp) -> Result<Vec<(String, i64)>> {
    let mut found = BTreeMap::new();
    for (what, count) in yearly::objections(db, from, until)? {
        let outcome = match what.as_deref() {
            Some("restore" | "readmit") => "granted",
            Some(_) => "rejected",
            None => "waiting",
        };
        *found.entry(outcome.to_owned()).or_insert(0) += count;
    }
    Ok(found.into_iter().collect())
}

impl Year {
    /// The same for a spreadsheet: a line a number.
    pub fn csv(&self) -> String {
        let mut lines = vec!["year,what,name,number".to_owned(), format!("{},cases,all,{}", self.year, self.cases)];
        for section in &self.sections {
            lines.extend(section.rows.iter().map(|(name, n)| format!("{},{},{name},{n}", self.year, section.name)));
        }
        lines.push(format!("{},held_by_itself,all,{}", self.year, self.held_by_itself));
        lines.extend(self.median.map(|median| format!("{},median_seconds,all,{median}", self.year)));
        lines.join("\r\n") + "\r\n"
    }
}

//! The bank of pictures that are not shown: which lists are in it, taking one in, taking one out.

use std::io::BufReader;

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::model::picture::HashKind;
use crate::moderation::bank::{self, Counted, List};
use crate::pod::Pod;
use crate::social::Invalid;
use crate::store::bank as stored;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::pages::report;
use crate::web::visit::Visit;

/// Characters in the name of a list at the most.
const NAME_MAX: usize = 60;

/// `GET /podmin/bank`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    page(visit, &Form::default(), None, None)
}

fn page(visit: &Visit, form: &Form, counted: Option<&Counted>, error: Option<Error>) -> Result<Response, Error> {
    podmin(visit)?;
    let lists = visit.pod.store.read(stored::lists)?;
    let row = |list: &stored::List| {
        context! {
            id => list.id, source => list.source.as_str(), ground => visit.say(&format!("ground.{}", list.ground)),
            kind => list.kind.as_str(), hashes => list.hashes, since => list.added_at.0,
        }
    };
    let counted = counted.map(|counted| {
        let wrong = counted.first_wrong.iter().map(|(line, _)| *line).collect::<Vec<u64>>();
        context! { good => counted.good(), left_out => counted.wrong + counted.other, wrong }
    });
    let values = context! {
        title => visit.say("bank.title"), tabs => tabs(visit), count => lists.iter().map(|list| list.hashes).sum::<i64>(),
        lists => lists.iter().map(row).collect::<Vec<Value>>(), counted, source => form.get("source"),
        grounds => report::grounds(visit, form.get("ground")), kind => form.get("kind"),
    };
    visit.page_with("bank.html", error.as_ref(), values)
}

/// `POST /podmin/bank`: takes a list in, or only looks what is in it.
pub fn take_in(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    let Some(file) = form.files(visit.request, "file").next() else {
        return page(visit, &form, None, Some(Invalid::NoHashes.into()));
    };
    let source: String = form.get("source").trim().chars().take(NAME_MAX).collect();
    let source = if source.is_empty() { "list" } else { source.as_str() };
    let list = List { source, ground: form.get("ground"), kind: HashKind::parse(form.get("kind")) };
    let lines = || BufReader::new(file.reader());
    let counted = bank::count(&list, lines())?;
    if form.has("look") {
        return page(visit, &form, Some(&counted), None);
    }
    let Pod { store, .. } = visit.pod;
    match bank::import(store, visit.now, &list, &counted, lines(), &mut |_| ()) {
        Ok(()) => page(visit, &Form::default(), Some(&counted), None),
        Err(bank::Error::Deed(error)) => page(visit, &form, Some(&counted), Some(error.into())),
        Err(bank::Error::Io(error)) => Err(error.into()),
    }
}

/// `POST /podmin/bank/remove`
pub fn remove(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let form = visit.form()?;
    for id in form.ids("list") {
        visit.pod.write(|tx| stored::remove_list(tx, id))?;
    }
    Ok(visit.done("/podmin/bank", "saved"))
}

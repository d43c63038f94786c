//! A look-up with canned answers.

use pappus::federation::diaspora::discovery::{Answer, Found, discover};
use serde_json::{Value, json};

use super::{same, text, verdict};

/// Runs one vector.
pub fn run(vector: &Value) -> Result<(), String> {
    let responses = vector["responses"].as_array().cloned().unwrap_or_default();
    let mut fetched: Vec<Value> = Vec::new();
    let found =
        discover(text(vector, "ask").ok_or("no ask")?, vector["http_fallback"] == Value::Bool(true), &mut |url| {
            fetched.push(url.into());
            let answer = responses.iter().find(|response| text(response, "url") == Some(url)).ok_or("no route")?;
            let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).ok_or("no status")?;
            Ok(Answer { status, body: text(answer, "body").unwrap_or_default().into() })
        });
    let asked = vector["gem"]["fetched_urls"].as_array().cloned().unwrap_or_default();
    if !asked.starts_with(&fetched) {
        return Err(format!("asked {fetched:?}, but {asked:?} would do"));
    }
    let Some(found) = verdict(vector, found.map_err(|error| error.to_string()))? else { return Ok(()) };
    let Some(person) = vector.get("person") else { return Ok(()) };
    same("addresses", &fetched, &asked)?;
    person_is(&found, person)
}

fn person_is(found: &Found, person: &Value) -> Result<(), String> {
    let mut ours = json!({
        "diaspora_id": found.handle.as_str(),
        "guid": found.guid.as_str(),
        "url": found.url,
    });
    let profile = &person["profile"];
    ours["profile"] = json!({
        "author": found.handle.as_str(),
        "first_name": none_if_empty(&found.first_name),
        "last_name": none_if_empty(&found.last_name),
        "image_url": found.photos[0],
        "image_url_medium": found.photos[1],
        "image_url_small": found.photos[2],
        "searchable": found.searchable,
    });
    for name in ["diaspora_id", "guid", "url"] {
        same(name, &ours[name], &person[name])?;
    }
    for (name, value) in ours["profile"].as_object().into_iter().flatten() {
        same(name, value, &profile[name])?;
    }
    let theirs = pappus::federation::diaspora::PublicKey::from_pem(text(person, "public_key").ok_or("no key")?);
    same("public_key", &found.key.to_pem(), &theirs.and_then(|key| key.to_pem()))
}

fn none_if_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

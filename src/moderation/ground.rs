//! Why a podmin decides: the grounds of `templates/grounds.toml`, and what the podmin changed about them in a file.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::Timestamp;
use crate::model::case::Origin;

/// The file that is part of the program.
pub const FILE: &str = include_str!("../../templates/grounds.toml");

/// Hours that a ground may give at the most: a year.
const HOURS_MAX: i64 = 8_760;

/// Days that something is kept at the most: ten years.
const VAULT_MAX: i64 = 3_660;

static GROUNDS: OnceLock<Vec<(String, Ground)>> = OnceLock::new();

fn grounds() -> &'static [(String, Ground)] {
    // The file is part of the program, and a test reads it.
    GROUNDS.get_or_init(|| read(FILE).expect("the file of grounds is TOML"))
}

/// Takes in the podmin's own file: what it names is as it says there, new grounds come last, and what it does not name
/// stays. Once, before anything asks for a ground; the error says the line.
pub fn load(file: &str) -> Result<(), String> {
    let mut all = read(FILE)?;
    for (key, ground) in read(file)? {
        let named = !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !named {
            return Err(format!("[{key}]: a ground is named by small letters and _, since it stands in receipts"));
        }
        let hours = 1..=HOURS_MAX;
        if !hours.contains(&ground.hours) || !hours.contains(&ground.order_hours) {
            return Err(format!("[{key}]: hours and order_hours are from 1 to {HOURS_MAX}"));
        }
        if ground.vault_days.is_some_and(|days| !(1..=VAULT_MAX).contains(&days)) {
            return Err(format!("[{key}]: vault_days is from 1 to {VAULT_MAX}"));
        }
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = ground,
            None => all.push((key, ground)),
        }
    }
    GROUNDS.set(all).map_err(|_| "the grounds were read before".to_owned())
}

/// The grounds of a file, in its order.
fn read(file: &str) -> Result<Vec<(String, Ground)>, String> {
    let found: HashMap<String, Ground> = basic_toml::from_str(file).map_err(|error| error.to_string())?;
    let mut found: Vec<(String, Ground)> = found.into_iter().collect();
    found.sort_by_key(|(key, _)| file.find(&format!("[{key}]")));
    Ok(found)
}

/// A ground and the times it sets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Where it is written; empty: a rule of the house.
    #[serde(default)]
    pub law: String,
    /// Time to answer.
    hours: i64,
    /// Time to answer an authority.
    order_hours: i64,
    /// How long the law wants a removed thing kept; `None`: it must not be kept.
    pub vault_days: Option<i64>,
}

/// Time to answer an objection: 14 days.
pub const APPEAL: i64 = 14 * 86_400;

/// The ground of a case that nobody named one for.
pub const HOUSE_RULES: &str = "rules";

impl Ground {
    /// When a case that came up now must be answered.
    pub fn due(&self, origin: Origin, now: Timestamp) -> Timestamp {
        let hours = if origin == Origin::Order { self.order_hours.min(self.hours) } else { self.hours };
        now.plus(hours * 3_600)
    }
}

/// All grounds, in the order of the form.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Ground)> {
    grounds().iter().map(|(key, ground)| (key.as_str(), ground))
}

pub fn get(key: &str) -> Option<&'static Ground> {
    all().find(|(known, _)| *known == key).map(|(_, ground)| ground)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_about_terror_is_due_in_an_hour_and_what_hurts_children_is_never_kept() {
        let now = Timestamp(1_000_000);
        let terror = get("terror").expect("a ground");
        assert_eq!(terror.due(Origin::Order, now), now.plus(3_600));
        assert_eq!(terror.due(Origin::Notice, now), now.plus(86_400));
        assert_eq!(get("intimate_images").map(|ground| ground.due(Origin::Report, now)), Some(now.plus(172_800)));
        assert_eq!(get("abuse_of_children").and_then(|ground| ground.vault_days), None);
        assert!(get(HOUSE_RULES).is_some() && get("nothing").is_none());
        assert_eq!(all().next().map(|(key, _)| key), Some("terror"));
    }
}

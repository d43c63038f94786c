//! Why a podmin decides: the grounds of `templates/grounds.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::Timestamp;
use crate::model::case::Origin;

static GROUNDS: LazyLock<Vec<(String, Ground)>> = LazyLock::new(|| {
    let file = include_str!("../../templates/grounds.toml");
    // The file is part of the program, and a test reads it.
    let mut grounds: Vec<(String, Ground)> = basic_toml::from_str::<std::collections::HashMap<String, Ground>>(file)
        .expect("the file of grounds is TOML")
        .into_iter()
        .collect();
    grounds.sort_by_key(|(key, _)| file.find(&format!("[{key}]")));
    grounds
});

/// A ground and the times it sets.
#[derive(Debug, Deserialize)]
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
    GROUNDS.iter().map(|(key, ground)| (key.as_str(), ground))
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

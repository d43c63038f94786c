//! How often somebody may try a password or a code: counted for an address and for an account, forgotten after a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex};

use super::error::Error;
use crate::model::Timestamp;

/// Tries of an address in a window (diaspora*'s numbers).
const TRIES: u32 = 20;
/// Tries for an account, from everywhere: enough that nobody locks another one out in passing.
const ACCOUNT_TRIES: u32 = 100;
/// Seconds.
const WINDOW: i64 = 300;
/// Addresses and accounts that are counted at the same time; when there are more, the oldest is forgotten.
const ROWS_MAX: usize = 4_096;

/// Begin of the window and tries in it.
static TABLE: LazyLock<Mutex<HashMap<String, (Timestamp, u32)>>> = LazyLock::new(Mutex::default);

/// Counts a try at something by an address and, when it concerns one, for an account.
pub fn count(what: &str, client: IpAddr, account: Option<&str>, now: Timestamp) -> Result<(), Error> {
    let mut table = TABLE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    count_in(&mut table, &format!("{what} {}", network(client)), TRIES, now)?;
    match account {
        Some(name) => count_in(
            &mut table,
            &format!("{what} for {}", name.chars().take(64).collect::<String>()),
            ACCOUNT_TRIES,
            now,
        ),
        None => Ok(()),
    }
}

/// Forgets the tries for an account: the right password came.
pub fn forget(what: &str, client: IpAddr, account: &str) {
    let mut table = TABLE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    table.remove(&format!("{what} {}", network(client)));
    table.remove(&format!("{what} for {account}"));
}

fn count_in(table: &mut HashMap<String, (Timestamp, u32)>, key: &str, tries: u32, now: Timestamp) -> Result<(), Error> {
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        table.retain(|_, (since, _)| since.plus(WINDOW) > now);
    }
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        let oldest = table.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone());
        oldest.map(|key| table.remove(&key));
    }
    let entry = table.entry(key.to_owned()).or_insert((now, 0));
    if entry.0.plus(WINDOW) <= now || entry.0 > now {
        *entry = (now, 0);
    }
    entry.1 += 1;
    if entry.1 > tries { Err(Error::TooMany((entry.0.plus(WINDOW).0 - now.0).max(1))) } else { Ok(()) }
}

/// Who counts as one: an IPv4 address, or the /64 that a household gets.
fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments()[..4].iter().map(|part| format!("{part:x}:")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_tries_then_a_pause() {
        let mut table = HashMap::new();
        for _ in 0..TRIES {
            assert!(count_in(&mut table, "a", TRIES, Timestamp(1000)).is_ok());
        }
        assert!(matches!(count_in(&mut table, "a", TRIES, Timestamp(1100)), Err(Error::TooMany(200))));
        assert!(count_in(&mut table, "b", TRIES, Timestamp(1100)).is_ok());
        assert!(count_in(&mut table, "a", TRIES, Timestamp(1300)).is_ok());
    }

    #[test]
    fn the_table_stays_small() {
        let mut table = HashMap::new();
        for n in 0..2 * ROWS_MAX {
            let _ = count_in(&mut table, &n.to_string(), TRIES, Timestamp(1000));
        }
        assert_eq!(table.len(), ROWS_MAX);
        assert!(count_in(&mut table, "later", TRIES, Timestamp(2000)).is_ok());
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_household_counts_as_one() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}

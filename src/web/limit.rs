//! How often somebody may try a password or a code: counted for an address and for an account, forgotten after a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex};

use super::error::Error;
use super::visit::Visit;
use crate::model::Timestamp;
use crate::sync::lock;

/// So many tries in so many seconds.
#[derive(Clone, Copy)]
struct Limit {
    tries: u32,
    window: i64,
}

/// For an address (diaspora*'s numbers).
const ADDRESS: Limit = Limit { tries: 20, window: 300 };
/// For an account, from everywhere: enough that nobody locks another one out in passing.
const ACCOUNT: Limit = Limit { tries: 100, window: 300 };
/// For the codes of an account: three of a million fit, and who tries them knows the password already.
const CODES: Limit = Limit { tries: 20, window: 3_600 };
/// Addresses and accounts that are counted at the same time; when there are more, the oldest is forgotten.
const ROWS_MAX: usize = 4_096;

/// End of the window and tries in it.
type Table = HashMap<String, (Timestamp, u32)>;

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// Counts a try at something by an address and, when it concerns one, for an account.
pub fn count(what: &str, client: IpAddr, account: Option<&str>, now: Timestamp) -> Result<(), Error> {
    let mut table = lock(&TABLE);
    count_in(&mut table, &format!("{what} {}", network(client)), ADDRESS, now)?;
    match account {
        Some(name) => {
            count_in(&mut table, &format!("{what} for {}", name.chars().take(64).collect::<String>()), ACCOUNT, now)
        }
        None => Ok(()),
    }
}

/// Counts a notice by somebody who is not signed in.
pub fn notices(visit: &Visit) -> Result<(), Error> {
    count("notice", visit.request.client, None, visit.now)
}

/// Counts a try at the second step of an account.
pub fn count_code(account: &str, now: Timestamp) -> Result<(), Error> {
    let mut table = lock(&TABLE);
    count_in(&mut table, &format!("code for {account}"), CODES, now)
}

/// Forgets those tries: the right code came.
pub fn forget_code(account: &str) {
    lock(&TABLE).remove(&format!("code for {account}"));
}

/// Forgets the tries for an account: the right password came.
pub fn forget(what: &str, client: IpAddr, account: &str) {
    let mut table = lock(&TABLE);
    table.remove(&format!("{what} {}", network(client)));
    table.remove(&format!("{what} for {account}"));
}

fn count_in(table: &mut Table, key: &str, limit: Limit, now: Timestamp) -> Result<(), Error> {
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        table.retain(|_, (until, _)| *until > now);
    }
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        let oldest = table.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
        oldest.map(|key| table.remove(&key));
    }
    let fresh = (now.plus(limit.window), 0);
    let entry = table.entry(key.to_owned()).or_insert(fresh);
    // The second half: the clock went back.
    if entry.0 <= now || entry.0 > fresh.0 {
        *entry = fresh;
    }
    entry.1 += 1;
    if entry.1 > limit.tries { Err(Error::TooMany((entry.0.0 - now.0).max(1))) } else { Ok(()) }
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
        for _ in 0..ADDRESS.tries {
            assert!(count_in(&mut table, "a", ADDRESS, Timestamp(1000)).is_ok());
        }
        assert!(matches!(count_in(&mut table, "a", ADDRESS, Timestamp(1100)), Err(Error::TooMany(200))));
        assert!(count_in(&mut table, "b", ADDRESS, Timestamp(1100)).is_ok());
        assert!(count_in(&mut table, "a", ADDRESS, Timestamp(1300)).is_ok());
    }

    #[test]
    fn the_table_stays_small() {
        let mut table = HashMap::new();
        for n in 0..2 * ROWS_MAX {
            let _ = count_in(&mut table, &n.to_string(), ADDRESS, Timestamp(1000));
        }
        assert_eq!(table.len(), ROWS_MAX);
        assert!(count_in(&mut table, "later", ADDRESS, Timestamp(2000)).is_ok());
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

//! How often somebody may try a password or a code: counted for an address, an account or a browser, forgotten after a
//! while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex};

use super::door;
use super::error::Error;
use super::visit::Visit;
use crate::model::Timestamp;
use crate::model::hex::hex;
use crate::sync::lock;

/// So many tries in so many seconds.
#[derive(Clone, Copy)]
struct Limit {
    tries: u32,
    window: i64,
    of: Of,
}

/// Whose tries are counted; what comes first here is forgotten first when too much is counted. An attacker may have
/// any number of addresses, and for each of them that is new an account would be forgotten that they guess at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Address,
    Account,
}

/// For an address (diaspora*'s numbers).
const ADDRESS: Limit = Limit { tries: 20, window: 300, of: Of::Address };
/// For an account, from all browsers that it does not know.
const ACCOUNT: Limit = Limit { tries: 100, window: 300, of: Of::Account };
/// For an account in a browser that it knows: strangers are not counted here, so they lock nobody out.
const KNOWN: Limit = Limit { tries: 20, window: 300, of: Of::Account };
/// For what somebody who is signed in confirms with the password.
const CONFIRMED: Limit = Limit { tries: 20, window: 300, of: Of::Account };
/// For the codes of an account: three of a million fit, and who tries them knows the password already.
const CODES: Limit = Limit { tries: 20, window: 3_600, of: Of::Account };
/// Rows that are counted at the same time; when there are more, the oldest is forgotten.
const ROWS_MAX: usize = 4_096;

/// End of the window, tries in it, and whose they are.
type Table = HashMap<String, (Timestamp, u32, Of)>;

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// A try that was let through. It stays counted unless it was right.
#[must_use]
pub struct Try(Vec<String>);

impl Try {
    /// Counts a try in all these rows, up to the first that has had enough.
    fn count<const N: usize>(rows: [(String, Limit); N], now: Timestamp) -> Result<Try, Error> {
        let mut table = lock(&TABLE);
        rows.iter().try_for_each(|(key, limit)| count_in(&mut table, key, *limit, now))?;
        Ok(Try(rows.into_iter().map(|(key, _)| key).collect()))
    }

    /// Takes the try back, and no other: who has one account here gets no more tries at somebody else's by it.
    pub fn was_right(self) {
        let mut table = lock(&TABLE);
        for key in &self.0 {
            if let Some((_, tries, _)) = table.get_mut(key) {
                *tries = tries.saturating_sub(1);
            }
        }
    }
}

/// Counts a try to sign in: in a browser that the account knows (its mark, see `known`) for that one alone, else for the
/// address and for the account.
pub fn sign_in(client: IpAddr, account: &str, known: Option<&str>, now: Timestamp) -> Result<Try, Error> {
    if let Some(mark) = known {
        return Try::count([(format!("login known {mark}"), KNOWN)], now);
    }
    let account: String = account.chars().take(64).collect();
    let rows = [(format!("login {}", network(client)), ADDRESS), (format!("login for {account}"), ACCOUNT)];
    Try::count(rows, now)
}

/// Counts a try to confirm something with the password of an account that is signed in.
pub fn confirm(account: &str, now: Timestamp) -> Result<Try, Error> {
    Try::count([(format!("confirm for {account}"), CONFIRMED)], now)
}

/// Counts a try at the second step of an account.
pub fn code(account: &str, now: Timestamp) -> Result<Try, Error> {
    Try::count([(format!("code for {account}"), CODES)], now)
}

/// Counts a try at something else by an address; right or not, it stays counted.
pub fn count(what: &str, client: IpAddr, now: Timestamp) -> Result<(), Error> {
    count_in(&mut lock(&TABLE), &format!("{what} {}", network(client)), ADDRESS, now)
}

/// Counts a notice by somebody who is not signed in.
pub fn notices(visit: &Visit) -> Result<(), Error> {
    count("notice", visit.request.client, visit.now)
}

fn count_in(table: &mut Table, key: &str, limit: Limit, now: Timestamp) -> Result<(), Error> {
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        table.retain(|_, (until, ..)| *until > now);
    }
    if table.len() >= ROWS_MAX && !table.contains_key(key) {
        let oldest = table.iter().min_by_key(|(_, (until, _, of))| (*of, *until)).map(|(key, _)| key.clone());
        oldest.map(|key| table.remove(&key));
    }
    let fresh = (now.plus(limit.window), 0, limit.of);
    let entry = table.entry(key.to_owned()).or_insert(fresh);
    // The second half: the clock went back.
    if entry.0 <= now || entry.0 > fresh.0 {
        *entry = fresh;
    }
    entry.1 += 1;
    if entry.1 > limit.tries { Err(Error::TooMany((entry.0.0 - now.0).max(1))) } else { Ok(()) }
}

/// Who counts as one, as at the door.
fn network(client: IpAddr) -> String {
    hex(&door::client(client))
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
    fn an_account_is_not_forgotten_for_new_addresses() {
        let mut table = HashMap::new();
        let mut guess = |from: usize| {
            let _ = count_in(&mut table, &from.to_string(), ADDRESS, Timestamp(1000));
            count_in(&mut table, "alice", ACCOUNT, Timestamp(1000))
        };
        let through = (0..2 * ROWS_MAX).filter(|from| guess(*from).is_ok()).count();
        assert_eq!(through, ACCOUNT.tries as usize);
    }

    #[test]
    fn a_household_counts_as_one() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:ff:ffff::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:102::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}

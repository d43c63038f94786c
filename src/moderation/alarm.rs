//! The clock of a case rings: when it comes up, when a quarter of its time is left, when it is due, and once a day while
//! it is late. Each time by a notice and a mail, and on the podmin's telephone when there is an address for that. What is
//! held can wait until the morning.

use super::case::load;
use crate::model::Timestamp;
use crate::model::case::Case;
use crate::social::{Result, notice};
use crate::store::{Tx, alarm, cases};

/// Seconds between two rings of the telephone, whatever comes up.
const QUIET: i64 = 60;

/// Seconds between rings when it is late.
const LATE_EVERY: i64 = 86_400;

/// Tells the podmins of a case, and sets the clock for the next time.
pub fn of_case(tx: &Tx, case: &mut Case) -> Result<()> {
    notice::of_case_to_podmins(tx, case)?;
    let last = alarm::get(tx)?.at;
    alarm::raise(tx, last.map_or(tx.now, |last| last.plus(QUIET).max(tx.now)))?;
    case.alarm_at = case.due.map(|due| next(tx.now, due));
    Ok(cases::save(tx, case)?)
}

/// When it rings after `now`.
fn next(now: Timestamp, due: Timestamp) -> Timestamp {
    let left = due.0 - now.0;
    match left {
        1_800.. => due.plus(-left / 4),
        1..1_800 => due,
        _ => now.plus(LATE_EVERY),
    }
}

/// Tells of all whose clock rings by now; how many that were.
pub fn ring(tx: &Tx) -> Result<usize> {
    let due = cases::to_alarm(tx, tx.now)?;
    for id in &due {
        of_case(tx, &mut load(tx, *id)?)?;
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_rings_when_a_quarter_is_left_when_it_is_over_and_then_daily() {
        let (begin, due) = (Timestamp(1_000_000), Timestamp(1_003_600));
        let mut rings = vec![begin];
        while rings.len() < 5 {
            rings.push(next(rings[rings.len() - 1], due));
        }
        let after: Vec<i64> = rings.iter().map(|at| (at.0 - begin.0) / 60).collect();
        assert_eq!(after, [0, 45, 60, 1_500, 2_940]);
    }
}

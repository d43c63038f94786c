//! Cases: one way for everything that comes up. open → held → removed | restored | limited → closed.

use super::{alarm, census, ground, hold, limit, remove, reporter, step};
use crate::model::case::{Case, Kind, Origin, Report, State, Subject};
use crate::model::{CaseId, TEXT_MAX, Timestamp, User};
use crate::social::mail::is_address;
use crate::social::{self, Error, Invalid, Refused, Result, checked_length, checked_text, notice};
use crate::store::limits::Limit;
use crate::store::reports::{self, Added};
use crate::store::{self, Db, Tx, accounts, cases, held, people, posts, tombstones};

/// Characters of what somebody says who speaks up.
pub const WORDS_MAX: usize = 5_000;

/// The case about a thing: the one that is open, or a new one; and whether it was decided already and waits again.
fn about(tx: &Tx, subject: &Subject, origin: Origin, ground: &str, hold_at: Option<Timestamp>) -> Result<(Case, bool)> {
    let named = ground::get(ground).ok_or(Invalid::NoGround)?;
    let due = named.due(origin, tx.now);
    let Some(mut known) = cases::open_about(tx, subject)? else {
        let found = held::find(tx, subject.kind, &subject.name)?.ok_or(Error::Missing("thing"))?;
        let new = cases::New { subject, person: found.person, origin, ground, due: Some(due), hold_at };
        let id = cases::add(tx, &new)?;
        return Ok((load(tx, id)?, false));
    };
    // It was let be or limited, and somebody speaks up again: a decision before does not answer them.
    let again = matches!(known.state, State::Restored | State::Limited) && known.appealed_at.is_none();
    if again {
        (known.state, known.origin, known.ground) = (State::Open, origin, ground.to_owned());
        (known.due, known.decided_at, known.hold_at) = (Some(due), None, None);
    }
    // Somebody else says so too. It is as urgent as the most urgent of them.
    if known.waits() && (known.due.is_none_or(|known| due < known) || origin == Origin::Order) {
        known.due = Some(known.due.map_or(due, |known| known.min(due)));
        if origin == Origin::Order {
            (known.origin, known.ground) = (origin, ground.to_owned());
        }
    }
    known.hold_at = known.hold_at.or(hold_at.filter(|_| known.state == State::Open));
    cases::save(tx, &known)?;
    Ok((known, again))
}

/// A case by its row.
pub fn load(tx: &Tx, id: CaseId) -> Result<Case> {
    cases::get(tx, id)?.ok_or(Error::Missing("case"))
}

/// A user speaks up about something they see. Doing it twice does it once.
pub fn report(tx: &Tx, me: &User, subject: &Subject, ground: &str, text: &str) -> Result<Case> {
    let text = checked_text(&plain(text), WORDS_MAX)?;
    let found = held::find(tx, subject.kind, &subject.name)?.ok_or(Error::Missing("thing"))?;
    if let Some((_, guid)) = &found.post {
        posts::seen_by(tx, guid.as_str(), me.person.id)?.ok_or(Error::Missing("post"))?;
    }
    let said = own_words(tx, me, text);
    speak_up(tx, subject, Origin::Report, ground, None, &said)
}

fn own_words(tx: &Tx, me: &User, text: String) -> Report {
    let (email, language) = (String::new(), me.language.clone().unwrap_or_default());
    Report { user: Some(me.id), name: me.name.clone(), email, language, text, at: tx.now }
}

/// Without what no keyboard writes: strangers fill in these forms.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// What the form for everybody asks (Regulation (EU) 2022/2065, art. 16 (2)).
pub struct Notice {
    pub name: String,
    pub email: String,
    /// Why it is illegal, or against the rules.
    pub text: String,
    /// They believe in good faith that what they say is true.
    pub good_faith: bool,
    /// Tag of the language of the form.
    pub language: String,
}

/// Somebody speaks up by the form for everybody. Name and address may be left out only about the abuse of children.
pub fn notice(tx: &Tx, subject: &Subject, ground: &str, notice: &Notice) -> Result<Case> {
    let text = checked_text(&plain(&notice.text), WORDS_MAX)?;
    let (name, email) = (plain(&notice.name), plain(&notice.email));
    let (name, email) = (name.trim(), email.trim());
    checked_length(name, 255)?;
    if !notice.good_faith {
        return Err(Invalid::GoodFaith.into());
    }
    let nameless = name.is_empty() || email.is_empty();
    if (nameless && ground != "abuse_of_children") || !(email.is_empty() || is_address(email)) {
        return Err(Invalid::Email.into());
    }
    let (name, email, language) = (name.to_owned(), email.to_owned(), notice.language.clone());
    let said = Report { user: None, name, email, language, text, at: tx.now };
    speak_up(tx, subject, Origin::Notice, ground, None, &said)
}

/// An authority's order, entered by the podmin who knows that it is one. `hold_after`: seconds after which it is held by
/// itself.
pub fn order(tx: &Tx, me: &User, subject: &Subject, ground: &str, text: &str, hold_after: Option<i64>) -> Result<Case> {
    let text = checked_text(text, TEXT_MAX)?;
    let said = Report { user: None, ..own_words(tx, me, text) };
    speak_up(tx, subject, Origin::Order, ground, hold_after.map(|after| tx.now.plus(after)), &said)
}

fn speak_up(
    tx: &Tx,
    subject: &Subject,
    origin: Origin,
    ground: &str,
    hold_at: Option<Timestamp>,
    said: &Report,
) -> Result<Case> {
    let (case, again) = about(tx, subject, origin, ground, hold_at)?;
    let known = reporter::is_known(tx, said)?;
    let added = reports::add(tx, case.id, said)?;
    if added == Added::Before {
        return Ok(case);
    }
    // The five thousandth voice is counted, not written down.
    if let Added::Kept(row) = added {
        if !known {
            reporter::confirm(tx, said, row)?;
        }
        step::take(tx, &case, who_spoke(origin, &said.name), origin.as_str(), "")?;
    }
    let mut case = load(tx, case.id)?;
    if case.reports == 1 || again || origin == Origin::Order {
        alarm::of_case(tx, &mut case)?;
    }
    Ok(case)
}

fn who_spoke(origin: Origin, name: &str) -> &str {
    match origin {
        Origin::Report | Origin::Podmin => name,
        Origin::Notice => "reporter",
        Origin::Order => "authority",
        Origin::Picture => "pod",
    }
}

/// The podmin looks into something.
pub fn open(tx: &Tx, me: &User, subject: &Subject, ground: &str, why: &str) -> Result<Case> {
    checked_length(why, TEXT_MAX)?;
    let case = about(tx, subject, Origin::Podmin, ground, None)?.0;
    step::take(tx, &case, &me.name, "open", why)?;
    load(tx, case.id)
}

/// A picture is like one that was decided about: it is held, and the podmin looks.
pub fn matched(tx: &Tx, subject: &Subject, ground: &str, why: &str) -> Result<Case> {
    let ground = if ground::get(ground).is_some() { ground } else { ground::HOUSE_RULES };
    let mut case = about(tx, subject, Origin::Picture, ground, None)?.0;
    if case.state == State::Open {
        step::take(tx, &case, "pod", "match", why)?;
        alarm::of_case(tx, &mut case)?;
        hold(tx, "pod", case.id, why)?;
    }
    load(tx, case.id)
}

/// A decision, by its name in forms.
#[derive(Clone, Debug)]
pub enum Decision {
    Hold,
    Restore,
    Remove,
    Limit(Limit),
    Close,
    /// Only words for the file.
    Note,
}

/// Decides. `who` is the name of the podmin, or `pod` when the clock did.
pub fn decide(tx: &Tx, who: &str, id: CaseId, decision: &Decision, why: &str) -> Result<Case> {
    checked_length(why, TEXT_MAX)?;
    let case = load(tx, id)?;
    if case.closed_at.is_some() && !matches!(decision, Decision::Note) {
        return Err(Refused::Decided.into());
    }
    match decision {
        Decision::Hold => hold(tx, who, id, why)?,
        Decision::Restore => restore(tx, who, case, why)?,
        Decision::Remove => removed(tx, who, case, why)?,
        Decision::Limit(new) => limited(tx, who, case, new, why)?,
        Decision::Close => close(tx, who, case, why)?,
        Decision::Note => cases::add_step(tx, id, who, "note", &checked_text(why, TEXT_MAX)?)?,
    }
    load(tx, id)
}

fn hold(tx: &Tx, who: &str, id: CaseId, why: &str) -> Result<()> {
    let mut case = load(tx, id)?;
    if matches!(case.state, State::Held | State::Removed) {
        return Err(Refused::Decided.into());
    }
    census::note(tx, &case)?;
    hold::begin(tx, &case)?;
    (case.state, case.hold_at) = (State::Held, None);
    case.held_at = Some(tx.now);
    settle(tx, &case, who, "hold", why)
}

fn restore(tx: &Tx, who: &str, mut case: Case, why: &str) -> Result<()> {
    match case.state {
        State::Removed => return readmit(tx, who, case, why),
        State::Limited => limit::lift(tx, &case.subject.name)?,
        State::Open | State::Held | State::Restored => {
            hold::end(tx, &case)?;
            tombstones::lift_case(tx, case.id)?;
        }
    }
    census::end(tx, &case)?;
    (case.state, case.hold_at) = (State::Restored, None);
    (case.decided_at, case.appealed_at) = (Some(tx.now), None);
    settle(tx, &case, who, "restore", why)
}

/// Takes a removal back, as far as that can be done.
fn readmit(tx: &Tx, who: &str, mut case: Case, why: &str) -> Result<()> {
    if case.purged_at.is_none() {
        return Err(Refused::Undecided.into());
    }
    remove::readmit(tx, &case)?;
    census::end(tx, &case)?;
    case.state = State::Restored;
    (case.decided_at, case.appealed_at) = (Some(tx.now), None);
    settle(tx, &case, who, "readmit", why)
}

fn removed(tx: &Tx, who: &str, mut case: Case, why: &str) -> Result<()> {
    if case.state == State::Removed {
        return Err(Refused::Decided.into());
    }
    (case.state, case.hold_at, case.purged_at) = (State::Removed, None, None);
    (case.decided_at, case.appealed_at) = (Some(tx.now), None);
    settle(tx, &case, who, "remove", why)?;
    census::note(tx, &case)?;
    remove::begin(tx, &case)
}

fn limited(tx: &Tx, who: &str, mut case: Case, new: &Limit, why: &str) -> Result<()> {
    if case.state == State::Removed || !matches!(case.subject.kind, Kind::Account | Kind::Pod) {
        return Err(Refused::Decided.into());
    }
    hold::end(tx, &case)?;
    limit::set(tx, &Limit { subject: case.subject.name.clone(), ..new.clone() })?;
    (case.state, case.hold_at) = (State::Limited, None);
    (case.decided_at, case.appealed_at) = (Some(tx.now), None);
    settle(tx, &case, who, "limit", why)
}

/// Whether its author took it back meanwhile.
pub fn is_gone(db: &Db, case: &Case) -> store::Result<bool> {
    Ok(match (case.subject.kind, case.person) {
        (Kind::Post | Kind::Comment | Kind::Photo, _) => {
            held::find(db, case.subject.kind, &case.subject.name)?.is_none()
        }
        (Kind::Profile | Kind::Account, Some(person)) => people::get(db, person)?.closed_at.is_some(),
        (Kind::Profile | Kind::Account, None) | (Kind::Pod, _) => false,
    })
}

fn close(tx: &Tx, who: &str, mut case: Case, why: &str) -> Result<()> {
    // Closing turns down an objection to what was removed or limited; the author is told.
    let turned_down = case.appealed_at.is_some() && matches!(case.state, State::Removed | State::Limited);
    let undecided = case.waits() && !turned_down && !is_gone(tx, &case)?;
    if undecided || (case.state == State::Removed && case.purged_at.is_none()) {
        return Err(Refused::Undecided.into());
    }
    case.closed_at = Some(tx.now);
    if turned_down {
        return settle(tx, &case, who, "close", why);
    }
    cases::save(tx, &case)?;
    step::take(tx, &case, who, "close", why)?;
    Ok(())
}

/// Stores a decision with its step, and tells the author when they live here (what, why, how to object: art. 17), and
/// whoever spoke up (art. 16 (5)).
fn settle(tx: &Tx, case: &Case, who: &str, what: &str, why: &str) -> Result<()> {
    cases::save(tx, case)?;
    step::take(tx, case, who, what, why)?;
    let author = case.person.map(|person| accounts::by_person(tx, person)).transpose()?.flatten();
    if let Some(author) = author {
        notice::of_case(tx, &author, case)?;
    }
    if matches!(what, "restore" | "readmit" | "remove" | "limit") { reporter::answer(tx, case) } else { Ok(()) }
}

/// Holds what nobody answered in time; how many cases that were.
pub fn hold_overdue(tx: &Tx) -> std::result::Result<usize, social::Error> {
    let overdue = cases::to_hold(tx, tx.now)?;
    for id in &overdue {
        hold(tx, "pod", *id, "nobody answered in time")?;
    }
    Ok(overdue.len())
}

//! Telling about oneself.

use super::{Invalid, Refused, Result, checked_length, gate};
use crate::model::case::Kind;
use crate::model::{Hashes, Outgoing, Person, Profile, TEXT_MAX, Timestamp, User};
use crate::store::{Tx, audience as readers, hashes, outbox, people, tombstones};

/// Characters in a first or last name at the most.
pub const NAME_MAX: usize = 32;
/// Characters in gender and location at the most.
pub const LINE_MAX: usize = 255;
/// Tags at the most.
pub const TAGS_MAX: usize = 5;

/// A profile picture that was put into the folder.
pub struct Face<'a> {
    pub name: &'a str,
    /// What the file that came and the one that is shown are known by.
    pub brought: &'a Hashes,
    pub shown: &'a Hashes,
}

/// Changes a user's profile and tells their contacts: publicly what strangers may see; when that is not all of it, the
/// whole to each of those the user shares with.
pub fn update(tx: &Tx, me: &User, profile: &Profile, face: Option<&Face>) -> Result<()> {
    check(profile)?;
    if let Some(face) = face {
        hashes::add(tx, face.name, face.brought, face.shown)?;
    }
    people::set_profile(tx, me.person.id, &me.person.handle, profile)?;
    people::set_edited(tx, me.person.id, tx.now)?;
    if profile.public_details {
        return Ok(outbox::add(tx, me.id, &Outgoing::Profile, &readers::pods_of_contacts(tx, me.id)?)?);
    }
    outbox::add(tx, me.id, &Outgoing::WholeProfile, &readers::shared_with(tx, me.id)?)?;
    Ok(outbox::add(tx, me.id, &Outgoing::Profile, &readers::pods_of_mere_sharers(tx, me.id)?)?)
}

fn check(profile: &Profile) -> Result<()> {
    for name in [&profile.first_name, &profile.last_name] {
        checked_length(name, NAME_MAX)?;
        if name.contains(';') {
            return Err(Invalid::Semicolon.into());
        }
    }
    checked_length(&profile.bio, TEXT_MAX)?;
    checked_length(&profile.gender, LINE_MAX)?;
    checked_length(&profile.location, LINE_MAX)?;
    if profile.tags.matches('#').count() > TAGS_MAX {
        return Err(Invalid::Tags.into());
    }
    if profile.birthday.as_deref().is_some_and(|date| !is_date(date)) {
        return Err(Invalid::Birthday.into());
    }
    let images = [&profile.images.large, &profile.images.medium, &profile.images.small];
    if images.into_iter().flatten().any(|address| !is_picture_address(address)) {
        return Err(Invalid::Image.into());
    }
    Ok(())
}

/// `YYYY-MM-DD` of a day that exists.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Ok(y), Ok(m), Ok(d)) = (year.parse(), month.parse::<u8>(), day.parse()) else { return false };
    let month = time::Month::try_from(m);
    text.len() == 10 && year.len() == 4 && month.is_ok_and(|month| time::Date::from_calendar_date(y, month, d).is_ok())
}

/// Whether a picture may be shown from there.
pub fn is_picture_address(address: &str) -> bool {
    address.len() <= LINE_MAX
        && url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// Takes in the profile of a person elsewhere; it replaces the former one as a whole, unless it says that it is older:
/// whoever kept the signed message could send it once more.
pub fn receive(tx: &Tx, author: &Person, profile: &Profile, edited_at: Option<Timestamp>) -> Result<()> {
    gate::admit(tx, author)?;
    if tombstones::has(tx, Kind::Profile.as_str(), author.handle.as_str())? {
        return Err(Refused::Removed.into());
    }
    // A clock that was once ahead does not refuse everything until then.
    if let Some(at) = edited_at
        && !people::set_edited(tx, author.id, at.min(tx.now))?
    {
        return Ok(());
    }
    Ok(people::set_profile(tx, author.id, &author.handle, profile)?)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn a_birthday_is_a_day_that_exists() {
        assert!(is_date("1984-02-29") && is_date("1004-12-31"));
        for text in ["1985-02-29", "84-01-01", "1984-1-1", "1984-13-01", "1984-01-01x", "hello", ""] {
            assert!(!is_date(text), "{text}");
        }
    }
}

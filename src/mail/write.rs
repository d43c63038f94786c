//! What a mail says: a sentence, where to read more, and how to get no more of them. Never what others may not read.

use super::stranger;
use crate::model::{Guid, Person, PersonId, User};
use crate::pod::Pod;
use crate::store::mails::{self, Mail, Notice, What};
use crate::store::notices::{self, Filter, Listed};
use crate::store::{Db, Result, accounts, addresses, conversations, people, requests};
use crate::web::decision_path;
use crate::web::text::{self, Book};

/// A mail in words.
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Mails with the same one are about the same post.
    pub thread: Option<String>,
    /// Name and text of a document that goes along.
    pub file: Option<(String, String)>,
    /// Where the reader says that they want no more of them, when they live here.
    pub settings: Option<String>,
}

impl Letter {
    /// One that is no news: nobody can choose to get none of them.
    pub fn bare(to: String, subject: String, text: String) -> Letter {
        Letter { to, subject, text, thread: None, file: None, settings: None }
    }
}

/// The address of the page where mails are chosen.
pub fn settings(pod: &Pod) -> String {
    format!("{}/settings/mail", pod.url)
}

/// Writes a mail; `None` when there is nothing to tell any more.
pub fn letter(pod: &Pod, db: &Db, mail: &Mail) -> Result<Option<Letter>> {
    let Some(user) = accounts::get(db, mail.user)? else { return Ok(None) };
    let book = text::book(user.language.as_deref().unwrap_or_default());
    match &mail.what {
        What::Address => return address(pod, db, book, &user),
        What::Invitation(request) => return invitation(pod, db, *request),
        What::Heard(report) => return stranger::heard(pod, db, *report),
        What::Answer(report) => return stranger::answer(pod, db, *report),
        What::Receipt { case, address } => return stranger::receipt(pod, db, *case, address),
        _ => {}
    }
    let Some(to) = addresses::get(db, user.id)?.email else { return Ok(None) };
    let said = match &mail.what {
        What::Notice { notice, by } => match mails::notice(db, *notice, *by)? {
            Some(notice) => Some(of_notice(pod, book, &notice, &people::get(db, *by)?)),
            None => None,
        },
        What::Message(message) => match mails::message(db, *message, user.person.id)? {
            Some((conversation, author)) => Some(of_message(pod, book, &conversation, &people::get(db, author)?)),
            None => None,
        },
        What::Digest => digest(pod, db, book, &user)?,
        What::Password => return password(pod, db, book, &user, to),
        What::Address | What::Invitation(_) | What::Heard(_) | What::Answer(_) | What::Receipt { .. } => None,
    };
    Ok(said.map(|said| Letter {
        to,
        subject: said.subject,
        text: format!("{}\n\n-- \n{}\n", said.body, foot(pod, book)),
        thread: said.about,
        file: None,
        settings: Some(settings(pod)),
    }))
}

/// A mail without what all have.
struct Said {
    subject: String,
    body: String,
    /// GUID of the post or conversation.
    about: Option<String>,
}

fn foot(pod: &Pod, book: &Book) -> String {
    book.words("mail.foot", &[("host", pod.authority()), ("url", &settings(pod))])
}

/// Asks whether an address is the user's.
fn address(pod: &Pod, db: &Db, book: &Book, user: &User) -> Result<Option<Letter>> {
    let Some((to, code)) = addresses::new(db, user.id, pod.now())? else { return Ok(None) };
    let link = format!("{}/confirm/{code}", settings(pod));
    let filled = [("host", pod.authority()), ("name", user.name.as_str()), ("url", link.as_str())];
    let text = format!("{}\n\n{link}\n", book.words("mail.confirm_text", &filled));
    Ok(Some(Letter::bare(to, book.words("mail.confirm", &filled), text)))
}

/// Lets somebody in who asked for an account; `None` when the podmin thought better of it. What language they read is
/// not known: the first one.
fn invitation(pod: &Pod, db: &Db, request: i64) -> Result<Option<Letter>> {
    let Some(request) = requests::get(db, request)? else { return Ok(None) };
    let Some(code) = request.code else { return Ok(None) };
    let book = text::book("");
    let filled = [("host", pod.authority()), ("name", request.name.as_str())];
    let text = format!("{}\n\n{}/i/{code}\n", book.words("mail.invitation_text", &filled), pod.url);
    Ok(Some(Letter::bare(request.email, book.words("mail.invitation", &filled), text)))
}

/// Leads to the page where one chooses a new password; `None` when that was done.
fn password(pod: &Pod, db: &Db, book: &Book, user: &User, to: String) -> Result<Option<Letter>> {
    let reset = addresses::reset(db, user.id)?.filter(|(_, until)| *until > pod.now());
    let Some((code, _)) = reset else { return Ok(None) };
    let link = format!("{}/login/forgotten/{code}", pod.url);
    let filled = [("host", pod.authority()), ("name", user.name.as_str())];
    let text = format!("{}\n\n{link}\n", book.words("mail.password_text", &filled));
    Ok(Some(Letter::bare(to, book.words("mail.password", &filled), text)))
}

fn of_notice(pod: &Pod, book: &Book, notice: &Notice, by: &Person) -> Said {
    let subject = book.words(&format!("notices.{}", notice.kind), &[("who", &by.name), ("n", "1")]);
    let path = decision_path(&notice.kind, notice.case).unwrap_or_else(|| match (&notice.post, &notice.comment) {
        (Some(post), Some(comment)) => format!("/posts/{post}#{comment}"),
        (Some(post), None) => format!("/posts/{post}"),
        (None, _) => format!("/people/{}", by.guid),
    });
    let body = format!("{subject}.\n\n{}{path}", pod.url);
    Said { subject, body, about: notice.post.as_ref().map(Guid::to_string) }
}

fn of_message(pod: &Pod, book: &Book, conversation: &Guid, by: &Person) -> Said {
    let subject = book.words("mail.message", &[("who", &by.name)]);
    let body = format!("{subject}.\n\n{}/conversations/{conversation}", pod.url);
    Said { subject, body, about: Some(conversation.to_string()) }
}

/// What is unread; `None` when nothing is.
fn digest(pod: &Pod, db: &Db, book: &Book, user: &User) -> Result<Option<Said>> {
    let filter = Filter { unread: true, ..Filter::default() };
    let listed = notices::list(db, user.id, &filter, 0)?;
    let count = notices::count_unread(db, user.id)?;
    let letters = conversations::count_unread(db, user.person.id)?;
    if count == 0 && letters == 0 {
        return Ok(None);
    }
    let mut lines = Vec::new();
    if letters > 0 {
        lines.push(book.words("mail.letters", &[("n", &letters.to_string())]));
        lines.push(format!("{}/conversations\n", pod.url));
    }
    for notice in listed.iter().take(usize::try_from(notices::PAGE).unwrap_or(usize::MAX)) {
        lines.push(format!("* {}", sentence(db, book, notice)?));
    }
    if count > 0 {
        lines.push(format!("\n{}/notifications", pod.url));
    }
    let subject = book.words("mail.digest", &[("host", pod.authority()), ("n", &(count + letters).to_string())]);
    Ok(Some(Said { subject, body: lines.join("\n"), about: None }))
}

/// A notice in one line: `Ada and 2 others like your post`.
fn sentence(db: &Db, book: &Book, notice: &Listed) -> Result<String> {
    let name = |person: &PersonId| people::get(db, *person).map(|person| person.name);
    let names: Vec<String> = notice.people.iter().map(name).collect::<Result<_>>()?;
    let first = names.first().map(String::as_str).unwrap_or_default();
    let who = match (notice.people_count, names.get(1)) {
        (2, Some(second)) => book.words("notices.and", &[("first", first), ("second", second)]),
        (3.., _) => book.words("notices.others", &[("first", first), ("n", &(notice.people_count - 1).to_string())]),
        _ => first.to_owned(),
    };
    let n = notice.people_count.to_string();
    Ok(book.words(&format!("notices.{}", notice.kind), &[("who", &who), ("n", &n)]))
}

//! What stands around every page: who reads it, the menu, what is unread, what was just done.

use serde::Serialize;

use super::assets;
use super::error::Error;
use super::visit::Visit;
use crate::model::{Guid, Theme, User};
use crate::store::{self, accounts, conversations, notices, pages};

/// What every page gets.
#[derive(Serialize)]
pub struct Frame {
    lang: &'static str,
    dir: &'static str,
    /// The colours the reader chose, when they did.
    theme: Option<&'static str>,
    host: String,
    url: String,
    style: &'static str,
    script: &'static str,
    /// Somebody lives here.
    settled: bool,
    /// Pages the podmin wrote.
    pages: Vec<String>,
    me: Option<Me>,
    menu: Vec<Entry>,
    unread: i64,
    /// Unread private messages.
    letters: i64,
    csrf: String,
    done: Option<String>,
    /// Where what was done is taken back.
    undo: Option<String>,
}

impl Frame {
    /// `csrf`: the token of its forms.
    pub fn of(visit: &Visit, csrf: String) -> Result<Frame, Error> {
        let (unread, letters, settled, pages) = visit.pod.store.read::<_, store::Error>(|db| {
            let pages = pages::names(db)?;
            match visit.me() {
                Some(me) => {
                    let letters = conversations::count_unread(db, me.person.id)?;
                    Ok((notices::count_unread(db, me.id)?, letters, true, pages))
                }
                None => Ok((0, 0, accounts::any(db)?, pages)),
            }
        })?;
        let (done, undo) = (visit.query().get("done").to_owned(), visit.query().get("undo").to_owned());
        Ok(Frame {
            lang: visit.book.tag,
            dir: visit.book.direction(),
            theme: visit.me().map(|me| me.theme).filter(|theme| *theme != Theme::Auto).map(Theme::as_str),
            host: visit.pod.authority().to_owned(),
            url: visit.pod.url.clone(),
            style: &assets::STYLE_URL,
            script: &assets::SCRIPT_URL,
            settled,
            pages,
            me: visit.me().map(Me::of),
            menu: visit.me().map(|me| menu(me, &visit.request.path)).unwrap_or_default(),
            unread,
            letters,
            csrf,
            done: Some(done).filter(|done| visit.book.knows(&format!("done.{done}"))),
            undo: Some(undo).filter(|undo| takes_back(undo)),
        })
    }
}

#[derive(Serialize)]
struct Me {
    guid: String,
    user: String,
    handle: String,
    podmin: bool,
}

impl Me {
    fn of(user: &User) -> Me {
        Me {
            guid: user.person.guid.to_string(),
            user: user.name.clone(),
            handle: user.person.handle.to_string(),
            podmin: user.podmin,
        }
    }
}

/// An entry of the menu.
#[derive(Serialize)]
struct Entry {
    href: String,
    icon: &'static str,
    text: &'static str,
    here: bool,
}

fn menu(me: &User, path: &str) -> Vec<Entry> {
    let entry = |href: &str, icon, text| Entry { href: href.to_owned(), icon, text, here: path == href };
    vec![
        entry("/stream", "stream", "menu.stream"),
        entry("/public", "globe", "menu.public"),
        entry("/contacts", "people", "menu.contacts"),
        entry("/conversations", "letter", "menu.messages"),
        entry("/notifications", "bell", "menu.notices"),
        entry(&format!("/people/{}", me.person.guid), "person", "menu.me"),
    ]
}

/// Whether an address shows a hidden post again. A link may name no other place that a button with the reader's token leads to.
fn takes_back(path: &str) -> bool {
    let guid = path.strip_prefix("/posts/").and_then(|rest| rest.strip_suffix("/unhide"));
    guid.and_then(Guid::parse).is_some()
}

#[cfg(test)]
mod tests {
    use super::takes_back;

    #[test]
    fn a_button_takes_back_that_a_post_was_hidden_and_nothing_else() {
        assert!(takes_back("/posts/0123456789abcdef/unhide"));
        for path in [
            "/profile?/unhide",
            "/profile#/unhide",
            "/posts/0123456789abcdef/delete?/unhide",
            "/posts/0123456789abcdef/unhide?",
            "/posts/0123456789abcdef/../unhide",
            "//evil.example/posts/0123456789abcdef/unhide",
        ] {
            assert!(!takes_back(path), "{path}");
        }
    }
}

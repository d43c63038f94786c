//! Every path the pod answers.

use super::assets;
use super::error::Error;
use super::form::Form;
use super::pages::{
    account, archive, aspect, comment, composer, contact, conversation, decision, embed, forgotten, home, info, invite,
    link, mail, notice, people, photo, picture, podmin, post, profile, report, request, second_step, security,
    settings, setup, stream, transparency, welcome,
};
use super::visit::{Visit, reads};
use super::{Method, Request, Response, feeds, receive};
use crate::pod::Pod;

/// What answers at a path.
#[derive(Clone, Copy)]
enum Answer {
    /// Something that is the same for everybody, or a door for other pods: no session, no host check.
    Open(fn(&Pod, &Request, &[String]) -> Response),
    /// A page.
    Page(fn(&Visit) -> Result<Response, Error>),
}

use Answer::{Open, Page};
use Method::{Get, Post};

/// Method, path (`:name` is any one segment), what answers. A `HEAD` request is a `GET` whose body is not sent.
const ROUTES: &[(Method, &str, Answer)] = &[
    // Files.
    (Get, "/health", Open(assets::health)),
    (Get, "/style.css", Open(assets::style)),
    (Get, "/script.js", Open(assets::script)),
    (Get, "/favicon.svg", Open(assets::icon)),
    (Get, "/robots.txt", Open(assets::robots)),
    (Get, "/manifest.json", Open(assets::manifest)),
    (Get, "/avatar.png", Open(assets::avatar)),
    (Get, "/proxy/:mac/:address", Open(picture::show)),
    (Get, "/uploads/images/:name", Open(photo::show)),
    // Doors for other pods.
    (Post, "/receive/public", Open(|pod, request, _| receive::public(pod, request))),
    (Post, "/receive/public/", Open(|pod, request, _| receive::public(pod, request))),
    (Post, "/receive/users/:guid", Open(|pod, request, args| receive::user(pod, request, &args[0]))),
    (Post, "/receive/users/:guid/", Open(|pod, request, args| receive::user(pod, request, &args[0]))),
    (Get, "/fetch/:kind/:guid", Open(|pod, _, args| receive::fetch(pod, &args[0], &args[1]))),
    (Get, "/.well-known/webfinger", Open(|pod, request, _| receive::webfinger(pod, resource(request).as_deref()))),
    (Get, "/.well-known/host-meta", Open(|pod, _, _| receive::host_meta(pod))),
    (Get, "/.well-known/nodeinfo", Open(|pod, _, _| receive::nodeinfo_links(pod))),
    (Get, "/nodeinfo/:version", Open(|pod, _, args| receive::nodeinfo(pod, &args[0]))),
    (Get, "/.well-known/advisory-key", Open(|pod, _, _| receive::advisory_key(pod))),
    (Get, "/moderation/checkpoint", Open(|pod, _, _| receive::checkpoint(pod))),
    (Get, "/hcard/users/:guid", Open(|pod, _, args| receive::hcard(pod, &args[0]))),
    (Get, "/people/:guid/stream", Page(people::posts)),
    // Moving in, coming and going.
    (Get, "/", Page(home::show)),
    (Get, "/setup", Page(setup::show)),
    (Post, "/setup", Page(setup::set_up)),
    (Get, "/login", Page(account::door)),
    (Post, "/login", Page(account::sign_in)),
    (Get, "/i/:code", Page(invite::show)),
    (Post, "/i/:code", Page(invite::accept)),
    (Get, "/request", Page(request::show)),
    (Post, "/request", Page(request::send)),
    (Get, "/welcome", Page(welcome::show)),
    (Post, "/welcome", Page(welcome::begin)),
    (Post, "/login/code", Page(second_step::sign_in)),
    (Get, "/login/forgotten", Page(forgotten::show)),
    (Post, "/login/forgotten", Page(forgotten::ask)),
    (Get, "/login/forgotten/:code", Page(forgotten::open)),
    (Post, "/login/forgotten/:code", Page(forgotten::choose)),
    (Post, "/logout", Page(account::sign_out)),
    // About the pod.
    (Get, "/help", Page(info::help)),
    (Get, "/statistics", Page(info::statistics)),
    (Get, "/about", Page(info::written)),
    (Get, "/terms", Page(info::written)),
    (Get, "/imprint", Page(info::written)),
    (Get, "/contact", Page(info::contact)),
    (Get, "/transparency", Page(transparency::show)),
    (Get, "/transparency.csv", Page(transparency::csv)),
    (Get, "/settings/pages", Page(info::edit)),
    (Post, "/settings/pages", Page(info::save)),
    (Get, "/oembed", Open(embed::oembed)),
    // Speaking up, and what was decided.
    (Get, "/report", Page(report::show)),
    (Post, "/report", Page(report::send)),
    (Get, "/decisions", Page(decision::list)),
    (Get, "/decisions/:id", Page(decision::show)),
    (Post, "/decisions/:id/appeal", Page(decision::object)),
    // The podmin's room.
    (Get, "/podmin", Page(podmin::dashboard::show)),
    (Get, "/podmin/alarm", Page(podmin::alarm::show)),
    (Post, "/podmin/alarm", Page(podmin::alarm::set)),
    (Post, "/podmin/alarm/test", Page(podmin::alarm::test)),
    (Get, "/podmin/users", Page(podmin::users::list)),
    (Post, "/podmin/users/lock", Page(podmin::users::lock)),
    (Post, "/podmin/users/unlock", Page(podmin::users::unlock)),
    (Post, "/podmin/users/close", Page(podmin::users::close)),
    (Post, "/podmin/users/password", Page(podmin::users::new_password)),
    (Get, "/podmin/requests", Page(podmin::requests::list)),
    (Post, "/podmin/requests", Page(podmin::requests::decide)),
    (Post, "/podmin/requests/taken", Page(podmin::requests::take)),
    (Get, "/podmin/pods", Page(podmin::pods::list)),
    (Post, "/podmin/pods/look", Page(podmin::pods::look)),
    (Post, "/podmin/pods/deliver", Page(podmin::pods::deliver)),
    (Get, "/podmin/cases", Page(podmin::cases::list)),
    (Post, "/podmin/cases", Page(podmin::cases::open)),
    (Get, "/podmin/cases/new", Page(podmin::cases::ask)),
    (Get, "/podmin/cases/:id", Page(podmin::cases::show)),
    (Post, "/podmin/cases/:id", Page(podmin::cases::decide)),
    (Get, "/podmin/cases/:id/receipt", Page(podmin::cases::receipt)),
    (Post, "/podmin/cases/:id/receipt", Page(podmin::cases::mail_receipt)),
    (Get, "/podmin/census", Page(podmin::census::list)),
    (Get, "/podmin/census/:guid", Page(podmin::census::show)),
    (Post, "/podmin/census/:guid", Page(podmin::census::ask)),
    (Get, "/podmin/census/:guid/csv", Page(podmin::census::csv)),
    (Get, "/podmin/census/:guid/signed", Page(podmin::census::signed)),
    (Get, "/podmin/census/:guid/letter", Page(podmin::census::letter)),
    (Post, "/podmin/census/:guid/letter", Page(podmin::census::send)),
    (Get, "/podmin/preview/:guid", Page(podmin::preview::show)),
    (Get, "/podmin/preview/:guid/whole", Page(podmin::preview::whole)),
    (Get, "/podmin/bank", Page(podmin::bank::list)),
    (Post, "/podmin/bank", Page(podmin::bank::take_in)),
    (Post, "/podmin/bank/remove", Page(podmin::bank::remove)),
    (Get, "/podmin/vault", Page(podmin::vault::show)),
    (Post, "/podmin/vault", Page(podmin::vault::make)),
    (Post, "/podmin/vault/longer", Page(podmin::vault::longer)),
    (Get, "/podmin/limits", Page(podmin::limits::list)),
    (Post, "/podmin/limits", Page(podmin::limits::set)),
    (Post, "/podmin/limits/lift", Page(podmin::limits::lift)),
    (Post, "/podmin/limits/only", Page(podmin::limits::allow_only)),
    (Post, "/podmin/limits/list", Page(podmin::limits::take_list)),
    (Get, "/podmin/limits.csv", Page(podmin::limits::csv)),
    // Streams.
    (Get, "/stream", Page(stream::main)),
    (Get, "/stream/new", Page(stream::count_newer)),
    (Get, "/aspects", Page(stream::of_aspects)),
    (Get, "/mentions", Page(stream::mentions)),
    (Get, "/followed_tags", Page(stream::followed_tags)),
    (Post, "/followed_tags", Page(stream::follow_tag)),
    (Post, "/followed_tags/drop", Page(stream::unfollow_tag)),
    (Get, "/activity", Page(stream::activity)),
    (Get, "/liked", Page(stream::liked)),
    (Get, "/commented", Page(stream::commented)),
    (Get, "/public", Page(stream::public)),
    (Get, "/public/:feed", Page(feeds::of_person)),
    (Get, "/tags/:tag", Page(stream::tagged)),
    // Posts and what people do with them.
    (Post, "/posts", Page(post::publish)),
    (Post, "/posts/preview", Page(post::preview)),
    (Get, "/bookmarklet", Page(composer::bookmarklet)),
    (Get, "/posts/:guid", Page(post::show)),
    (Get, "/posts/:guid/delete", Page(post::ask_delete)),
    (Post, "/posts/:guid/delete", Page(post::delete)),
    (Post, "/posts/:guid/like", Page(post::like)),
    (Post, "/posts/:guid/unlike", Page(post::unlike)),
    (Post, "/posts/:guid/reshare", Page(post::reshare)),
    (Post, "/posts/:guid/vote", Page(post::vote)),
    (Post, "/posts/:guid/answer", Page(post::answer)),
    (Post, "/posts/:guid/subscribe", Page(post::subscribe)),
    (Post, "/posts/:guid/mute", Page(post::mute)),
    (Post, "/posts/:guid/hide", Page(post::hide)),
    (Post, "/posts/:guid/unhide", Page(post::unhide)),
    (Get, "/p/:guid", Page(post::moved)),
    (Get, "/posts/:guid/comments", Page(post::comments)),
    (Post, "/posts/:guid/comments", Page(comment::say)),
    (Post, "/comments/:guid/like", Page(comment::like)),
    (Post, "/comments/:guid/unlike", Page(comment::unlike)),
    (Get, "/comments/:guid/delete", Page(comment::ask_delete)),
    (Post, "/comments/:guid/delete", Page(comment::delete)),
    (Post, "/photos", Page(photo::bring)),
    (Get, "/photos/:guid/delete", Page(photo::ask_delete)),
    (Post, "/photos/:guid/delete", Page(photo::delete)),
    (Post, "/photos/:guid/face", Page(profile::take_photo)),
    (Get, "/link", Page(link::follow)),
    // People.
    (Get, "/people", Page(people::find)),
    (Get, "/people/suggest", Page(people::suggest)),
    (Get, "/people/:guid", Page(people::show)),
    (Get, "/people/:guid/photos", Page(photo::of_person)),
    (Get, "/u/:name", Page(people::by_name)),
    (Post, "/people/:guid/aspects", Page(people::set_aspects)),
    (Post, "/people/:guid/ignore", Page(people::ignore)),
    (Post, "/people/:guid/unignore", Page(people::unignore)),
    (Get, "/contacts", Page(contact::list)),
    (Post, "/aspects", Page(aspect::add)),
    (Get, "/aspects/:id", Page(aspect::show)),
    (Post, "/aspects/:id/rename", Page(aspect::rename)),
    (Post, "/aspects/:id/move", Page(aspect::shift)),
    (Post, "/aspects/:id/delete", Page(aspect::remove)),
    // Private conversations.
    (Get, "/conversations", Page(conversation::list)),
    (Post, "/conversations", Page(conversation::begin)),
    (Get, "/conversations/new", Page(conversation::compose)),
    (Get, "/conversations/:guid", Page(conversation::show)),
    (Post, "/conversations/:guid/messages", Page(conversation::answer)),
    (Post, "/conversations/:guid/hide", Page(conversation::hide)),
    // Notices.
    (Get, "/notifications", Page(notice::list)),
    (Get, "/notifications/unread", Page(notice::count)),
    (Post, "/notifications/read", Page(notice::mark_read)),
    // Oneself.
    (Get, "/profile", Page(profile::show)),
    (Post, "/profile", Page(profile::update)),
    (Get, "/settings", Page(settings::show)),
    (Post, "/settings", Page(settings::change)),
    (Get, "/settings/security", Page(security::show)),
    (Post, "/settings/sessions/end", Page(security::end_sessions)),
    (Get, "/settings/two-factor", Page(second_step::show)),
    (Post, "/settings/two-factor", Page(second_step::begin)),
    (Post, "/settings/two-factor/confirm", Page(second_step::confirm)),
    (Post, "/settings/two-factor/off", Page(second_step::end)),
    (Get, "/settings/mail", Page(mail::show)),
    (Post, "/settings/mail", Page(mail::choose)),
    (Post, "/settings/mail/address", Page(mail::set_address)),
    (Get, "/settings/mail/confirm/:code", Page(mail::confirm)),
    (Get, "/settings/invites", Page(invite::list)),
    (Post, "/settings/invites", Page(invite::make)),
    (Post, "/settings/invites/revoke", Page(invite::revoke)),
    (Post, "/settings/password", Page(account::change_password)),
    (Post, "/settings/close", Page(account::close)),
    // Moving house.
    (Get, "/settings/archive", Page(archive::show)),
    (Post, "/settings/archive/export", Page(archive::data)),
    (Get, "/settings/archive/photos/:number", Page(archive::photos)),
    (Post, archive::IMPORT, Page(archive::import)),
];

/// Answers a request.
pub fn answer(pod: &Pod, request: &Request) -> Response {
    let method = if reads(request.method) { Get } else { Post };
    let mut other = false;
    for (wanted, pattern, answer) in ROUTES {
        let Some(args) = matches(pattern, &request.path) else { continue };
        if *wanted != method {
            other = true;
            continue;
        }
        return match answer {
            Open(answer) => answer(pod, request, &args),
            Page(page) => super::page(pod, request, args, *page),
        };
    }
    let found = if other { |_: &Visit| Err(Error::Method) } else { |_: &Visit| Err(Error::Missing) };
    super::page(pod, request, Vec::new(), found)
}

/// Whom WebFinger is asked about.
fn resource(request: &Request) -> Option<String> {
    let query = Form::parse(request.query.as_bytes());
    query.has("resource").then(|| query.get("resource").to_owned())
}

/// What stands in the path where the pattern has a `:name`; `None` when they do not fit.
fn matches(pattern: &str, path: &str) -> Option<Vec<String>> {
    // Most patterns differ in the first letters already.
    let fixed = pattern.split(':').next().unwrap_or_default();
    if !path.starts_with(fixed) {
        return None;
    }
    let mut args = Vec::new();
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(args),
            (Some(wanted), Some(found)) if wanted.starts_with(':') => args.push(decoded(found)?),
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return None,
        }
    }
}

/// A percent-decoded segment of a path that is not empty.
fn decoded(segment: &str) -> Option<String> {
    if segment.is_empty() {
        return None;
    }
    if !segment.contains('%') {
        return Some(segment.to_owned());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|n| u8::try_from(n).ok());
                bytes.push(digit(high)? << 4 | digit(low)?);
                rest = after;
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_pattern_only() {
        assert_eq!(matches("/", "/"), Some(vec![]));
        assert_eq!(matches("/posts/:guid", "/posts/a%3ab"), Some(vec!["a:b".to_owned()]));
        assert_eq!(matches("/proxy/:mac/:address", "/proxy/1/2"), Some(vec!["1".to_owned(), "2".to_owned()]));
        for path in ["/posts", "/posts/", "/posts/a/b", "/posts/%", "/posts/%zz", "/posts/%ff", "posts/a"] {
            assert_eq!(matches("/posts/:guid", path), None, "{path}");
        }
    }

    #[test]
    fn every_path_that_shows_anything_is_on_the_list_of_surfaces() {
        let routes = ROUTES.iter().filter(|(method, _, _)| *method == Get).map(|(_, path, _)| *path);
        assert_eq!(super::super::surfaces::unlisted(routes), Vec::<&str>::new(), "add it to web/surfaces.rs");
    }

    #[test]
    fn no_path_stands_there_twice() {
        for (at, (method, path, _)) in ROUTES.iter().enumerate() {
            let again = ROUTES[..at].iter().any(|(m, p, _)| m == method && p == path);
            assert!(!again, "{path}");
        }
    }
}

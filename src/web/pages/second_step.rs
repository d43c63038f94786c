//! The second step: at sign-in, and switching it on and off.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minijinja::context;
use minijinja::value::Value;
use ring::hmac;

use super::account::check_password;
use super::{kept, security, settings};
use crate::model::{Timestamp, User, UserId};
use crate::social::{second_step, totp};
use crate::store::{self, accounts, second_steps};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::{Visit, local_path};
use crate::web::{Response, csrf, encoded, limit, qr};

/// Seconds between the password and the code.
const PATIENCE: i64 = 600;

/// Asks who gave the right password for a code.
pub fn ask(visit: &Visit, user: UserId, password: &str, form: &Form) -> Result<Response, Error> {
    let until = visit.now.plus(PATIENCE);
    let ticket = format!("{user}.{until}.{}", mark(visit, user, until.0, password), until = until.0);
    ask_page(visit, &ticket, form, None)
}

/// `POST /login/code`
pub fn sign_in(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    let Some(user) = holder(visit, form.get("ticket"))? else { return Ok(Response::see_other("/login")) };
    match try_code(visit, &user, &form) {
        Ok(answer) => Ok(answer),
        Err(error) => ask_page(visit, form.get("ticket"), &form, Some(error)),
    }
}

fn try_code(visit: &Visit, user: &User, form: &Form) -> Result<Response, Error> {
    let tried = limit::code(&user.name, visit.now)?;
    visit.pod.write(|tx| second_step::pass(tx, user, form.get("code")))?;
    tried.was_right();
    kept::signed_in(visit, user.id, form)
}

fn ask_page(visit: &Visit, ticket: &str, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    let next = Some(form.get("next")).filter(|next| local_path(next));
    let values = context! { title => visit.say("second.title"), ticket, next, kept => form.get("kept") };
    visit.page_with("code.html", error.as_ref(), values)
}

/// Who gave the right password not long ago; nobody when the ticket is too old, another one's, or the password was
/// changed meanwhile.
fn holder(visit: &Visit, ticket: &str) -> Result<Option<User>, Error> {
    let parts: Vec<&str> = ticket.split('.').collect();
    let [user, until, given] = parts.as_slice() else { return Ok(None) };
    let (Ok(user), Ok(until)) = (user.parse().map(UserId), until.parse()) else { return Ok(None) };
    let found = visit.pod.store.read::<_, store::Error>(|db| {
        let Some(found) = accounts::get(db, user)? else { return Ok(None) };
        Ok(Some((accounts::password(db, user)?, found)))
    })?;
    let fits = |password: &str| csrf::same(given, &mark(visit, user, until, password)) && Timestamp(until) > visit.now;
    Ok(found.filter(|(password, _)| fits(password)).map(|(_, user)| user))
}

/// What only this pod can write under a ticket. `password`: the PHC string.
fn mark(visit: &Visit, user: UserId, until: i64, password: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &visit.pod.secret);
    let tag = hmac::sign(&key, format!("second step {user} {until} {password}").as_bytes());
    URL_SAFE_NO_PAD.encode(tag.as_ref())
}

/// `POST /settings/two-factor`: makes a secret.
pub fn begin(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| second_step::begin(tx, me))?;
    Ok(Response::see_other("/settings/two-factor"))
}

/// `GET /settings/two-factor`: the secret as a picture, until it is confirmed.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None)
}

fn page(visit: &Visit, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let step = visit.pod.store.read(|db| second_steps::get(db, me.id))?;
    let Some(step) = step.filter(|step| !step.confirmed) else { return Ok(Response::see_other("/settings/security")) };
    let secret = totp::base32(&step.secret);
    let address = address(visit.pod.authority(), &me.name, &secret);
    let values = context! {
        title => visit.say("second.title"),
        tabs => settings::tabs(visit),
        qr => Value::from_safe_string(qr::svg(&address, &visit.say("second.qr"))),
        address,
        secret => in_fours(&secret),
    };
    visit.page_with("second_step.html", error.as_ref(), values)
}

/// What apps read (Google Authenticator, "Key Uri Format"): the other values are those they assume.
fn address(host: &str, name: &str, secret: &str) -> String {
    let issuer = encoded(host);
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", encoded(name))
}

/// `POST /settings/two-factor/confirm`: switches it on and shows the backup codes, this once.
pub fn confirm(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    match visit.pod.write(|tx| second_step::confirm(tx, me, form.get("code"))) {
        Ok(codes) => {
            let codes: Vec<String> = codes.iter().map(|code| in_fours(code)).collect();
            let values = context! { title => visit.say("second.codes"), tabs => settings::tabs(visit), codes };
            visit.page("second_codes.html", values)
        }
        Err(error) => page(visit, Some(error.into())),
    }
}

/// `POST /settings/two-factor/off`: with the password.
pub fn end(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    match check_password(visit, form.get("password")) {
        Ok(()) => {
            visit.pod.write(|tx| second_step::end(tx, me))?;
            Ok(visit.done("/settings/security", "second_off"))
        }
        Err(error) => security::page(visit, Some(error)),
    }
}

/// Letters in groups that can be read aloud.
fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

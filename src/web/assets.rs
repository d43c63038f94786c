//! Files that are part of the program: style, script, icon. Their addresses change with their content.

use std::sync::LazyLock;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::form::Form;
use super::{Body, Request, Response};
use crate::model::hex::hex;
use crate::moderation::status;
use crate::pod::Pod;

const STYLE: &str = include_str!("../../templates/style.css");
const SCRIPT: &str = include_str!("../../templates/script.js");
const AVATAR: &[u8] = include_bytes!("../../templates/avatar.png");
const ICON: &str = include_str!("../../templates/favicon.svg");

pub static STYLE_URL: LazyLock<String> = LazyLock::new(|| address("/style.css", STYLE));
pub static SCRIPT_URL: LazyLock<String> = LazyLock::new(|| address("/script.js", SCRIPT));

fn address(path: &str, content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    format!("{path}?{}", hex(&hash[..4]))
}

fn file(content_type: &'static str, content: &'static str) -> Response {
    Response::new(200)
        .with_header("Content-Type", content_type)
        .with_header("Cache-Control", "public, max-age=31536000, immutable")
        .with_body(Body::Static(content.as_bytes()))
}

/// `GET /style.css`
pub fn style(_: &Pod, _: &Request, _: &[String]) -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// `GET /script.js`
pub fn script(_: &Pod, _: &Request, _: &[String]) -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

/// `GET /favicon.svg`
pub fn icon(_: &Pod, _: &Request, _: &[String]) -> Response {
    file("image/svg+xml", ICON)
}

/// `GET /robots.txt`: profiles and pictures are not for crawlers, public posts are.
pub fn robots(_: &Pod, _: &Request, _: &[String]) -> Response {
    Response::text(200, "User-agent: *\nDisallow: /people/\nDisallow: /u/\nDisallow: /proxy/\nDisallow: /login\n")
}

/// `GET /health`: whether the pod answers. `?cases`: whether one waits for the podmin for too long; how many, not which.
pub fn health(pod: &Pod, request: &Request, _: &[String]) -> Response {
    if !Form::parse(request.query.as_bytes()).has("cases") {
        return Response::text(200, "ok");
    }
    match pod.store.read(|db| status::cases(db, pod.now())) {
        Ok(cases) => {
            let told = json!({ "ok": cases.late == 0, "waiting": cases.waiting, "late": cases.late, "next_due": cases.next_due });
            Response::json(told.to_string()).with_header("Cache-Control", "no-store")
        }
        Err(error) => {
            log::error!(target: "web", "health: {error}");
            Response::text(500, "something is broken here; the podmin's log says what")
        }
    }
}

/// `GET /avatar.png`: the picture of who has none, as other pods ask for it.
pub fn avatar(_: &Pod, _: &Request, _: &[String]) -> Response {
    Response::new(200)
        .with_header("Content-Type", "image/png")
        .with_header("Cache-Control", "public, max-age=86400")
        .with_body(Body::Static(AVATAR))
}

/// `GET /manifest.json`: what a browser needs to install the pod like a program.
pub fn manifest(pod: &Pod, _: &Request, _: &[String]) -> Response {
    let icons = [
        json!({ "src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml" }),
        json!({ "src": "/avatar.png", "sizes": "300x300", "type": "image/png" }),
    ];
    let manifest = json!({
        "name": pod.authority(), "short_name": pod.authority(), "start_url": "/stream", "display": "standalone",
        "background_color": "#fcfcf9", "theme_color": "#fcfcf9", "icons": icons,
        "share_target": { "action": "/bookmarklet", "method": "GET", "enctype": "application/x-www-form-urlencoded", "params": { "title": "title", "text": "text", "url": "url" } },
    });
    Response::bytes("application/manifest+json", manifest.to_string().into_bytes())
}

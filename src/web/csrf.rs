//! Forms come from our own pages. A form carries a token made from the cookie it was shown with; and what a browser
//! says about where a request comes from must fit.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use subtle::ConstantTimeEq;

use super::Request;

/// The token of forms shown with this cookie.
pub fn token(secret: &[u8], cookie: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(b"form ");
    context.update(cookie.as_bytes());
    URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..18])
}

/// Whether two tokens are the same, in a time that tells nothing.
pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Whether the browser says that the request comes from our own pages; one that says nothing is believed, the token
/// still has to fit.
pub fn from_our_pages(request: &Request, url: &str) -> bool {
    let site = request.header("sec-fetch-site").unwrap_or("same-origin");
    let origin = request.header("origin").unwrap_or(url);
    matches!(site, "same-origin" | "none") && origin.eq_ignore_ascii_case(url)
}

/// The same for what has no token that fits: only when the browser says so.
pub fn surely_from_our_pages(request: &Request, url: &str) -> bool {
    let says = request.header("sec-fetch-site").is_some() || request.header("origin").is_some();
    says && request.header("sec-fetch-site") != Some("none") && from_our_pages(request, url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_cookie_of_one_pod() {
        assert!(same(&token(b"secret", "cookie"), &token(b"secret", "cookie")));
        assert!(!same(&token(b"secret", "cookie"), &token(b"secret", "cookiE")));
        assert!(!same(&token(b"secret", "cookie"), &token(b"secreT", "cookie")));
        assert!(!same(&token(b"secret", "cookie"), ""));
    }
}

//! A plain HTTP client with a cookie jar, which follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ureq::Agent;
use ureq::http::Request;

use super::page::Page;
use super::wait::PATIENCE;

/// One browser window without a browser.
pub struct Client {
    agent: Agent,
    base: String,
    jar: Mutex<BTreeMap<String, String>>,
}

/// What a server said.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header by its lower-case name; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }
}

impl Client {
    /// A client for one server, e.g. `http://127.0.0.1:3000`.
    pub fn new(base: &str) -> Client {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .build();
        Client { agent: agent.into(), base: base.to_owned(), jar: Mutex::default() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.try_ask("GET", path, headers, &[]).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// For servers that may be away.
    pub fn try_get(&self, path: &str) -> Result<Answer, String> {
        self.try_ask("GET", path, &[], &[])
    }

    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.try_post(path, content_type, body).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_ask("POST", path, headers, body).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// For servers that may be away.
    pub fn try_post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer, String> {
        self.try_ask("POST", path, &[("content-type", content_type)], body)
    }

    /// The page at a path, redirects followed.
    pub fn page(&self, path: &str) -> Page {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self.get_with(&path, &[("accept", "text/html")]);
            match answer.header("location") {
                "" => return Page { path, status: answer.status, html: answer.text() },
                location => path = location.strip_prefix(&self.base).unwrap_or(location).to_owned(),
            }
        }
        panic!("{path}: redirected in circles");
    }

    /// Sends a form as a person on `page` would, with the token of that page.
    pub fn submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.try_submit(page, action, fields).unwrap_or_else(|error| panic!("POST {action}: {error}"))
    }

    /// Like `submit`, for servers that may be away.
    pub fn try_submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Result<Answer, String> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &page.csrf());
        form.extend_pairs(fields);
        self.try_post(action, "application/x-www-form-urlencoded", form.finish().as_bytes())
    }

    /// Sends a form with files, each as the name of its field and its content.
    pub fn submit_files(&self, page: &Page, action: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        const BOUNDARY: &str = "----between-parts";
        let token = page.csrf();
        let mut body = Vec::new();
        for (name, value) in [("csrf", token.as_str())].iter().chain(fields) {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        for (name, content) in files {
            let disposition = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a file\"");
            let head = format!("--{BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.post(action, &format!("multipart/form-data; boundary={BOUNDARY}"), &body)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into the jar.
    pub fn holds(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    fn try_ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let sent = match method {
            "POST" => self.agent.run(request.body(body).map_err(|error| error.to_string())?),
            _ => self.agent.run(request.body(()).map_err(|error| error.to_string())?),
        };
        let mut response = sent.map_err(|error| error.to_string())?;
        let body = response.body_mut().read_to_vec().map_err(|error| error.to_string())?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<(String, String)> =
            response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        self.keep_cookies(&headers);
        Ok(Answer { status: response.status().as_u16(), headers, body })
    }

    fn keep_cookies(&self, headers: &[(String, String)]) {
        let mut jar = self.jar.lock().unwrap();
        for (_, cookie) in headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                if value.is_empty() || cookie.contains("Max-Age=0") {
                    jar.remove(name);
                } else {
                    jar.insert(name.to_owned(), value.to_owned());
                }
            }
        }
    }
}

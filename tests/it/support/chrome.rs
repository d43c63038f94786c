//! A real browser: Chromium through its WebDriver, one window a trial.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use ureq::Agent;

use super::pod::free_port;
use super::tools::{self, CHROMIUM};
use super::wait::{PATIENCE, until};

/// A browser window of some width.
pub struct Chrome {
    driver: Child,
    agent: Agent,
    /// Address of the driver's session.
    session: String,
    _profile: tempfile::TempDir,
}

/// A thing on the page.
pub struct Element(String);

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Chrome {
    /// Opens a window of a width in CSS pixels, with or without JavaScript.
    pub fn open(width: u32, scripts: bool) -> Chrome {
        Chrome::open_in("en", width, scripts)
    }

    /// The same, of somebody who reads this language.
    pub fn open_in(language: &str, width: u32, scripts: bool) -> Chrome {
        let port = free_port();
        let mut command = Command::new(CHROMIUM.path());
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = command.spawn().expect("chromedriver starts");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(2 * PATIENCE));
        let agent: Agent = config.build().into();
        let base = format!("http://127.0.0.1:{port}");
        let mut chrome = Chrome { driver, agent, session: base.clone(), _profile: profile };
        until("chromedriver to answer", || {
            chrome.try_call("GET", "/status", None).ok().filter(|status| status["ready"] == true)
        });
        let wish = chrome.wish(language, width, scripts);
        let opened = chrome.call("POST", "/session", Some(wish));
        let id = opened["sessionId"].as_str().expect("the session has an id");
        chrome.session = format!("{base}/session/{id}");
        chrome
    }

    pub fn goes_to(&self, url: &str) {
        self.call("POST", "/url", Some(json!({ "url": url })));
    }

    /// The path of the page shown.
    pub fn path(&self) -> String {
        let url = self.call("GET", "/url", None);
        let url = url::Url::parse(url.as_str().unwrap_or_default()).expect("a page has an address");
        url.path().to_owned()
    }

    /// The first thing that a CSS selector finds; waits for it.
    pub fn find(&self, selector: &str) -> Element {
        until(&format!("{selector} on {}", self.path()), || self.try_find(selector))
    }

    pub fn has(&self, selector: &str) -> bool {
        self.try_find(selector).is_some()
    }

    pub fn types(&self, selector: &str, text: &str) {
        self.on(selector, |id| {
            self.try_call("POST", &format!("/element/{id}/clear"), Some(json!({})))?;
            self.try_call("POST", &format!("/element/{id}/value"), Some(json!({ "text": text })))
        });
    }

    /// Clicks a thing, scrolling to it first as a person would.
    pub fn clicks(&self, selector: &str) {
        // To the middle, where no bar covers it.
        let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.on(selector, |id| {
            let thing = json!({ ELEMENT: id });
            self.try_call("POST", "/execute/sync", Some(json!({ "script": script, "args": [thing] })))?;
            self.try_call("POST", &format!("/element/{id}/click"), Some(json!({})))
        });
    }

    /// The text of a thing as a person reads it.
    pub fn reads(&self, selector: &str) -> String {
        let text = self.on(selector, |id| self.try_call("GET", &format!("/element/{id}/text"), None));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Does something with the first thing that a selector finds; again, when the page put another one in its place
    /// between finding and doing.
    fn on(&self, selector: &str, deed: impl Fn(&str) -> Result<Value, String>) -> Value {
        until(&format!("{selector} to stay for a moment"), || {
            let Element(id) = self.find(selector);
            match deed(&id) {
                Err(error) if error.starts_with("stale element reference") => None,
                done => Some(done.unwrap_or_else(|error| panic!("{selector}: {error}"))),
            }
        })
    }

    /// Waits until the page says something.
    pub fn sees(&self, words: &str) {
        until(&format!("{words:?} on {}, which says {:?}", self.path(), self.reads("body")), || {
            self.reads("body").contains(words).then_some(())
        })
    }

    /// Runs a script of the trial; works without the page's own scripts too.
    pub fn runs(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", Some(json!({ "script": script, "args": [] })))
    }

    /// Pretends that the person has wishes of their device, e.g. `prefers-color-scheme: dark`.
    pub fn prefers(&self, wishes: &[(&str, &str)]) {
        let features: Vec<Value> = wishes.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.asks_devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Presses the tabulator so many times.
    pub fn presses_tab(&self, times: u64) {
        let press =
            |_| [json!({ "type": "keyDown", "value": "\u{e004}" }), json!({ "type": "keyUp", "value": "\u{e004}" })];
        self.types_on_the_keyboard((0..times).flat_map(press).collect());
    }

    /// Presses keys together, wherever the keyboard is.
    pub fn presses(&self, keys: &[&str]) {
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        self.types_on_the_keyboard(down.chain(up).collect());
    }

    fn types_on_the_keyboard(&self, actions: Vec<Value>) {
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("POST", "/actions", Some(body));
    }

    /// Asks the browser what only its developers are told.
    pub fn asks_devtools(&self, command: &str, params: Value) -> Value {
        self.call("POST", "/goog/cdp/execute", Some(json!({ "cmd": command, "params": params })))
    }

    /// Forgets who is signed in.
    pub fn clears_cookies(&self) {
        self.call("DELETE", "/cookie", None);
    }

    /// The lines that a script of the trial returns.
    pub fn lines(&self, script: &str) -> Vec<String> {
        let found = self.runs(script);
        let lines = found.as_array().unwrap_or_else(|| panic!("no lines: {found}"));
        lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Makes the window as large as that, in CSS pixels.
    pub fn widens_to(&self, width: u32, height: u32) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.asks_devtools("Emulation.setDeviceMetricsOverride", params);
    }

    /// What axe-core finds on the page: a line for each rule that is broken, with the places.
    pub fn barriers(&self, axe: &str) -> Vec<String> {
        self.runs(axe);
        let script = "const done = arguments[arguments.length - 1]; axe.run().then((found) => done(found.violations.map(
            (rule) => rule.id + ': ' + rule.nodes.map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | '))))";
        let found = self.call("POST", "/execute/async", Some(json!({ "script": script, "args": [] })));
        let lines = found.as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// How many CSS pixels the page is wider than the window.
    pub fn overflow(&self) -> i64 {
        let root = "document.documentElement";
        self.runs(&format!("return {root}.scrollWidth - {root}.clientWidth")).as_i64().unwrap_or(0)
    }

    /// Complaints in the console since the last call: errors, and what the content security policy refused.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.call("POST", "/se/log", Some(json!({ "type": "browser" })));
        let entries = entries.as_array().cloned().unwrap_or_default();
        let loud = entries.iter().filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        loud.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Keeps a picture of the page in `target/screens`, for looking at.
    pub fn keeps_picture(&self, name: &str) -> PathBuf {
        use base64::Engine;
        let folder = tools::target().join("screens");
        std::fs::create_dir_all(&folder).expect("the folder is made");
        let picture = self.call("GET", "/screenshot", None);
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap_or_default());
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, bytes.expect("a picture is base64")).expect("the picture is written");
        path
    }

    fn try_find(&self, selector: &str) -> Option<Element> {
        let found = self.try_call("POST", "/element", Some(json!({ "using": "css selector", "value": selector })));
        found.ok().and_then(|value| value[ELEMENT].as_str().map(|id| Element(id.to_owned())))
    }

    fn wish(&self, language: &str, width: u32, scripts: bool) -> Value {
        let profile = self._profile.path().display();
        let content = json!({ "javascript": if scripts { 1 } else { 2 } });
        json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64 },
            "goog:chromeOptions": {
                "args": [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                    format!("--user-data-dir={profile}"), format!("--window-size={},900", width.max(500)),
                ],
                "prefs": { "profile.managed_default_content_settings": content, "intl.accept_languages": language },
                "mobileEmulation": { "deviceMetrics": { "width": width, "height": 900, "pixelRatio": 1.0, "mobile": width < 600, "touch": false } },
            },
        } } })
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.try_call(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let sent = match body {
            Some(body) => self.agent.post(&url).content_type("application/json").send(body.to_string()),
            None if method == "DELETE" => self.agent.delete(&url).call(),
            None => self.agent.get(&url).call(),
        };
        let mut answer = sent.map_err(|error| error.to_string())?;
        let text =
            answer.body_mut().with_config().limit(32 << 20).read_to_string().map_err(|error| error.to_string())?;
        let mut value: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        match value["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(value["value"].take()),
        }
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.try_call("DELETE", "", None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

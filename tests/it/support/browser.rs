//! A browser without a window, driven through ChromeDriver: WebDriver's messages over HTTP on the
//! loopback interface.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The name of an element's identifier in WebDriver's messages.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session, which ends when it is dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts a browser with a window, or a phone's screen, of a size.
    pub fn start(profile: &Path, (width, height): (u32, u32), is_phone: bool) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver: install chromium-driver");
        let port = port(&mut driver);
        let mut options = json!({"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            format!("--user-data-dir={}", profile.display()),
            format!("--window-size={width},{height}"),
        ]});
        if is_phone {
            let metrics = json!({"width": width, "height": height, "pixelRatio": 1.0});
            options["mobileEmulation"] = json!({"deviceMetrics": metrics});
        }
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
        };
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let session = browser.send("POST", "", &wanted);
        let id = session["sessionId"].as_str().expect("a session");
        browser.session = format!("/{id}");
        browser
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        let url = format!("file://{}", file.display());
        self.send("POST", "/url", &json!({"url": url}));
    }

    /// The value of an expression.
    pub fn value(&self, expression: &str) -> Value {
        let script = json!({"script": format!("return {expression}"), "args": []});
        self.send("POST", "/execute/sync", &script)
    }

    /// Clicks on an element.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.send("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Replaces the text in a field.
    pub fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        // Clearing a field sends no event of input: its text is selected and overwritten.
        let keys = format!("\u{e009}a\u{e000}\u{e017}{text}");
        let keys = json!({"text": keys});
        self.send("POST", &format!("/element/{element}/value"), &keys);
    }

    /// A picture of what is visible, as PNG in base64.
    pub fn screenshot(&self) -> String {
        let picture = self.send("GET", "/screenshot", &Value::Null);
        picture.as_str().expect("a picture").to_owned()
    }

    fn element(&self, selector: &str) -> String {
        let by = json!({"using": "css selector", "value": selector});
        let found = self.send("POST", "/element", &by);
        found[ELEMENT].as_str().expect(selector).to_owned()
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a time limit");
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let head = format!(
            "{method} /session{}{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.session,
            self.port,
            body.len()
        );
        (&stream)
            .write_all((head + &body).as_bytes())
            .expect("send");
        let mut reader = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line).expect("a response") > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("a body");
        let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{method} {path}: {value:#}");
        value
    }
}

/// ChromeDriver chooses a port, and prints it when it is ready.
fn port(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("stdout");
    let mut lines = BufReader::new(output).lines();
    let started = "started successfully on port ";
    let line = lines.find_map(|line| {
        let line = line.ok()?;
        let (_, port) = line.split_once(started)?;
        Some(port.trim_end_matches('.').to_owned())
    });
    line.expect("a port").parse().expect("a number")
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.send("DELETE", "", &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

//! A line on the terminal that says how far something is.

use std::io::{IsTerminal, Write};

/// Signs of a full bar.
const WIDTH: u64 = 30;

/// It is written over and over; nothing is, when nobody watches.
pub struct Line(bool);

impl Line {
    pub fn new() -> Line {
        Line(std::io::stderr().is_terminal())
    }

    pub fn say(&self, text: &str) {
        if self.0 {
            // A terminal that is gone is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    pub fn end(&self) {
        self.say("");
    }
}

/// `[#####-----]`
pub fn bar(done: u64, total: u64) -> String {
    let full = (done.min(total) * WIDTH).checked_div(total).unwrap_or(0);
    let signs: String = (0..WIDTH).map(|at| if at < full { '#' } else { '-' }).collect();
    format!("[{signs}]")
}

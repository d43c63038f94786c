//! A clock that is wrong for a while (`clock.c`): a machine without a battery thinks after a power cut that it is 1970,
//! one with a broken clock that it is 2099.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::pod::TestPod;
use super::tools;

pub struct Clock {
    offset: PathBuf,
}

impl Clock {
    /// A clock for a pod: it was 1970 a day ago.
    pub fn of_1970(pod: &TestPod) -> Clock {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock of this machine is right").as_secs();
        Clock::with_offset(pod, &format!("-{}", now - 86_400))
    }

    /// A clock for a pod that is 73 years ahead.
    pub fn of_2099(pod: &TestPod) -> Clock {
        Clock::with_offset(pod, &format!("{}", 73 * 365 * 86_400_i64))
    }

    fn with_offset(pod: &TestPod, seconds: &str) -> Clock {
        Clock { offset: PathBuf::from(pod.file("clock", seconds)) }
    }

    /// What the pod is started with.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let preload = tools::preload("clock").display().to_string();
        vec![("LD_PRELOAD", preload), ("CLOCK_OFFSET", self.offset.display().to_string())]
    }

    /// The network tells the machine what time it is.
    pub fn is_right(&self) {
        let new = self.offset.with_extension("new");
        std::fs::write(&new, "0").expect("written");
        std::fs::rename(new, &self.offset).expect("renamed");
    }
}

//! A clock that is wrong for a while (`clock.c`): a machine without a battery thinks after a power cut that it is 1970.

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
        let offset = pod.file("clock", &format!("-{}", now - 86_400));
        Clock { offset: PathBuf::from(offset) }
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

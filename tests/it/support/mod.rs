//! What the promises are tried with.

pub mod chrome;
pub mod clock;
pub mod database;
pub mod dice;
pub mod disk;
pub mod double;
pub mod http;
pub mod page;
pub mod paint;
pub mod pebble;
pub mod peer;
pub mod picture;
pub mod pod;
pub mod secure;
pub mod smtp;
pub mod tls;
pub mod tools;
pub mod user;
pub mod village;
pub mod wait;
pub mod witness;

use libtest_mimic::{Completion, Failed, Trial};

/// `trials![one, two]` hands in test functions under their own names; `trials!(tools::python; one, two)` those that
/// need a tool.
macro_rules! trials {
    ($($name:ident),* $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::support::promise(module_path!(), stringify!($name), $name)),*]
        }
    };
    ($tool:expr; $($name:ident),* $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$($crate::support::promise_with(module_path!(), stringify!($name), &$tool, $name)),*]
        }
    };
}
pub(crate) use trials;

/// A trial that fails when `run` panics.
pub fn promise(module: &str, name: &str, run: fn()) -> Trial {
    Trial::test(title(module, name), move || {
        run();
        Ok(())
    })
}

/// A trial that needs a tool: ignored with the reason where the tool is absent, failed when all must be there.
pub fn promise_with(module: &str, name: &str, tool: &'static tools::Tool, run: fn()) -> Trial {
    Trial::ignorable_test(title(module, name), move || match tool.missing() {
        Some(reason) if tools::all_required() => Err(Failed::from(reason)),
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            run();
            Ok(Completion::Completed)
        }
    })
}

/// `federation: a post to an aspect reaches its members`.
fn title(module: &str, name: &str) -> String {
    let family = module.split_once("::").map_or(module, |(_, rest)| rest);
    format!("{}: {}", family.replace("::", " "), name.replace('_', " "))
}

//! The targets of the fuzzer (`fuzz/`), fed with what it once found and with its seeds: one trial a target.

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

/// Every target keeps its promises, and every folder has a target.
pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = targets::ALL.iter().map(|(name, target)| trial(name, *target)).collect();
    trials.push(crate::support::promise(module_path!(), "every_folder_has_a_target", every_folder_has_a_target));
    trials
}

fn trial(name: &'static str, target: targets::Target) -> Trial {
    Trial::test(format!("fuzz: {name} keeps its promises with all that was found"), move || {
        let found: Vec<PathBuf> = inputs("corpus", name).into_iter().chain(inputs("regressions", name)).collect();
        assert!(!found.is_empty(), "fuzz/corpus/{name} holds the first things to try");
        for input in found {
            let bytes = std::fs::read(&input).expect("a file");
            let broken = std::panic::catch_unwind(|| target(&bytes)).is_err();
            assert!(!broken, "{} breaks {name}", input.display());
        }
        Ok(())
    })
}

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(of)
}

fn inputs(of: &str, name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(of).join(name)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn every_folder_has_a_target() {
    for of in ["corpus", "regressions"] {
        for entry in std::fs::read_dir(folder(of)).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir())
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(targets::ALL.iter().any(|(known, _)| *known == name), "fuzz/{of}/{name} has no target");
        }
    }
}

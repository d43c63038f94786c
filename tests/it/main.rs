//! What users and other pods are promised, tried on the real program with real sockets and a real database.
//!
//! One binary, so that the whole is linked once. Each module is a family of promises and hands in its `trials()`;
//! the name of a trial is the promise.

mod account;
mod acme;
mod archive;
mod backup;
mod boot;
mod browser;
mod cases;
mod census;
mod cli;
mod clock;
mod composer;
mod conversations;
mod crash;
mod doctor;
mod documents;
mod door;
mod evaders;
mod face;
mod faults;
mod federation;
mod filled;
mod floods;
mod fuzz;
mod guesses;
mod habits;
mod hostile;
mod house;
mod import;
mod inbox;
mod info;
mod injected;
mod kept;
mod kills;
mod kinds;
mod large;
mod ledger;
mod looks;
mod machines;
mod memory;
mod net;
mod notices;
mod pages;
mod peers;
mod photos;
mod pictures;
mod podmin_hostile;
mod power;
mod previews;
mod receipts;
mod repair;
mod replay;
mod room;
mod router;
mod screens;
mod script;
mod search;
mod service;
mod strangers;
mod streams;
mod stuck;
mod support;
mod surfaces;
mod tenants;
mod tls;
mod told;
mod undone;
mod vault;
mod vectors;
mod words;

use libtest_mimic::{Arguments, Trial};

/// Most trials wait for pods more than they compute.
const THREADS: usize = 6;

fn main() -> std::process::ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let families: Vec<Vec<Trial>> = vec![
        account::trials(),
        acme::trials(),
        acme::more_trials(),
        archive::trials(),
        backup::trials(),
        backup::hostile::trials(),
        boot::trials(),
        browser::trials(),
        cases::trials(),
        census::trials(),
        cli::trials(),
        clock::trials(),
        composer::trials(),
        conversations::trials(),
        crash::trials(),
        doctor::trials(),
        documents::trials(),
        door::trials(),
        door::bodies::trials(),
        door::lines::trials(),
        door::readers::trials(),
        evaders::trials(),
        door::watched::trials(),
        face::trials(),
        faults::trials(),
        faults::mounted::trials(),
        federation::trials(),
        filled::trials(),
        floods::trials(),
        fuzz::trials(),
        guesses::trials(),
        habits::trials(),
        hostile::trials(),
        house::trials(),
        import::trials(),
        import::more_trials(),
        info::trials(),
        inbox::trials(),
        injected::trials(),
        kept::trials(),
        kills::trials(),
        kinds::trials(),
        large::trials(),
        ledger::trials(),
        looks::trials(),
        machines::trials(),
        memory::trials(),
        memory::grouped::trials(),
        net::trials(),
        notices::trials(),
        pages::trials(),
        peers::trials(),
        photos::trials(),
        pictures::trials(),
        podmin_hostile::trials(),
        power::trials(),
        previews::trials(),
        receipts::trials(),
        repair::trials(),
        replay::trials(),
        room::trials(),
        screens::trials(),
        router::trials(),
        script::trials(),
        search::trials(),
        service::trials(),
        strangers::trials(),
        streams::trials(),
        stuck::trials(),
        surfaces::trials(),
        tenants::trials(),
        tls::trials(),
        tls::more_trials(),
        told::trials(),
        undone::trials(),
        vault::trials(),
        vectors::trials(),
        words::trials(),
    ];
    libtest_mimic::run(&arguments, families.into_iter().flatten().collect()).exit_code()
}

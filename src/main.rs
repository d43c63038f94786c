//! The program: everything it does is in the library.
#![deny(unsafe_code)]

fn main() -> std::process::ExitCode {
    #[cfg(target_env = "gnu")]
    keep_little();
    pappus::cli::main()
}

/// Asks glibc to give back what is freed. By itself it gives each thread a heap of its own, and once a large block was
/// freed it takes large ones from the heap, too, where small ones keep them from being given back: twelve sign-ins,
/// each of which needs 7 MiB for a moment, left 76 MB, and 5 MB with this (mallopt(3), "M_MMAP_THRESHOLD").
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)] // A call into the C library with two numbers, before there are threads.
fn keep_little() {
    // SAFETY: mallopt takes numbers, keeps nothing, and says no to those that it does not know.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 << 10);
    }
}

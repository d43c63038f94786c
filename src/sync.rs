//! Threads that share something.

use std::sync::{Mutex, MutexGuard};

/// What a mutex guards, also when somebody panicked with it in hand: one request that fails must not take the others with
/// it, and nothing here is left half changed where it may panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

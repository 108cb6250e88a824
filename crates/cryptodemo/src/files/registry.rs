//! Temporary files that exist at the moment, so that a signal removes them.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};

/// Exit code after SIGINT, SIGTERM or SIGHUP: that of shells after SIGINT.
const INTERRUPTED: i32 = 130;

static TEMPORARY: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// Locks the registry. Files are made, renamed and removed while it is locked, so that the signal's thread never
/// sees a file that it does not know, nor removes one that has just become the destination.
pub(super) fn lock() -> Registry {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        // Fails only if the program has a handler of its own; that one ends the process its own way.
        let _ = ctrlc::set_handler(remove_all_and_exit);
    });
    Registry(locked())
}

pub(super) struct Registry(MutexGuard<'static, HashSet<PathBuf>>);

impl Registry {
    pub(super) fn add(&mut self, path: &Path) {
        self.0.insert(path.to_owned());
    }

    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }
}

/// A panic elsewhere leaves the set whole: each of its changes is one call.
fn locked() -> MutexGuard<'static, HashSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove_all_and_exit() {
    // The lock is kept until the process is gone: no file can be made after these are removed.
    let temporary = locked();
    for path in temporary.iter() {
        let _ = fs::remove_file(path);
    }
    std::process::exit(INTERRUPTED);
}

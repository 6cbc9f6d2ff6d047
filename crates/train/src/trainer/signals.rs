//! SIGINT and SIGTERM as a polite request to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// While this lives, a first signal sets a flag and a second one ends the process.
pub(super) struct Signals {
    seen: Arc<AtomicBool>,
    ids: Vec<SigId>,
}

impl Signals {
    /// Listens, if asked to. Where a handler cannot be installed, signals keep their default meaning.
    pub(super) fn listen(wanted: bool) -> Self {
        let seen = Arc::new(AtomicBool::new(false));
        let mut ids = Vec::new();
        if wanted {
            for signal in [SIGINT, SIGTERM] {
                // In this order: the shutdown looks at the flag before the same signal sets it.
                ids.extend(flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&seen)));
                ids.extend(flag::register(signal, Arc::clone(&seen)));
            }
        }
        Self { seen, ids }
    }

    /// Whether one has come.
    pub(super) fn came(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}

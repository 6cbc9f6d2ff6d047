//! The Parquet reader panics on some damaged files; here a panic becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic in it is an error like any other (the panic hook still reports it).
///
/// `work` may only touch what is dropped or unchanged when it ends, which is all that the readers here do: they hold a file
/// that is never written to, and buffers of their own. A build with `panic = "abort"` is not protected.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(format!("the file is damaged: {message}"))
    })
}

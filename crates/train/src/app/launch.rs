//! The frame of an app's `main`.

use std::process::ExitCode;

use crate::user_error::exit_code;

/// Sends the logs to standard error (level `RUST_LOG`, else warnings), runs `work`, and turns its error into a line for the reader and
/// an exit code: 0 done, 1 failed, 2 the user can put it right.
#[allow(clippy::print_stderr)] // the last word of an app
pub fn launch(work: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

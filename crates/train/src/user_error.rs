//! Whose mistake an error is: what the user can put right exits with 2, what failed with 1.

use std::fmt;

use anyhow::Error;

use crate::TrainError;

/// An error that the user can put right: a file, a key, an argument.
#[derive(Debug)]
pub struct UserError(pub Error);

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The whole chain: what is underneath is not reported a second time, see `source`.
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for UserError {}

/// Marks an error as the user's to put right.
pub fn user(error: Error) -> Error {
    UserError(error).into()
}

/// The exit code of an app: 2 where the user can put it right, else 1.
pub fn exit_code(error: &Error) -> u8 {
    let is_users = error.chain().any(|cause| {
        cause.is::<UserError>() || cause.downcast_ref::<TrainError>().is_some_and(TrainError::is_user_error)
    });
    if is_users { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn context_around_a_user_error_keeps_it_the_users() {
        assert_eq!(exit_code(&user(anyhow!("no such folder")).context("reading the gallery")), 2);
        assert_eq!(exit_code(&anyhow!("the disk is full").context("writing")), 1);
    }

    #[test]
    fn the_message_holds_the_whole_chain_once() {
        let error = user(anyhow!("line 3: no comma").context("captions.csv"));
        assert_eq!(format!("{error:#}"), "captions.csv: line 3: no comma");
    }
}

//! Why a request failed, and what is left of it.

use std::fmt;

use crate::find::Unseen;

/// Why changes were not made, and what became of those that were.
#[derive(Debug)]
pub(crate) struct NotMade {
    pub reason: String,
    pub left: Left,
}

/// What is left of an attempt that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Everything is as it was before.
    Nothing,
    /// Nothing that is known, and yet a policy may turn up that AWS did not list.
    MayAppear,
    /// Exactly this.
    This(String),
}

impl NotMade {
    /// Nothing was written.
    pub(crate) fn untouched(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            left: Left::Nothing,
        }
    }

    /// Nothing is known to be left, and yet a policy may turn up.
    pub(crate) fn may_appear(reason: impl ToString) -> Self {
        Self {
            left: Left::MayAppear,
            ..Self::untouched(reason)
        }
    }

    /// A policy may be left, but could not be looked for, or was found and could not be read.
    pub(crate) fn perhaps(reason: String, name: &str, unseen: &Unseen) -> Self {
        let Unseen { found, error } = unseen;
        let left = match found {
            None => format!("perhaps the policy `{name}`, which could not be looked for ({error})"),
            Some(listed) => format!(
                "perhaps the policy `{name}` ({}), which could not be read ({error})",
                listed.id
            ),
        };
        Self {
            left: Left::This(left),
            ..Self::untouched(reason)
        }
    }
}

impl fmt::Display for NotMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.left {
            Left::Nothing | Left::MayAppear => {
                write!(f, "{}; everything is as it was before", self.reason)
            }
            Left::This(left) => write!(f, "{}; left behind: {left}", self.reason),
        }
    }
}

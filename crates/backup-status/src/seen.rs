//! What was seen, and what could not be.

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    There(T),
    /// It is not there.
    Missing,
    /// It could not be looked for, for this reason.
    Unknown(String),
}

impl<T> Seen<T> {
    /// What is there.
    pub fn there(&self) -> Option<&T> {
        match self {
            Seen::There(found) => Some(found),
            Seen::Missing | Seen::Unknown(_) => None,
        }
    }
}

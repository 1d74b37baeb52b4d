//! How a key is written in the result. Keys are the same in whatever letter case; what is shown
//! depends on the type of policy.

use crate::grammar::{BACKUP_POLICY, Key, Name, Node};
use crate::language;

/// The place in the policy language, as far as it matters to spelling.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    /// The root of a backup policy.
    Root,
    /// A place in a backup policy.
    At(&'static Node),
    /// Below a key that backup policies do not have.
    AsWritten,
    /// Every other type of policy: recorded results have keys in lower case.
    Lower,
}

impl Spelling {
    pub(super) fn of(policy_type: &str) -> Spelling {
        if policy_type == BACKUP_POLICY {
            Spelling::Root
        } else {
            Spelling::Lower
        }
    }

    /// Whether the language has keys here and no value.
    pub(super) fn has_keys(self) -> bool {
        matches!(
            self,
            Spelling::Root | Spelling::At(Node::Keys(..) | Node::Names(..))
        )
    }

    /// Whether the language has a value here and no keys.
    pub(super) fn has_value(self) -> bool {
        matches!(self, Spelling::At(Node::Scalar(_) | Node::List(..)))
    }

    /// How a key is shown that stands here, and the place below it.
    pub(super) fn key(self, key: &str) -> (String, Spelling) {
        match self {
            Spelling::Root => fixed(language::ROOT, key),
            Spelling::At(Node::Keys(keys, _)) => fixed(keys, key),
            Spelling::At(Node::Names(name, inner, _)) => {
                let shown = match name {
                    // As in AWS's documented examples.
                    Name::Rule | Name::Selection => key.to_lowercase(),
                    Name::Plan | Name::Condition | Name::Tag | Name::CopyVault => key.to_owned(),
                };
                (shown, Spelling::At(inner))
            }
            Spelling::At(Node::Scalar(_) | Node::List(..)) | Spelling::AsWritten => {
                (key.to_owned(), Spelling::AsWritten)
            }
            Spelling::Lower => (key.to_lowercase(), Spelling::Lower),
        }
    }
}

fn fixed(keys: &'static [Key], key: &str) -> (String, Spelling) {
    match keys
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(key))
    {
        Some(known) => (known.name.to_owned(), Spelling::At(known.node)),
        None => (key.to_owned(), Spelling::AsWritten),
    }
}

//! AWS's policy inheritance: what an account gets from all policies above it.
//!
//! A policy is read once into [`fragment`]s. Going down the tree, every unit and account merges
//! its own fragments into what it inherits ([`merge`]), which shares everything that it does not
//! change; who has no policies of its own has the result of the unit above. The rules, and what is
//! known about each of them, are in `docs/effective-policies.md`.

mod control;
pub(crate) mod fragment;
mod merge;
mod spelling;
mod walk;

pub(crate) use control::Controls;
pub use walk::{AccountPolicy, EffectivePolicies, Level};

use std::sync::Arc;

use serde_json::Value;

use crate::effective::Node;
use crate::organization::error::{At, Errors};
use fragment::Fragment;
use merge::{Peer, merge};

/// The id of a policy, shared by everything that came from it.
pub type PolicyId = Arc<str>;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// How far down the tree the policy is attached: 0 is the root, and the account itself comes
    /// after the last unit above it. It is an index into [`AccountPolicy::levels`].
    pub level: usize,
    /// The policy.
    pub policy: PolicyId,
}

/// A policy merged with no other. What is malformed in it is left out.
pub(crate) fn alone(policy_type: &str, content: &Value) -> Arc<Node> {
    let fragment = Fragment::read(policy_type, content, &At::WHOLE, &mut Errors::default());
    let origin = Origin {
        level: 0,
        policy: PolicyId::from(""),
    };
    let peer = Peer {
        origin: &origin,
        fragment: &fragment,
    };
    merge(None, &[peer])
}

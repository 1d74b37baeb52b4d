//! What the table of the policy language ([`crate::language`]) is made of.

pub(crate) mod names;

use crate::validate::cursor::Cursor;
use crate::validate::report::Report;

/// The type of the policies that are written in this language.
pub const BACKUP_POLICY: &str = "BACKUP_POLICY";

/// What else must hold for an object, once its members were looked at. It gets the keys that can
/// stand there.
pub(crate) type Check = Option<fn(&Cursor<'_>, &[Key], &mut Report)>;

/// What may stand at one place of the tree.
pub(crate) enum Node {
    /// An object with these keys and no others.
    Keys(&'static [Key], Check),
    /// An object whose keys the author chooses.
    Names(Name, &'static Node, Check),
    /// One value: `{"@@assign": "..."}`.
    Scalar(Kind),
    /// A list of values, which takes every operator.
    List(Kind, Empty),
}

/// A fixed key. Letter case does not matter to AWS.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// Whether AWS refuses the object without it. (What is needed only in the *effective*
    /// policy is not: another policy may bring it.)
    pub(crate) required: bool,
    pub(crate) node: &'static Node,
}

/// What the names in a [`Node::Names`] look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Plan,
    Rule,
    Selection,
    Condition,
    /// The tags' map keys: AWS compares them with `tag_key`.
    Tag,
    /// The ARN of a vault that copies go to.
    CopyVault,
}

/// Whether AWS accepts an empty list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    Allowed,
    Refused,
}

/// What a value means, and so what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Region,
    Schedule,
    VaultName,
    CopyVaultArn,
    AirGappedVaultArn,
    RoleArn,
    Minutes,
    Days,
    Boolean,
    OneOf(&'static [&'static str]),
    TagKey,
    SelectedTagKey,
    TagValue,
    SelectedTagValue,
    ResourceType,
    ConditionKey,
    ConditionValue,
}

/// Whether one of the keys has this name, in whatever letter case.
pub(crate) fn is_among(keys: &[Key], name: &str) -> bool {
    keys.iter()
        .any(|known| known.name.eq_ignore_ascii_case(name))
}

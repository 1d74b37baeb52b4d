//! The operators of the inheritance language, as keys of an object.

/// What a key beginning with `@@` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Assign,
    Append,
    Remove,
    /// `@@operators_allowed_for_child_policies`
    Controls,
}

/// What may be listed in `@@operators_allowed_for_child_policies`.
pub(crate) const CONTROLS: &[&str] = &["@@all", "@@assign", "@@append", "@@remove", "@@none"];

impl Operator {
    pub(crate) const ALL: [Operator; 4] = [
        Operator::Assign,
        Operator::Append,
        Operator::Remove,
        Operator::Controls,
    ];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Operator::Assign => "@@assign",
            Operator::Append => "@@append",
            Operator::Remove => "@@remove",
            Operator::Controls => "@@operators_allowed_for_child_policies",
        }
    }

    /// The operator that a key stands for; letter case does not matter to AWS.
    pub(crate) fn of(key: &str) -> Option<Operator> {
        Operator::ALL
            .into_iter()
            .find(|operator| operator.key().eq_ignore_ascii_case(key))
    }
}

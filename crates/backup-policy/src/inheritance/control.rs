//! What a policy lets the levels below it do.

use crate::operator::Operator;

/// A set of the operators `@@assign`, `@@append` and `@@remove`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Controls(u8);

impl Controls {
    pub(crate) const ALL: Controls = Controls(0b111);
    pub(crate) const NONE: Controls = Controls(0);

    /// What one word of `@@operators_allowed_for_child_policies` allows, in whatever letter case.
    pub(crate) fn of(word: &str) -> Option<Controls> {
        match word.to_ascii_lowercase().as_str() {
            "@@all" => Some(Controls::ALL),
            "@@none" => Some(Controls::NONE),
            "@@assign" => Some(Controls(0b001)),
            "@@append" => Some(Controls(0b010)),
            "@@remove" => Some(Controls(0b100)),
            _ => None,
        }
    }

    pub(crate) fn or(self, other: Controls) -> Controls {
        Controls(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Controls) -> Controls {
        Controls(self.0 & other.0)
    }

    pub(crate) fn allow(self, operator: Operator) -> bool {
        let bit = match operator {
            Operator::Assign => 0b001,
            Operator::Append => 0b010,
            Operator::Remove => 0b100,
            Operator::Controls => 0,
        };
        self.0 & bit != 0
    }
}

//! What a document would back up if no other policy were there.

use std::sync::Arc;

use super::cursor::Cursor;
use super::report::Report;
use crate::code::Code;
use crate::effective::{Node, Plan, Warning, warnings};
use crate::grammar::BACKUP_POLICY;
use crate::inheritance::alone;

/// Warns of what backs up nothing: the same judge as for a merged policy. What another policy may
/// bring is reported as missing only where the document has nothing in its place.
pub(super) fn check(root: &Cursor<'_>, report: &mut Report) {
    let merged: Arc<Node> = alone(BACKUP_POLICY, root.value);
    let plans = merged.get(&["plans"]).into_iter().flat_map(Node::children);
    for warning in plans.flat_map(|node| warnings(&Plan { node })) {
        // What is looked at where it stands.
        let is_known = matches!(
            warning.code,
            Code::VaultDefault
                | Code::RoleArnInvalid
                | Code::PartitionsDiffer
                | Code::WindowsDisagree
                | Code::ColdStorageTooShort
        );
        if !is_known && is_missing(root, &warning) {
            put(root, warning, report);
        }
    }
}

fn is_missing(root: &Cursor<'_>, warning: &Warning) -> bool {
    let Some(lacks) = &warning.lacks else {
        return true;
    };
    let mut at = root.clone();
    for key in lacks {
        if at.is_unknown() || at.has_unknown_key() {
            return false;
        }
        match at.get(key) {
            Some(inner) => at = inner,
            None => return true,
        }
    }
    false
}

fn put(root: &Cursor<'_>, warning: Warning, report: &mut Report) {
    let mut at = root.clone();
    for key in &warning.path {
        match at.get(key) {
            Some(inner) => at = inner,
            None => break,
        }
    }
    let help = match warning.lacks {
        Some(_) => format!("{}, unless another policy brings it", warning.help),
        None => warning.help,
    };
    match at.assigned() {
        Some(value) => report.value(warning.code, &value, warning.message, help),
        None => report.key(warning.code, &at, warning.message, help),
    }
}

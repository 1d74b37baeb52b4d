//! Selections: what a plan backs up, and as whom.

use super::cursor::Cursor;
use super::plan::quota;
use super::report::Report;
use super::suggest;
use crate::code::Code;
use crate::grammar::Key;

/// How many there may be, by AWS Backup's quotas.
pub(crate) const SELECTIONS: usize = 100;
pub(crate) const TAG_SELECTIONS: usize = 10;
pub(crate) const TAG_VALUES: usize = 30;
pub(crate) const CONDITIONS: usize = 30;

/// All selections of a plan.
pub(crate) fn check_selections(selections: &Cursor<'_>, _: &[Key], report: &mut Report) {
    let count = |key: &str| selections.get(key).map_or(0, |kind| kind.named().count());
    let (tags, resources) = (count("tags"), count("resources"));
    if tags > 0 && resources > 0 {
        report.key(
            Code::SelectionsExclusive,
            selections,
            "the plan selects by `tags` and by `resources`".into(),
            "the documentation allows one of them: use a plan for each, or `conditions` on the \
             resources"
                .into(),
        );
    }
    quota(
        "selections by tag in one plan",
        tags,
        TAG_SELECTIONS,
        selections,
        report,
    );
    quota(
        "selections in one plan",
        tags + resources,
        SELECTIONS,
        selections,
        report,
    );
}

/// One selection by tag.
pub(crate) fn check_tag_selection(selection: &Cursor<'_>, _: &[Key], report: &mut Report) {
    check_role(selection, report);
    if let Some(values) = selection.get("tag_value") {
        let count = values.assigned().map_or(0, |list| list.elements().count());
        quota(
            "tag values in one selection",
            count,
            TAG_VALUES,
            &values,
            report,
        );
    }
}

/// One selection by resource type.
pub(crate) fn check_resource_selection(selection: &Cursor<'_>, keys: &[Key], report: &mut Report) {
    check_role(selection, report);
    let lacks = |key: &str| suggest::lacks(selection, key, keys);
    if lacks("resource_types") && lacks("conditions") {
        report.key(
            Code::SelectionEmpty,
            selection,
            "the selection has neither `resource_types` nor `conditions`".into(),
            "write `\"resource_types\": {\"@@assign\": [\"*\"]}` for everything".into(),
        );
    }
}

/// The conditions of one selection.
pub(crate) fn check_conditions(conditions: &Cursor<'_>, _: &[Key], report: &mut Report) {
    let count = conditions
        .named()
        .map(|(_, kind)| kind.named().count())
        .sum();
    quota(
        "conditions in one selection",
        count,
        CONDITIONS,
        conditions,
        report,
    );
}

fn check_role(selection: &Cursor<'_>, report: &mut Report) {
    if selection.get("iam_role_arn").is_none() {
        report.key(
            Code::SelectionWithoutRole,
            selection,
            "the selection has no `iam_role_arn` of its own".into(),
            "without a role, from here or from another policy, nothing can be backed up".into(),
        );
    }
}

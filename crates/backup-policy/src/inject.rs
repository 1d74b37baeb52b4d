//! Regions that come from outside the document.

use serde_json::{Value, json};

use crate::document::Document;

/// Characters of Regions that are put into one document: ten times what AWS allows a whole policy.
/// Our choice, so that the work is bounded.
const MOST_CHARACTERS: usize = 100_000;

/// Gives every plan that has no `regions` of its own the given Regions.
///
/// Keys are compared without regard to letter case, as AWS does. Returns the names of the
/// plans that were changed, in order. An empty list of Regions changes nothing, and so does
/// a document that has no plans. A document that is ten times too large for AWS gets no more of them.
///
/// # Example
/// ```
/// use backup_policy::{Document, inject_regions};
/// let mut document = Document::parse(r#"{"plans":{"daily":{}}}"#)?;
/// assert_eq!(inject_regions(&mut document, &["eu-west-1".into()]), ["daily"]);
/// assert_eq!(
///     document.minified(),
///     r#"{"plans":{"daily":{"regions":{"@@assign":["eu-west-1"]}}}}"#
/// );
/// # Ok::<(), backup_policy::ParseError>(())
/// ```
pub fn inject_regions(document: &mut Document, regions: &[String]) -> Vec<String> {
    let mut changed = Vec::new();
    if regions.is_empty() {
        return changed;
    }
    let given = json!({ "@@assign": regions });
    let each = given.to_string().len();
    let mut left = MOST_CHARACTERS;
    for (name, plan) in members_mut(&mut document.value)
        .filter(|(key, _)| key.eq_ignore_ascii_case("plans"))
        .flat_map(|(_, plans)| members_mut(plans))
    {
        let Value::Object(plan) = plan else { continue };
        let is_plan = !name.starts_with("@@");
        if is_plan && !plan.keys().any(|key| key.eq_ignore_ascii_case("regions")) {
            plan.insert("regions".into(), given.clone());
            changed.push(name.clone());
            left = left.saturating_sub(each);
            if left == 0 {
                break;
            }
        }
    }
    changed
}

fn members_mut(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, changed: &[&str], after: &str) {
        let mut document = Document::parse(before).unwrap();
        let regions = ["eu-west-1".to_owned(), "eu-west-2".to_owned()];
        assert_eq!(inject_regions(&mut document, &regions), changed);
        assert_eq!(document.minified(), after);
        assert_eq!(
            inject_regions(&mut document, &regions),
            Vec::<String>::new()
        );
    }

    #[test]
    fn only_plans_without_regions_change() {
        check(
            r#"{"plans":{"a":{"REGIONS":{}},"b":{"rules":{}},"@@operators_allowed_for_child_policies":["@@none"]}}"#,
            &["b"],
            r#"{"plans":{"a":{"REGIONS":{}},"b":{"rules":{},"regions":{"@@assign":["eu-west-1","eu-west-2"]}},"@@operators_allowed_for_child_policies":["@@none"]}}"#,
        );
    }

    #[test]
    fn fixed_keys_are_found_in_any_letter_case() {
        check(
            r#"{"Plans":{"a":{}}}"#,
            &["a"],
            r#"{"Plans":{"a":{"regions":{"@@assign":["eu-west-1","eu-west-2"]}}}}"#,
        );
    }

    #[test]
    fn what_is_not_a_plan_stays() {
        check("[1]", &[], "[1]");
        check(r#"{"plans":{"a":1}}"#, &[], r#"{"plans":{"a":1}}"#);
        check(r#"{"plans":[{}]}"#, &[], r#"{"plans":[{}]}"#);
    }

    #[test]
    fn a_document_that_is_ten_times_too_large_gets_no_more_regions() {
        let plans: Vec<String> = (0..20_000).map(|n| format!("\"p{n}\":{{}}")).collect();
        let text = format!("{{\"plans\":{{{}}}}}", plans.join(","));
        let mut document = Document::parse(&text).unwrap();
        let changed = inject_regions(&mut document, &["eu-west-1".to_owned()]);
        assert!(!changed.is_empty() && changed.len() < plans.len());
        let added = document.minified().len() - text.len();
        assert!(added > 10 * crate::MAX_CHARACTERS, "{added}");
    }
}

//! The conditions of a template: true, false, or not known before deployment.

use backup_policy::UNKNOWN;
use serde_json::Value;

use super::intrinsics::Scope;

/// How deep conditions may refer to each other.
const DEEPEST: usize = 64;

/// The condition with a name.
pub(super) fn named(scope: &Scope<'_>, name: &str, depth: usize) -> Option<bool> {
    let condition = scope.template.get("Conditions")?.get(name)?;
    evaluate(scope, condition, depth + 1)
}

fn evaluate(scope: &Scope<'_>, condition: &Value, depth: usize) -> Option<bool> {
    if depth > DEEPEST {
        return None;
    }
    let (function, argument) = condition.as_object()?.iter().next()?;
    if function == "Condition" {
        return named(scope, argument.as_str()?, depth);
    }
    let arguments = argument.as_array()?;
    let mut each = arguments
        .iter()
        .map(|argument| evaluate(scope, argument, depth + 1));
    match function.as_str() {
        "Fn::Equals" => {
            let [one, other] = arguments.as_slice() else {
                return None;
            };
            let (one, other) = (scope.plain(one, depth)?, scope.plain(other, depth)?);
            (is_known(&one) && is_known(&other)).then(|| text(&one) == text(&other))
        }
        "Fn::Not" => each.next()?.map(|known| !known),
        // One known value can decide, whatever the others are.
        "Fn::And" => {
            let values: Vec<Option<bool>> = each.collect();
            if values.contains(&Some(false)) {
                Some(false)
            } else {
                all_known(&values).map(|()| true)
            }
        }
        "Fn::Or" => {
            let values: Vec<Option<bool>> = each.collect();
            if values.contains(&Some(true)) {
                Some(true)
            } else {
                all_known(&values).map(|()| false)
            }
        }
        _ => None,
    }
}

fn all_known(values: &[Option<bool>]) -> Option<()> {
    values.iter().all(Option::is_some).then_some(())
}

fn is_known(value: &Value) -> bool {
    !value.to_string().contains(UNKNOWN)
}

/// CloudFormation compares texts: `1` and `"1"` are equal.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameters;
    use serde_json::json;

    #[test]
    fn known_parts_decide_where_they_can() {
        let template = json!({
            "Parameters": {"Open": {"Type": "String"}},
            "Conditions": {
                "Yes": {"Fn::Equals": [1, "1"]},
                "No": {"Fn::Not": [{"Condition": "Yes"}]},
                "Open": {"Fn::Equals": [{"Ref": "Open"}, "1"]},
                "And": {"Fn::And": [{"Condition": "Open"}, {"Condition": "No"}]},
                "AndOpen": {"Fn::And": [{"Condition": "Open"}, {"Condition": "Yes"}]},
                "Or": {"Fn::Or": [{"Condition": "Open"}, {"Condition": "Yes"}]},
                "Loop": {"Condition": "Loop"},
            },
        });
        let parameters = Parameters::default();
        let scope = Scope::new(&template, &parameters);
        for (name, expected) in [
            ("Yes", Some(true)),
            ("No", Some(false)),
            ("Open", None),
            ("And", Some(false)),
            ("AndOpen", None),
            ("Or", Some(true)),
            ("Loop", None),
            ("Missing", None),
        ] {
            assert_eq!(named(&scope, name, 0), expected, "{name}");
        }
    }
}

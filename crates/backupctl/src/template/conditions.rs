//! The conditions of a template: true, false, or not known before deployment.

use std::collections::HashMap;

use serde_json::Value;

use super::intrinsics::{Scope, is_known};
use super::open::Need;

/// How deep conditions may refer to each other.
const DEEPEST: usize = 256;

/// The conditions whose outcome was found out, each with what it needs that is not known.
pub(super) type Known = HashMap<String, (Option<bool>, Vec<Need>)>;

/// The condition with a name. Each is evaluated once: it may stand in another twice, and that one
/// in a third.
pub(super) fn named(scope: &Scope<'_>, name: &str, depth: usize) -> Option<bool> {
    let condition = scope.template.get("Conditions")?.get(name)?;
    let known = scope.conditions.borrow().get(name).cloned();
    let (outcome, needs) = known.unwrap_or_else(|| {
        let asked = scope.take_needs();
        // One that refers to itself finds this.
        let itself = (None, Vec::new());
        scope
            .conditions
            .borrow_mut()
            .insert(name.to_owned(), itself);
        let outcome = evaluate(scope, condition, depth + 1);
        let needs = scope.take_needs();
        asked.into_iter().for_each(|need| scope.need(need));
        let found = (outcome, needs);
        let mut conditions = scope.conditions.borrow_mut();
        conditions.insert(name.to_owned(), found.clone());
        found
    });
    needs.into_iter().for_each(|need| scope.need(need));
    outcome
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
        // Each condition of forty is the one before, twice.
        let mut chain = serde_json::Map::new();
        chain.insert("C0".into(), json!({"Fn::Equals": [{"Ref": "Open"}, "1"]}));
        for index in 1..40 {
            let before = json!({"Condition": format!("C{}", index - 1)});
            chain.insert(format!("C{index}"), json!({"Fn::And": [before, before]}));
        }
        let long = json!({"Parameters": {"Open": {"Type": "String"}}, "Conditions": chain});
        let given = Parameters::parse(r#"{"Open": "1"}"#).unwrap();
        assert_eq!(named(&Scope::new(&long, &given), "C39", 0), Some(true));
        assert_eq!(named(&Scope::new(&long, &parameters), "C39", 0), None);
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

//! Values with their operators, and the operators that stand elsewhere.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cursor::Cursor;
use super::report::Report;
use super::{scalar, suggest};
use crate::code::Code;
use crate::grammar::{Empty, Kind};
use crate::operator::{CONTROLS, Operator};

/// A key that begins with `@@` where there is no value for it to work on.
pub(super) fn operator_on_container(key: &str, at: &Cursor<'_>, report: &mut Report) {
    match Operator::of(key) {
        Some(Operator::Controls) => controls(at, report),
        Some(_) => report.key(
            Code::OperatorMisplaced,
            at,
            format!("`{key}` stands at an object, and works on values only"),
            "put it at the values inside; here only `@@operators_allowed_for_child_policies` can \
             stand"
                .into(),
        ),
        None => unknown_operator(key, at, report),
    }
}

/// A key that looks like an operator, or stands where only operators can.
pub(super) fn unknown_operator(key: &str, at: &Cursor<'_>, report: &mut Report) {
    let known = Operator::ALL.map(Operator::key);
    let message = format!("`{key}` is not an operator");
    report.key(
        Code::OperatorUnknown,
        at,
        message,
        suggest::among(key, known),
    );
}

/// A value with its operators.
pub(super) fn leaf(
    at: &Cursor<'_>,
    report: &mut Report,
    mut check: impl FnMut(Operator, &Cursor<'_>, &mut Report),
) {
    if !at.value.is_object() {
        let message = "a value stands here without an operator".to_owned();
        let help = match at.value.to_string() {
            short if short.len() <= 60 => format!("write `{{\"@@assign\": {short}}}`"),
            _ => "write `{\"@@assign\": ...}`".into(),
        };
        report.value(Code::OperatorMissing, at, message, help);
        return;
    }
    for (key, mut value) in at.members() {
        match Operator::of(key) {
            Some(Operator::Controls) => controls(&value, report),
            Some(operator) => {
                // The operator is no part of the path: people look for the value.
                value.path.clone_from(&at.path);
                check(operator, &value, report);
            }
            None => unknown_operator(key, &value, report),
        }
    }
    if at.members().next().is_none() {
        let message = "there is no operator here, so it has no effect".to_owned();
        report.key(
            Code::LeafEmpty,
            at,
            message,
            "give it `{\"@@assign\": ...}`".into(),
        );
    }
}

/// What an operator gives to a single value, or one element of a list.
pub(super) fn one_value(kind: Kind, value: &Cursor<'_>, report: &mut Report) {
    if value.is_unknown() {
        return;
    }
    match value.text() {
        Some(text) => scalar::check(kind, &text, value, report),
        None => report.key(
            Code::SingleValueExpected,
            value,
            "this takes a single value, not a list or an object".into(),
            "write `{\"@@assign\": \"...\"}`".into(),
        ),
    }
}

/// What an operator gives to a list.
pub(super) fn list(
    kind: Kind,
    empty: Empty,
    operator: Operator,
    at: &Cursor<'_>,
    report: &mut Report,
) {
    if at.is_unknown() {
        return;
    }
    let Value::Array(values) = at.value else {
        let help = match at.value.to_string() {
            short if short.len() <= 60 && !at.value.is_object() => {
                format!("write `{{\"{}\": [{short}]}}`", operator.key())
            }
            _ => format!("write `{{\"{}\": [...]}}`", operator.key()),
        };
        report.value(
            Code::ListExpected,
            at,
            "this takes a list of values".into(),
            help,
        );
        return;
    };
    if values.is_empty() && operator == Operator::Assign && empty == Empty::Refused {
        let message = "the list is empty".to_owned();
        report.key(
            Code::ListEmpty,
            at,
            message,
            "list at least one value".into(),
        );
    } else if values.is_empty() {
        let effect = if operator == Operator::Assign {
            "leaves nothing"
        } else {
            "does nothing"
        };
        let message = format!("`{}` with an empty list {effect}", operator.key());
        report.key(
            Code::ListWithoutEffect,
            at,
            message,
            "list a value, or take it out".into(),
        );
    }
    let mut seen = BTreeSet::new();
    for element in at.elements() {
        one_value(kind, &element, report);
        let Some(text) = element.text() else { continue };
        if !seen.insert(text.clone()) {
            let message = format!("`{text}` is in the list already");
            report.value(Code::ValueRepeated, &element, message, "take it out".into());
        }
    }
}

/// `@@operators_allowed_for_child_policies`.
pub(super) fn controls(at: &Cursor<'_>, report: &mut Report) {
    if at.is_unknown() {
        return;
    }
    let mut complain = |at: &Cursor<'_>, message: String, help: String| {
        report.value(Code::ControlsInvalid, at, message, help);
    };
    let Value::Array(values) = at.value else {
        let help = "write a list: `[\"@@none\"]`".to_owned();
        complain(
            at,
            "the operators that child policies may use are no list".into(),
            help,
        );
        return;
    };
    if values.is_empty() {
        let help = "write `[\"@@none\"]` to allow none".to_owned();
        complain(
            at,
            "the list of operators that child policies may use is empty".into(),
            help,
        );
    }
    let mut seen = Vec::new();
    for element in at.elements().filter(|element| !element.is_unknown()) {
        let text = element.text().unwrap_or_default();
        if !CONTROLS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&text))
        {
            let help = suggest::among(&text, CONTROLS.iter().copied());
            complain(
                &element,
                format!("`{text}` is not an operator that can be allowed"),
                help,
            );
        } else if text.eq_ignore_ascii_case("@@none") && values.len() > 1 {
            let help = "leave `@@none` alone in the list, or take it out".to_owned();
            complain(
                &element,
                "`@@none` is listed together with others".into(),
                help,
            );
        } else if seen.contains(&text) {
            complain(
                &element,
                format!("`{text}` is listed twice"),
                "take one out".into(),
            );
        }
        seen.push(text);
    }
}

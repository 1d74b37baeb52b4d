//! The way through the document, along the grammar.

use serde_json::Value;

use super::cursor::Cursor;
use super::report::Report;
use super::{plan, scalar, suggest};
use crate::code::Code;
use crate::grammar::{self, Empty, Key, Kind, Name, Node};
use crate::operator::{CONTROLS, Operator};

/// The root: exactly `plans`, and stray operators that AWS overlooks.
pub(super) fn root(at: &Cursor<'_>, report: &mut Report) {
    if at.is_unknown() || !is_object(at, report) {
        return;
    }
    if at.get("plans").is_none() {
        report.key(
            Code::PlansMissing,
            at,
            "the document has no `plans`".into(),
            "put the plans into `{\"plans\": {...}}`".into(),
        );
    }
    for (key, member) in at.members() {
        match Operator::of(key) {
            Some(Operator::Controls) => controls(&member, report),
            Some(_) if member.value.is_object() => report.key(
                Code::OperatorMisplaced,
                &member,
                format!("`{key}` stands at the root of the document"),
                "put operators at the values that they are for".into(),
            ),
            Some(_) => report.key(
                Code::RootOperator,
                &member,
                format!("`{key}` at the root of the document has no effect"),
                "take it out: operators belong to the values that they are for".into(),
            ),
            None => match grammar::ROOT
                .iter()
                .find(|known| known.name.eq_ignore_ascii_case(key))
            {
                Some(known) => self::key(known, key, &member, report),
                None => stray_root_key(key, &member, report),
            },
        }
    }
    collisions(at, report);
}

/// A key beside `plans`; most often a plan, so it is checked as one.
fn stray_root_key(key: &str, at: &Cursor<'_>, report: &mut Report) {
    if key.starts_with("@@") {
        unknown_operator(key, at, report);
        return;
    }
    let looks_like_a_plan = plan::looks_like_a_plan(at);
    let help = if looks_like_a_plan {
        format!("`{key}` looks like a plan: write `{{\"plans\": {{\"{key}\": ...}}}}`")
    } else {
        suggest::key(key, grammar::ROOT)
    };
    let message = format!("`{key}` is not a key of a backup policy");
    report.key(Code::KeyUnknown, at, message, help);
    if looks_like_a_plan {
        node(&grammar::PLAN, at, report);
    }
}

fn node(node: &Node, at: &Cursor<'_>, report: &mut Report) {
    if at.is_unknown() {
        return;
    }
    match node {
        Node::Keys(keys, check) => {
            if is_object(at, report) {
                members(keys, at, report);
                check.iter().for_each(|check| check(at, report));
            }
        }
        Node::Names(name, inner, check) => {
            if is_object(at, report) {
                named(*name, inner, at, report);
                check.iter().for_each(|check| check(at, report));
            }
        }
        Node::Scalar(kind) => leaf(at, report, |operator, value, report| match operator {
            Operator::Assign => one_value(*kind, value, report),
            _ => report.key(
                Code::OperatorMisplaced,
                value,
                format!(
                    "`{}` works on lists only, and this is a single value",
                    operator.key()
                ),
                "use `@@assign`".into(),
            ),
        }),
        Node::List(kind, empty) => leaf(at, report, |operator, value, report| {
            list(*kind, *empty, operator, value, report);
        }),
    }
}

/// An object with fixed keys.
fn members(keys: &[Key], at: &Cursor<'_>, report: &mut Report) {
    for (key, member) in at.members() {
        match keys
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(key))
        {
            Some(known) => self::key(known, key, &member, report),
            None if key.starts_with("@@") => operator_on_container(key, &member, report),
            None if key.contains(crate::UNKNOWN) => {}
            None => {
                let message = format!("`{key}` is not a key that can stand here");
                report.key(Code::KeyUnknown, &member, message, suggest::key(key, keys));
            }
        }
    }
    for required in keys
        .iter()
        .filter(|key| key.required && suggest::lacks(at, key.name, keys))
    {
        let message = format!("`{}` is missing", required.name);
        let help = "AWS demands it even where the policy only changes an inherited one";
        report.key(Code::KeyMissing, at, message, help.into());
    }
    collisions(at, report);
}

fn key(known: &Key, key: &str, at: &Cursor<'_>, report: &mut Report) {
    if known.name != key {
        let message = format!("`{key}` is written `{}` in the documentation", known.name);
        let help = "AWS overlooks letter case here; other tools do not".into();
        report.key(Code::KeyLetterCase, at, message, help);
    }
    node(known.node, at, report);
}

/// An object whose keys the author chooses.
fn named(name: Name, inner: &Node, at: &Cursor<'_>, report: &mut Report) {
    let misplaced = if name == Name::Plan {
        plan::check_level(at, report)
    } else {
        Vec::new()
    };
    for (key, member) in at.members() {
        if key.starts_with("@@") {
            operator_on_container(key, &member, report);
        } else if !misplaced.contains(&key) {
            scalar::check_name(name, key, &member, report);
            node(inner, &member, report);
        }
    }
    collisions(at, report);
}

/// Keys that differ in letter case only: AWS merges them.
fn collisions(at: &Cursor<'_>, report: &mut Report) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for (key, member) in at.members() {
        let lower = key.to_lowercase();
        match seen.iter().find(|(known, _)| *known == lower) {
            Some((_, first)) => report.key(
                Code::NamesCollide,
                &member,
                format!("`{key}` and `{first}` differ in letter case only, which AWS overlooks"),
                "give one of them another name".into(),
            ),
            None => seen.push((lower, key)),
        }
    }
}

/// A key that begins with `@@` where there is no value for it to work on.
fn operator_on_container(key: &str, at: &Cursor<'_>, report: &mut Report) {
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

fn unknown_operator(key: &str, at: &Cursor<'_>, report: &mut Report) {
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
fn leaf(
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
    let mut operators = 0;
    for (key, mut value) in at.members() {
        operators += 1;
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
    if operators == 0 {
        let message = "there is no operator here, so it has no effect".to_owned();
        report.key(
            Code::LeafEmpty,
            at,
            message,
            "give it `{\"@@assign\": ...}`".into(),
        );
    }
}

fn one_value(kind: Kind, value: &Cursor<'_>, report: &mut Report) {
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

fn list(kind: Kind, empty: Empty, operator: Operator, at: &Cursor<'_>, report: &mut Report) {
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
    let mut seen = Vec::new();
    for element in at.elements() {
        one_value(kind, &element, report);
        let Some(text) = element.text() else { continue };
        if seen.contains(&text) {
            let message = format!("`{text}` is in the list already");
            report.value(Code::ValueRepeated, &element, message, "take it out".into());
        }
        seen.push(text);
    }
}

/// `@@operators_allowed_for_child_policies`.
fn controls(at: &Cursor<'_>, report: &mut Report) {
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

fn is_object(at: &Cursor<'_>, report: &mut Report) -> bool {
    let is_object = at.value.is_object();
    if !is_object {
        let found = match at.value {
            Value::Array(_) => "a list",
            Value::Null => "null",
            _ => "a single value",
        };
        let message = format!("an object must stand here, and {found} does");
        report.value(Code::ObjectExpected, at, message, "write `{...}`".into());
    }
    is_object
}

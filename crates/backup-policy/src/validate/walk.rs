//! The way through the document, along the grammar.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cursor::{Cursor, is_unknown};
use super::report::Report;
use super::values::{controls, leaf, list, one_value, operator_on_container, unknown_operator};
use super::{plan, scalar, suggest};
use crate::code::Code;
use crate::grammar::{Key, Name, Node};
use crate::language;
use crate::operator::Operator;

/// The root: exactly `plans`, and stray operators that AWS overlooks.
pub(super) fn root(at: &Cursor<'_>, report: &mut Report) {
    if at.is_unknown() || !is_object(at, report) {
        return;
    }
    if suggest::lacks(at, "plans", language::ROOT) {
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
            None => match language::ROOT
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
    if is_unknown(key) {
        return;
    }
    let looks_like_a_plan = plan::looks_like_a_plan(at, language::PLAN_KEYS);
    let help = if looks_like_a_plan {
        format!("`{key}` looks like a plan: write `{{\"plans\": {{\"{key}\": ...}}}}`")
    } else {
        suggest::key(key, language::ROOT)
    };
    let message = format!("`{key}` is not a key of a backup policy");
    report.key(Code::KeyUnknown, at, message, help);
    if looks_like_a_plan {
        node(&language::PLAN, at, report);
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
                check.iter().for_each(|check| check(at, keys, report));
            }
        }
        Node::Names(name, inner, check) => {
            if is_object(at, report) {
                named(*name, inner, at, report);
                check.iter().for_each(|check| check(at, &[], report));
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
            None if is_unknown(key) => {}
            None => {
                let message = format!("`{key}` is not a key that can stand here");
                report.key(Code::KeyUnknown, &member, message, suggest::key(key, keys));
                // Once the key is right, the rest should be too.
                if let Some(meant) = suggest::meant(key, keys)
                    && at.get(meant.name).is_none()
                {
                    node(meant.node, &member, report);
                }
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
        plan::check_level(at, language::PLAN_KEYS, report)
    } else {
        Vec::new()
    };
    for (key, member) in at.members() {
        if key.starts_with("@@") {
            operator_on_container(key, &member, report);
        } else if misplaced.contains(&key) {
            let known = language::PLAN_KEYS
                .iter()
                .find(|it| it.name.eq_ignore_ascii_case(key));
            known
                .iter()
                .for_each(|known| node(known.node, &member, report));
        } else {
            scalar::check_name(name, key, &member, report);
            node(inner, &member, report);
        }
    }
    collisions(at, report);
}

/// Keys that differ in letter case only: AWS merges them.
fn collisions(at: &Cursor<'_>, report: &mut Report) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (key, member) in at.members() {
        if let Some(first) = seen.insert(key.to_lowercase(), key) {
            report.key(
                Code::NamesCollide,
                &member,
                format!("`{key}` and `{first}` differ in letter case only, which AWS overlooks"),
                "give one of them another name".into(),
            );
        }
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

//! `Fn::ForEach`: loops written out, as the transform `AWS::LanguageExtensions` does.
//!
//! AWS's reference, "Fn::ForEach": `"Fn::ForEach::NAME": [IDENTIFIER, COLLECTION, {KEY: VALUE}]` in
//! Resources (their properties, too), Conditions and Outputs; every `${IDENTIFIER}` in keys and
//! values becomes the item, every `&{IDENTIFIER}` its letters and digits, and a `Ref` to the
//! identifier the item itself. The collection is a list, or a `Ref` to a parameter that is one.

use std::borrow::Cow;

use backup_policy::{Code, Document, Finding, Spot, UNKNOWN};
use serde_json::{Map, Value};

use super::finding;
use super::functions::text_of;
use super::intrinsics::{Scope, around, is_known, leaf, single, unknown};
use crate::parameters::Parameters;

/// How many resources loops may make: CloudFormation takes no more in one template.
const MOST_RESOURCES: usize = 500;

/// How many values and bytes of text loops may make. (A template of CloudFormation has at most a
/// million bytes once they are written out.)
const MOST_VALUES: usize = 100_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How deep values may be nested in loops, as in a file.
const DEEPEST: usize = 127;

/// A template whose loops are written out.
pub(crate) struct Expanded<'t> {
    pub(crate) document: Cow<'t, Document>,
    /// The loops with policies that could not be written out, and what is wrong with others.
    pub(crate) findings: Vec<Finding>,
    /// How many loops with policies could not be written out.
    pub(crate) unknown: usize,
}

/// Whether a key is that of a loop.
pub(super) fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach::") || key == "Fn::ForEach"
}

/// Writes out the loops of a template. One over a collection that is not known becomes a key that is
/// not known.
pub(crate) fn expand<'t>(template: &'t Document, parameters: &Parameters) -> Expanded<'t> {
    let mut expanded = Expanded {
        document: Cow::Borrowed(template),
        findings: Vec::new(),
        unknown: 0,
    };
    let Value::Object(sections) = template.value() else {
        return expanded;
    };
    if !has_loop(template.value()) {
        return expanded;
    }
    let scope = Scope::new(template.value(), parameters);
    let mut loops = Loops {
        scope: &scope,
        is_declared: declares_extensions(template.value()),
        items: Vec::new(),
        path: Vec::new(),
        matters: false,
        resources: 0,
        values: 0,
        bytes: 0,
        findings: Vec::new(),
        unknown: 0,
    };
    let (mut document, mut spots) = (Map::new(), Vec::new());
    for (index, (name, section)) in sections.iter().enumerate() {
        let spot = template.spot().and_then(|spot| spot.children.get(index));
        let has_loops = matches!(name.as_str(), "Resources" | "Conditions" | "Outputs");
        loops.path = vec![name.clone()];
        loops.matters = false;
        let (value, place) = match has_loops {
            true => loops.walk(section, spot, 0),
            false => (section.clone(), spot.cloned()),
        };
        document.insert(name.clone(), value);
        spots.push(place);
    }
    let value = Value::Object(document);
    expanded.document = Cow::Owned(match template.spot() {
        Some(spot) => {
            let children = spots.into_iter().map(|it| it.unwrap_or_else(|| leaf(spot)));
            let children = children.collect();
            Document::from_located(
                value,
                Spot {
                    children,
                    ..leaf(spot)
                },
            )
        }
        None => Document::from_value(value),
    });
    expanded.findings = loops.findings;
    expanded.unknown = loops.unknown;
    expanded
}

fn has_loop(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| is_loop(key) || has_loop(value)),
        Value::Array(values) => values.iter().any(has_loop),
        _ => false,
    }
}

fn declares_extensions(template: &Value) -> bool {
    let is_it = |value: &Value| value == "AWS::LanguageExtensions";
    match template.get("Transform") {
        Some(Value::Array(several)) => several.iter().any(is_it),
        Some(one) => is_it(one),
        None => false,
    }
}

/// Whether a resource, or a loop of them, may be a backup policy: nothing is reported about others.
fn may_be_policy(resource: &Value) -> bool {
    let text = resource.to_string();
    let names = ["BACKUP_POLICY", "BackupOrgPolicy", "Organizations::Policy"];
    names.iter().any(|name| text.contains(name))
}

struct Loops<'s> {
    scope: &'s Scope<'s>,
    is_declared: bool,
    /// The identifiers of the loops around, each with its item.
    items: Vec<(String, String)>,
    path: Vec<String>,
    /// Whether what is being written out may be a backup policy.
    matters: bool,
    resources: usize,
    values: usize,
    bytes: usize,
    findings: Vec<Finding>,
    unknown: usize,
}

type Placed = (Value, Option<Spot>);

impl Loops<'_> {
    fn walk(&mut self, value: &Value, spot: Option<&Spot>, depth: usize) -> Placed {
        self.values += usize::from(!self.items.is_empty());
        let is_over = self.is_too_much() && !self.items.is_empty();
        if is_over || depth > DEEPEST {
            return (unknown(), spot.map(leaf));
        }
        let (value, children) = match value {
            Value::Object(members) => {
                if let Some(("Ref", Value::String(name))) = single(members)
                    && let Some(item) = self.item(name)
                {
                    return (Value::String(item.to_owned()), spot.map(leaf));
                }
                self.object(members, spot, depth)
            }
            Value::Array(values) => {
                let each = values.iter().enumerate().map(|(index, value)| {
                    self.walk(value, spot.and_then(|it| it.children.get(index)), depth + 1)
                });
                let (values, children) = each.unzip();
                (Value::Array(values), children)
            }
            Value::String(text) => return (Value::String(self.replaced(text)), spot.cloned()),
            other => return (other.clone(), spot.cloned()),
        };
        (value, around(spot, children))
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        spot: Option<&Spot>,
        depth: usize,
    ) -> (Value, Vec<Option<Spot>>) {
        let (mut object, mut children) = (Map::new(), Vec::new());
        for (index, (key, value)) in members.iter().enumerate() {
            let place = spot.and_then(|it| it.children.get(index));
            if is_loop(key) {
                for (name, value, spot) in self.members_of(key, value, place, depth) {
                    if object.contains_key(&name) && name != UNKNOWN.to_string() {
                        let message = format!("the loop `{key}` makes the key `{name}` twice");
                        let help = "put its identifier into the key: `${IDENTIFIER}`";
                        self.report(Code::TemplateInvalid, key, place, message, help);
                    } else if object.insert(name, value).is_none() {
                        children.push(spot);
                    }
                }
                continue;
            }
            let name = self.replaced(key);
            if self.is_at_resources() {
                self.matters = may_be_policy(value);
                self.resources += usize::from(!self.items.is_empty());
            }
            self.path.push(name.clone());
            let (value, spot) = self.walk(value, place, depth + 1);
            self.path.pop();
            if object.insert(name, value).is_none() {
                children.push(spot);
            }
        }
        (Value::Object(object), children)
    }

    /// What a loop makes: members of the object that it stands in.
    fn members_of(
        &mut self,
        key: &str,
        value: &Value,
        spot: Option<&Spot>,
        depth: usize,
    ) -> Vec<(String, Value, Option<Spot>)> {
        let open = |spot: Option<&Spot>| vec![(UNKNOWN.to_string(), unknown(), spot.map(leaf))];
        let part = |index: usize| spot.and_then(|it| it.children.get(index));
        let Some(
            [
                Value::String(identifier),
                collection,
                body @ Value::Object(_),
            ],
        ) = value.as_array().map(Vec::as_slice)
        else {
            let message = format!("`{key}` is no loop");
            let help = "write [IDENTIFIER, COLLECTION, {\"KEY-${IDENTIFIER}\": VALUE}]";
            self.report(Code::TemplateInvalid, key, spot, message, help);
            return open(spot);
        };
        if self.is_at_resources() {
            self.matters = may_be_policy(body);
        }
        let matters = self.matters;
        if !self.is_declared && matters {
            let message = format!("`{key}` needs a transform that the template does not have");
            let help = "write `Transform: AWS::LanguageExtensions` at its top";
            self.report(Code::TemplateInvalid, key, spot, message, help);
        }
        let Some(items) = self.collection(collection, depth) else {
            if matters {
                self.unknown += usize::from(self.is_at_resources());
                let message = format!(
                    "`{key}` runs over values known only at deployment: what it makes was not checked"
                );
                let help = "give the values with `--parameters`, or write the list out";
                self.report(Code::ContentUnknown, key, spot, message, help);
            }
            return open(spot);
        };
        let mut made = Vec::new();
        for item in items {
            self.items.push((identifier.clone(), item));
            let (inner, place) = self.walk(body, part(2), depth + 1);
            self.items.pop();
            if self.is_too_much() {
                self.stop(key, spot);
                return open(spot);
            }
            let Value::Object(inner) = inner else {
                continue;
            };
            let places = place.map(|it| it.children).unwrap_or_default();
            let mut places = places.into_iter();
            made.extend(
                inner
                    .into_iter()
                    .map(|(name, value)| (name, value, places.next())),
            );
        }
        made
    }

    /// The items of a loop, if they are known.
    fn collection(&mut self, collection: &Value, depth: usize) -> Option<Vec<String>> {
        let (collection, _) = self.walk(collection, None, depth + 1);
        let list = self.scope.plain(&collection, 0).filter(is_known)?;
        let mut items = Vec::new();
        for item in list.as_array()? {
            match item {
                Value::Array(several) => {
                    for item in several {
                        items.push(text_of(item.clone())?);
                    }
                }
                one => items.push(text_of(one.clone())?),
            }
        }
        Some(items)
    }

    fn item(&self, identifier: &str) -> Option<&str> {
        let mut inner = self.items.iter().rev();
        let (_, item) = inner.find(|(name, _)| name == identifier)?;
        Some(item)
    }

    /// A text with the identifiers in it replaced.
    fn replaced(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, item) in self.items.iter().rev() {
            if text.contains('{') {
                let plain: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
                text = text.replace(&format!("${{{name}}}"), item);
                text = text.replace(&format!("&{{{name}}}"), &plain);
            }
        }
        if !self.items.is_empty() {
            self.bytes = self.bytes.saturating_add(text.len());
        }
        text
    }

    fn is_at_resources(&self) -> bool {
        matches!(self.path.as_slice(), [section] if section == "Resources")
    }

    fn is_too_much(&self) -> bool {
        self.bytes > MOST_BYTES || self.values > MOST_VALUES || self.resources > MOST_RESOURCES
    }

    /// Says once that the loops make too much.
    fn stop(&mut self, key: &str, spot: Option<&Spot>) {
        let text = "the loops make too much";
        if !self.findings.iter().any(|it| it.message.contains(text)) {
            let message = format!(
                "{text} of this template, more than {MOST_RESOURCES} resources, {MOST_VALUES} values or \
                 {MOST_BYTES} bytes: not all of it was checked"
            );
            let help =
                "CloudFormation takes at most 500 resources and 1,000,000 bytes: use fewer loops";
            self.report(Code::ContentUnknown, key, spot, message, help);
            self.unknown += 1;
        }
    }

    fn report(&mut self, code: Code, key: &str, spot: Option<&Spot>, message: String, help: &str) {
        let mut path = self.path.clone();
        path.push(key.to_owned());
        self.findings.push(Finding {
            path: path.join("."),
            position: spot.map(|spot| spot.key.unwrap_or(spot.value)),
            ..finding(code, message, help)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expanded(template: &Value) -> Expanded<'static> {
        let document = Box::leak(Box::new(Document::from_value(template.clone())));
        expand(document, &Parameters::default())
    }

    #[track_caller]
    fn check(conditions: Value, expected: Value) {
        let template = json!({
            "Transform": ["X", "AWS::LanguageExtensions"],
            "Parameters": {
                "Tiers": {"Type": "CommaDelimitedList", "Default": "gold, silver"},
                "Open": {"Type": "CommaDelimitedList"},
            },
            "Mappings": {"Of": {"gold": {"Days": ["a", "b"]}, "silver": {"Days": ["c"]}}},
            "Conditions": conditions,
        });
        let expanded = expanded(&template);
        assert_eq!(expanded.document.value()["Conditions"], expected);
    }

    #[test]
    fn a_loop_makes_one_member_for_each_item() {
        check(
            json!({
                "a": 1,
                "Fn::ForEach::X": ["T", {"Ref": "Tiers"}, {
                    "Is${T}": [{"Ref": "T"}, {"Ref": "Other"}, {"Fn::Sub": "${T}-${Other}"}, "&{T}"],
                }],
                "b": 2,
            }),
            json!({
                "a": 1,
                "Isgold": ["gold", {"Ref": "Other"}, {"Fn::Sub": "gold-${Other}"}, "gold"],
                "Issilver": ["silver", {"Ref": "Other"}, {"Fn::Sub": "silver-${Other}"}, "silver"],
                "b": 2,
            }),
        );
        // Letters and digits only.
        check(
            json!({"Fn::ForEach::X": ["T", ["10.0.0.0/8", 7], {"C&{T}": "${T}"}]}),
            json!({"C100008": "10.0.0.0/8", "C7": "7"}),
        );
        check(
            json!({"Fn::ForEach::X": ["T", [], {"C${T}": 1}]}),
            json!({}),
        );
    }

    #[test]
    fn loops_stand_in_loops_and_run_over_maps() {
        check(
            json!({"Fn::ForEach::X": ["T", {"Ref": "Tiers"}, {
                "Fn::ForEach::Y": ["D", {"Fn::FindInMap": ["Of", {"Ref": "T"}, "Days"]}, {
                    "${T}${D}": {"Ref": "D"},
                }],
            }]}),
            json!({"golda": "a", "goldb": "b", "silverc": "c"}),
        );
    }

    #[test]
    fn a_collection_that_is_not_known_makes_a_key_that_is_not() {
        let open = json!({UNKNOWN.to_string(): UNKNOWN.to_string()});
        check(
            json!({"Fn::ForEach::X": ["T", {"Ref": "Open"}, {"${T}": 1}]}),
            open.clone(),
        );
        check(json!({"Fn::ForEach::X": ["T", ["a"]]}), open);
    }

    #[test]
    fn loops_over_loops_are_bounded_with_a_reason() {
        let ten: Vec<u8> = (0..10).collect();
        let mut body = json!({"Type": "AWS::Organizations::Policy"});
        for depth in 0..12 {
            let name = format!("I{depth}");
            body = json!({format!("Fn::ForEach::L{depth}"): [name, ten, {format!("K${{{name}}}"): body}]});
        }
        let template = json!({"Transform": "AWS::LanguageExtensions", "Resources": body});
        let expanded = expanded(&template);
        let [finding] = expanded.findings.as_slice() else {
            panic!("{:#?}", expanded.findings);
        };
        assert!(
            finding.message.starts_with("the loops make too much"),
            "{finding}"
        );
        assert_eq!(expanded.unknown, 1);
    }

    #[test]
    fn what_stands_beside_loops_that_make_too_much_is_kept() {
        let many: Vec<usize> = (0..501).collect();
        let policy = json!({"Type": "AWS::Organizations::Policy"});
        let template = json!({"Transform": "AWS::LanguageExtensions", "Resources": {
            "Fn::ForEach::Many": ["I", many, {"K${I}": policy}],
            "Fn::ForEach::More": ["I", many, {"L${I}": policy}],
            "Own": policy,
        }});
        let expanded = expanded(&template);
        let expected = json!({UNKNOWN.to_string(): UNKNOWN.to_string(), "Own": policy});
        assert_eq!(expanded.document.value()["Resources"], expected);
        assert_eq!(expanded.findings.len(), 1);
    }

    #[test]
    fn what_is_wrong_with_a_loop_of_policies_is_reported() {
        let policy = json!({"Type": "AWS::Organizations::Policy"});
        let message = |template: Value| expanded(&template).findings[0].message.clone();
        assert_eq!(
            message(json!({"Resources": {"Fn::ForEach::X": ["T", ["a"], {"P${T}": policy}]}})),
            "`Fn::ForEach::X` needs a transform that the template does not have"
        );
        let transform = "AWS::LanguageExtensions";
        assert_eq!(
            message(
                json!({"Transform": transform, "Resources": {"Fn::ForEach::X": ["T", ["a", "b"], {"P": policy}]}})
            ),
            "the loop `Fn::ForEach::X` makes the key `P` twice"
        );
    }
}

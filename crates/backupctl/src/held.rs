//! Policies in what people have in hand: answers and inputs of AWS's commands, Terraform's plans and
//! states, and a snapshot.

use backup_policy::{BACKUP_POLICY, Document, Spot};
use serde_json::{Map, Value, json};

/// A policy that something else holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// The keys that lead to its content.
    pub path: String,
    /// Its name, if there is one.
    pub name: Option<String>,
    /// The content, or why it is not known.
    pub content: Result<Value, String>,
    /// Where the content stands.
    pub spot: Option<Spot>,
}

/// What a document holds instead of being a policy itself; `None` if it may be one.
///
/// # Errors
/// It is something without contents, in a sentence that says what to do.
pub fn held(document: &Document) -> Result<Option<Vec<Held>>, String> {
    let at = At {
        value: document.value(),
        spot: document.spot(),
        path: String::new(),
    };
    match document.value() {
        // Answers, one after the other or as a list.
        Value::Array(several) if !several.is_empty() && several.iter().all(is_holder) => {
            let each = (0..several.len()).filter_map(|index| at.index(index));
            Ok(Some(each.flat_map(|one| one.held()).collect()))
        }
        Value::Object(_) if is_holder(document.value()) => Ok(Some(at.held())),
        Value::Object(members) if members.contains_key("Policies") => Err(
            "this lists policies without their contents: `aws organizations describe-policy \
             --policy-id ID` gives each, and `backupctl snapshot` all of them"
                .to_owned(),
        ),
        _ => Ok(None),
    }
}

/// Whether a value is one of the forms that hold policies.
fn is_holder(value: &Value) -> bool {
    let has = |path: &str| value.pointer(path).is_some();
    let is_input = value.get("Content").is_some_and(Value::is_string)
        && ["Name", "Type", "PolicyId"]
            .iter()
            .any(|key| value.get(key).is_some());
    let is_terraform = has("/planned_values/root_module") || has("/values/root_module");
    let is_snapshot = has("/policy_type") && has("/root") && has("/policies");
    has("/Policy/Content")
        || has("/EffectivePolicy/PolicyContent")
        || is_input
        || is_terraform
        || is_snapshot
}

/// A place in the document.
#[derive(Clone)]
struct At<'d> {
    value: &'d Value,
    spot: Option<&'d Spot>,
    path: String,
}

impl<'d> At<'d> {
    fn get(&self, key: &str) -> Option<At<'d>> {
        let members = self.value.as_object()?;
        let index = members.keys().position(|name| name == key)?;
        self.child(index, key, members.get(key)?)
    }

    fn index(&self, index: usize) -> Option<At<'d>> {
        self.child(index, &index.to_string(), self.value.get(index)?)
    }

    fn child(&self, index: usize, key: &str, value: &'d Value) -> Option<At<'d>> {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        let spot = self.spot.and_then(|spot| spot.children.get(index));
        Some(At { value, spot, path })
    }

    fn all(&self) -> Vec<At<'d>> {
        match self.value {
            Value::Array(values) => (0..values.len()).filter_map(|it| self.index(it)).collect(),
            Value::Object(members) => members.keys().filter_map(|key| self.get(key)).collect(),
            _ => Vec::new(),
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value.get(key)?.as_str().map(str::to_owned)
    }

    /// The backup policies of something that holds policies.
    fn held(&self) -> Vec<Held> {
        if let Some(policy) = self.get("Policy") {
            let summary = policy.value.get("PolicySummary").unwrap_or(&Value::Null);
            if is_other(summary.get("Type")) {
                return Vec::new();
            }
            let name = summary.get("Name").and_then(Value::as_str);
            return policy.content("Content", name.map(str::to_owned));
        }
        if let Some(policy) = self.get("EffectivePolicy") {
            if is_other(policy.value.get("PolicyType")) {
                return Vec::new();
            }
            let mut found = policy.content("PolicyContent", policy.text("TargetId"));
            for held in &mut found {
                // AWS has merged it: every value stands without its operator.
                held.content = held.content.clone().map(assigned);
            }
            return found;
        }
        for part in ["planned_values", "values"] {
            if let Some(module) = self.get(part).and_then(|it| it.get("root_module")) {
                return module.terraform();
            }
        }
        if let Some(policies) = self.get("policies") {
            let each = policies.all().into_iter();
            return each
                .flat_map(|policy| policy.content("content", policy.text("name")))
                .collect();
        }
        if is_other(self.value.get("Type")) {
            return Vec::new();
        }
        self.content("Content", self.text("Name"))
    }

    /// The backup policies of a module of Terraform and of those below it.
    fn terraform(&self) -> Vec<Held> {
        let is_policy = |resource: &At<'_>| {
            let of_type = |key: &str, wanted: &str| resource.text(key).as_deref() == Some(wanted);
            let kind = resource.value.pointer("/values/type");
            of_type("type", "aws_organizations_policy")
                && kind.is_some_and(|kind| kind == BACKUP_POLICY)
        };
        let resources = self.get("resources").map_or_else(Vec::new, |all| all.all());
        let mut found: Vec<Held> = resources
            .into_iter()
            .filter(is_policy)
            .flat_map(|resource| {
                let name = resource.text("address");
                let values = resource.get("values").unwrap_or(resource);
                values.content("content", name)
            })
            .collect();
        let below = self
            .get("child_modules")
            .map_or_else(Vec::new, |all| all.all());
        found.extend(below.iter().flat_map(At::terraform));
        found
    }

    /// A content, which may be text.
    fn content(&self, key: &str, name: Option<String>) -> Vec<Held> {
        let Some(at) = self.get(key) else {
            return vec![Held {
                path: format!("{}.{key}", self.path),
                name,
                content: Err("its content is known only once Terraform applies it".to_owned()),
                spot: self.spot.cloned(),
            }];
        };
        let content = match at.value {
            Value::String(text) => Document::parse(text)
                .map(|document| document.value().clone())
                .map_err(|error| {
                    format!("the policy is not JSON: {error}, counted in its own text")
                }),
            other => Ok(other.clone()),
        };
        vec![Held {
            path: at.path,
            name,
            content,
            spot: at.spot.cloned(),
        }]
    }
}

/// Whether a type that is written there is another one.
fn is_other(kind: Option<&Value>) -> bool {
    let kind = kind.and_then(Value::as_str);
    kind.is_some_and(|kind| kind != BACKUP_POLICY)
}

/// A merged policy as one that could be written: each value is assigned.
fn assigned(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let each = members.into_iter();
            Value::Object(
                each.map(|(key, value)| (key, assigned(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        other => json!({ "@@assign": other }),
    }
}

/// The one policy of a document, for those who want one.
///
/// # Errors
/// There are several, or its content is not known.
pub fn only(document: Document) -> Result<Document, String> {
    let Some(mut found) = held(&document)? else {
        return Ok(document);
    };
    match (found.pop(), found.len()) {
        (Some(held), 0) => held.content.map(Document::from_value),
        (None, _) => Err("there is no backup policy in it".to_owned()),
        (Some(_), more) => Err(format!(
            "there are {} policies in it: give a file with one",
            more + 1
        )),
    }
}

/// JSON values that stand one after the other, as a loop over an AWS command writes them.
pub fn stream(text: &str) -> Option<Document> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let values: Vec<Value> = values.collect::<Result<_, _>>().ok()?;
    (values.len() > 1).then(|| Document::from_value(Value::Array(values)))
}

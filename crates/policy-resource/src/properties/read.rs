//! Reads the properties one by one and collects what is wrong with them.

use std::collections::BTreeMap;

use backup_policy::nearest;
use serde_json::{Map, Value};

use super::form::{items, list, region_problem, scalar, tag_problem, target_problem};
use super::{
    ContentSource, LONGEST_VARIABLE, MOST_CHARACTERS, MOST_ITEMS, MOST_PROBLEMS, NAMES, Problem,
    S3Object,
};
use crate::identity::{OWN_TAGS, is_account_id};

/// Characters of a problem's text, which may quote a value of any length.
const LONGEST_PROBLEM: usize = 500;

/// Tags that a policy may bear (AWS Organizations quotas).
const MAX_TAGS: usize = 50;

pub(super) struct Reader<'a> {
    pub map: &'a Map<String, Value>,
    /// Whether a text is known only at deployment.
    pub is_open: fn(&str) -> bool,
    pub problems: Vec<Problem>,
}

impl Reader<'_> {
    /// A property that is present; `null` counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn problem(&mut self, property: &str, text: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem {
                property: brief(property),
                text: brief(&text.into()),
            });
        }
    }

    /// Refuses a list that is longer than can be worked off, before any of it is looked at.
    fn too_many(&mut self, property: &str, count: usize) -> bool {
        let too_many = count > MOST_ITEMS;
        if too_many {
            let text = format!("`{property}` has {count} items: expected at most {MOST_ITEMS}");
            self.problem(property, text);
        }
        too_many
    }

    /// Whether a whole value is known only at deployment.
    fn is_open(&self, value: &Value) -> bool {
        value.as_str().is_some_and(self.is_open)
    }

    pub fn refuse_unknown(&mut self) {
        let map = self.map;
        let unknown = map.keys().filter(|key| !NAMES.contains(&key.as_str()));
        for key in unknown.take(MOST_PROBLEMS).map(|key| brief(key)) {
            let expected = match nearest(&key, NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected one of {}", NAMES.join(", ")),
            };
            let text = format!("`{key}` is no property of Custom::BackupOrgPolicy: {expected}");
            self.problem(&key, text);
        }
    }

    /// A text within a length in characters; reports what is wrong and returns an empty one.
    fn text(&mut self, name: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
        let value = self.get(name)?;
        let (least, most) = (*length.start(), *length.end());
        match scalar(value) {
            Some(text) if (self.is_open)(&text) || length.contains(&text.chars().count()) => {
                Some(text)
            }
            _ => {
                let text = format!("`{name}` must be a text of {least} to {most} characters");
                self.problem(name, text);
                Some(String::new())
            }
        }
    }

    pub fn name(&mut self) -> String {
        // AWS Organizations API reference, CreatePolicy: Name 1 to 128, Description up to 512.
        self.text("PolicyName", 1..=128).unwrap_or_else(|| {
            self.problem(
                "PolicyName",
                "`PolicyName` is missing: expected a text of 1 to 128 characters",
            );
            String::new()
        })
    }

    pub fn description(&mut self) -> Option<String> {
        self.text("PolicyDescription", 0..=512)
    }

    pub fn policy_type(&mut self) {
        if self
            .get("PolicyType")
            .is_some_and(|value| value != "BACKUP_POLICY" && !self.is_open(value))
        {
            self.problem(
                "PolicyType",
                "`PolicyType` must be `BACKUP_POLICY`, or left out",
            );
        }
    }

    pub fn management_account(&mut self) -> String {
        let account = self
            .get("OrgManagementAccount")
            .map(|value| scalar(value).unwrap_or_default());
        match account {
            Some(account) if is_account_id(&account) || (self.is_open)(&account) => account,
            Some(_) => {
                self.problem(
                    "OrgManagementAccount",
                    "`OrgManagementAccount` must be an account id of 12 digits",
                );
                String::new()
            }
            None => {
                self.problem(
                    "OrgManagementAccount",
                    "`OrgManagementAccount` is missing: expected an account id of 12 digits",
                );
                String::new()
            }
        }
    }

    pub fn flag(&mut self, name: &str) -> bool {
        match self.get(name).map(scalar) {
            None => false,
            Some(Some(text)) if text == "true" => true,
            Some(Some(text)) if text == "false" || (self.is_open)(&text) => false,
            Some(_) => {
                self.problem(name, format!("`{name}` must be `true` or `false`"));
                false
            }
        }
    }

    pub fn targets(&mut self) -> Option<Vec<String>> {
        let value = self.get("PolicyTargets")?;
        if self.too_many("PolicyTargets", items(value)) {
            return Some(Vec::new());
        }
        let targets = list(self.get("PolicyTargets")?).unwrap_or_default();
        if targets.is_empty() {
            self.problem(
                "PolicyTargets",
                "`PolicyTargets` names nothing: expected roots, organizational units or account \
                 ids, as a list or comma-separated",
            );
        }
        let known = targets.iter().filter(|target| !(self.is_open)(target));
        let problems: Vec<String> = known.filter_map(|target| target_problem(target)).collect();
        for problem in problems {
            self.problem("PolicyTargets", format!("`PolicyTargets`: {problem}"));
        }
        Some(targets)
    }

    pub fn regions(&mut self) -> Option<Vec<String>> {
        let value = self.get("PolicyRegions")?;
        let none_on_purpose = value.as_array().is_some_and(Vec::is_empty);
        if self.too_many("PolicyRegions", items(value)) {
            return Some(Vec::new());
        }
        let value = self.get("PolicyRegions")?;
        let regions = list(value).unwrap_or_default();
        if regions.is_empty() && !none_on_purpose {
            self.problem(
                "PolicyRegions",
                "`PolicyRegions` names nothing: expected Region codes, as a list or \
                 comma-separated (an empty list to put none into the policy)",
            );
        }
        let known = regions.iter().filter(|region| !(self.is_open)(region));
        let problems: Vec<String> = known.filter_map(|region| region_problem(region)).collect();
        for problem in problems {
            self.problem("PolicyRegions", format!("`PolicyRegions`: {problem}"));
        }
        Some(regions)
    }

    pub fn content(&mut self) -> ContentSource {
        let content = match self.get("PolicyContent") {
            Some(Value::String(text)) if text.len() > MOST_CHARACTERS => {
                let text = format!(
                    "`PolicyContent` has {} bytes: expected at most {MOST_CHARACTERS}, of which no \
                     backup policy has one in ten",
                    text.len()
                );
                self.problem("PolicyContent", text);
                return ContentSource::Text(String::new());
            }
            Some(Value::String(text)) => Some(ContentSource::Text(text.clone())),
            Some(Value::Object(object)) => match (object.get("S3"), object.len()) {
                (Some(s3), 1) => return self.s3(&s3.clone()),
                _ => Some(ContentSource::Object(Value::Object(object.clone()))),
            },
            _ => None,
        };
        content.unwrap_or_else(|| {
            self.problem(
                "PolicyContent",
                "`PolicyContent` must be the policy as an object, as JSON text, or \
                 {\"S3\": {\"PolicyBucket\", \"PolicyKey\", \"VersionId\"}}",
            );
            ContentSource::Text(String::new())
        })
    }

    fn s3(&mut self, s3: &Value) -> ContentSource {
        let text = |name: &str| {
            s3.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_string)
        };
        let version_id = text("VersionId");
        let known =
            |key: &String| ["PolicyBucket", "PolicyKey", "VersionId"].contains(&key.as_str());
        if s3
            .as_object()
            .is_none_or(|object| !object.keys().all(known))
            || (version_id.is_none() && s3.get("VersionId").is_some())
        {
            self.problem(
                "PolicyContent",
                "`PolicyContent.S3` must have the keys PolicyBucket, PolicyKey and, if a version \
                 is wanted, VersionId, all texts",
            );
        }
        for name in ["PolicyBucket", "PolicyKey"] {
            if text(name).is_none() {
                self.problem(
                    "PolicyContent",
                    format!("`PolicyContent.S3.{name}` is missing: expected a text"),
                );
            }
        }
        ContentSource::S3(S3Object {
            bucket: text("PolicyBucket").unwrap_or_default(),
            key: text("PolicyKey").unwrap_or_default(),
            version_id,
        })
    }

    /// A map, or the original solution's list of maps.
    pub fn variables(&mut self) -> BTreeMap<String, String> {
        let maps: Vec<Value> = match self.get("Variables") {
            None => Vec::new(),
            Some(Value::Array(maps)) => maps.clone(),
            Some(other) => vec![other.clone()],
        };
        let is_list = self.get("Variables").is_some_and(Value::is_array);
        let mut variables = BTreeMap::new();
        let members = |map: &Value| map.as_object().map_or(1, Map::len);
        if self.too_many("Variables", maps.iter().map(members).sum()) {
            return variables;
        }
        let mut is_refused = false;
        for (index, map) in maps.into_iter().enumerate() {
            if self.is_open(&map) {
                continue;
            }
            let Value::Object(map) = map else {
                if !is_refused {
                    let name = match is_list {
                        true => format!("Variables[{index}]"),
                        false => "Variables".to_owned(),
                    };
                    let found =
                        scalar(&map).map_or(String::new(), |text| format!(", not `{text}`"));
                    let text = format!(
                        "`{name}` must be a map of texts, such as {{\"${{VaultName}}\": \"central\"}}{found}"
                    );
                    self.problem("Variables", text);
                }
                is_refused = true;
                continue;
            };
            for (key, value) in map {
                let open = self.is_open;
                let problem = match scalar(&value) {
                    _ if key.is_empty() => "`Variables` has an empty key".to_owned(),
                    None => format!("`Variables.{key}` must be a text"),
                    Some(_) if key.chars().count() > LONGEST_VARIABLE => {
                        let start = key.chars().take(40).collect::<String>();
                        format!(
                            "`Variables.{start}…` must have at most {LONGEST_VARIABLE} characters \
                             in its name"
                        )
                    }
                    Some(text) if text.chars().count() > MOST_CHARACTERS => {
                        format!("`Variables.{key}` must have at most {MOST_CHARACTERS} characters")
                    }
                    Some(text) => match variables.insert(key.clone(), text.clone()) {
                        Some(other) if other != text && !open(&other) && !open(&text) => {
                            format!("`Variables.{key}` is given twice with different values")
                        }
                        _ => continue,
                    },
                };
                self.problem("Variables", problem);
            }
        }
        variables
    }

    /// CloudFormation's usual list of `{Key, Value}`.
    pub fn tags(&mut self) -> BTreeMap<String, String> {
        let items = match self.get("Tags") {
            None => Vec::new(),
            Some(value) if self.is_open(value) => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => {
                self.problem("Tags", "`Tags` must be a list of {\"Key\", \"Value\"}");
                Vec::new()
            }
        };
        let mut tags = BTreeMap::new();
        if self.too_many("Tags", items.len()) {
            return tags;
        }
        for item in &items {
            let key = item.get("Key").and_then(scalar);
            let value = item.get("Value").and_then(scalar);
            if self.is_open(item) {
                continue;
            }
            let (Some(key), Some(value)) = (key, value) else {
                self.problem("Tags", "`Tags` must be a list of {\"Key\", \"Value\"}");
                continue;
            };
            let open = (self.is_open)(&key) || (self.is_open)(&value);
            let problem = tag_problem(&key, &value).filter(|_| !open);
            if let Some(problem) = problem {
                self.problem("Tags", format!("`Tags`: {problem}"));
            } else if tags.insert(key.clone(), value).is_some() && !open {
                self.problem("Tags", format!("`Tags`: the key `{key}` is given twice"));
            }
        }
        if tags.len() > MAX_TAGS - OWN_TAGS {
            let text = format!(
                "`Tags` has {} tags: expected at most {}, because a policy may bear {MAX_TAGS} \
                 and {OWN_TAGS} say whose it is",
                tags.len(),
                MAX_TAGS - OWN_TAGS
            );
            self.problem("Tags", text);
        }
        tags
    }
}

/// The beginning of a text, if it is long.
fn brief(text: &str) -> String {
    match text.char_indices().nth(LONGEST_PROBLEM) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

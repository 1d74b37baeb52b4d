//! The properties of `Custom::BackupOrgPolicy`: all of them read, all problems reported at once.
//!
//! CloudFormation hands numbers and booleans over as strings and lists sometimes as
//! comma-separated text, so both forms are accepted everywhere.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::identity::{OWN_TAGS, TAG_PREFIX, is_account_id};

/// The names of all properties, in the order of the documentation. `ServiceToken` and
/// `ServiceTimeout` are CloudFormation's own.
pub const NAMES: [&str; 13] = [
    "PolicyName",
    "PolicyType",
    "PolicyDescription",
    "PolicyContent",
    "Variables",
    "PolicyTargets",
    "PolicyRegions",
    "OrgManagementAccount",
    "EnablePolicyType",
    "AdoptExisting",
    "Tags",
    "ServiceToken",
    "ServiceTimeout",
];

/// Tags that a policy may bear (AWS Organizations quotas).
const MAX_TAGS: usize = 50;

/// What a template asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// The policy's name, unique in the organization, 1 to 128 characters.
    pub name: String,
    /// The policy's description, at most 512 characters. `None`: one that names the stack.
    pub description: Option<String>,
    /// Where the policy's content comes from.
    pub content: ContentSource,
    /// Literal texts and what replaces them in the content's keys and values.
    pub variables: BTreeMap<String, String>,
    /// Roots, OUs and accounts to attach to, in this order. `None`: as the SSM parameter
    /// `/backup/target/organizational-units` says.
    pub targets: Option<Vec<String>>,
    /// Regions for the plans that name none themselves; empty for none at all. `None`: as the
    /// SSM parameter `/backup/target/regions` says.
    pub regions: Option<Vec<String>>,
    /// The organization's management account.
    pub management_account: String,
    /// Whether to enable backup policies on the organization's root first.
    pub enable_policy_type: bool,
    /// Whether a policy of this name that bears no tags of this resource is taken over.
    pub adopt_existing: bool,
    /// Tags of the policy beside the function's own.
    pub tags: BTreeMap<String, String>,
}

/// Where a policy's content comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ContentSource {
    /// Written in the template as an object.
    Object(Value),
    /// Written in the template as JSON text.
    Text(String),
    /// In an S3 object.
    S3(S3Object),
}

/// An S3 object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Object {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The version; `None` is the newest.
    pub version_id: Option<String>,
}

/// Every wrong property, each with its name and what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyErrors(pub Vec<String>);

impl fmt::Display for PropertyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => f.write_str(only),
            all => write!(f, "{} properties are wrong: {}", all.len(), all.join("; ")),
        }
    }
}

impl std::error::Error for PropertyErrors {}

impl Properties {
    /// Reads the `ResourceProperties` of a request.
    ///
    /// # Errors
    /// Reports every wrong property, never only the first.
    ///
    /// ```
    /// use org_policy_manager::properties::Properties;
    /// let errors = Properties::read(&serde_json::json!({
    ///     "PolicyName": "daily", "PolicyContent": {"plans": {}}, "OrgManagementAccount": "12345",
    ///     "PolicyTarget": "ou-abcd-12345678"
    /// }))
    /// .unwrap_err();
    /// assert_eq!(errors.0.len(), 2); // the account's length and the unknown property
    /// ```
    pub fn read(properties: &Value) -> Result<Self, PropertyErrors> {
        let empty = Map::new();
        let mut reader = Reader {
            map: properties.as_object().unwrap_or(&empty),
            problems: Vec::new(),
        };
        reader.refuse_unknown();
        reader.policy_type();
        let read = Self {
            name: reader.name(),
            description: reader.description(),
            content: reader.content(),
            variables: reader.variables(),
            targets: reader.targets(),
            regions: reader.regions(),
            management_account: reader.management_account(),
            enable_policy_type: reader.flag("EnablePolicyType"),
            adopt_existing: reader.flag("AdoptExisting"),
            tags: reader.tags(),
        };
        if reader.problems.is_empty() {
            Ok(read)
        } else {
            Err(PropertyErrors(reader.problems))
        }
    }
}

/// The keys of the template's `Tags`, as far as they can be read: also in properties that are
/// otherwise wrong, such as those of a failed Update.
pub fn tag_keys(properties: &Value) -> Vec<String> {
    let tags = properties.get("Tags").and_then(Value::as_array);
    let key = |tag: &Value| tag.get("Key").and_then(Value::as_str).map(str::to_string);
    tags.map(|tags| tags.iter().filter_map(key).collect())
        .unwrap_or_default()
}

/// The management account, as far as it can be read: for a Delete, which needs no valid
/// properties.
pub fn management_account(properties: &Value) -> Option<String> {
    let account = scalar(properties.get("OrgManagementAccount")?)?;
    is_account_id(&account).then_some(account)
}

/// Splits comma-separated text; spaces around the items do not count.
pub fn split_list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_string)
        .collect()
}

/// Why a text is no target, or `None` when it is one: `r-...`, `ou-...` or an account id (AWS
/// Organizations API reference, AttachPolicy).
pub fn target_problem(target: &str) -> Option<String> {
    let lower = |text: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let root = target
        .strip_prefix("r-")
        .is_some_and(|id| lower(id, 4..=32));
    let unit = target
        .strip_prefix("ou-")
        .and_then(|id| id.split_once('-'))
        .is_some_and(|(root, id)| lower(root, 4..=32) && lower(id, 8..=32));
    (!root && !unit && !is_account_id(target)).then(|| {
        format!(
            "`{target}` is no target: expected a root (`r-abcd`), an organizational unit \
             (`ou-abcd-12345678`) or an account id of 12 digits"
        )
    })
}

/// Why a text cannot be a Region's code, or `None` when it can.
pub fn region_problem(region: &str) -> Option<String> {
    let parts: Vec<&str> = region.split('-').collect();
    let well_formed = match parts.as_slice() {
        [first, middle @ .., last] => {
            first.len() >= 2
                && !middle.is_empty()
                && middle
                    .iter()
                    .chain([first])
                    .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
                && !last.is_empty()
                && last.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    };
    (!well_formed).then(|| format!("`{region}` is no Region: expected a code such as `eu-west-1`"))
}

/// A string, or a number or boolean as CloudFormation would write it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list, or comma-separated text, as trimmed texts without repeats.
fn list(value: &Value) -> Option<Vec<String>> {
    let items = match value {
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
            texts?.iter().flat_map(|text| split_list(text)).collect()
        }
        other => split_list(&scalar(other)?),
    };
    let mut unique = Vec::<String>::new();
    for item in items {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    Some(unique)
}

struct Reader<'a> {
    map: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// A property that is present; `null` counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    fn refuse_unknown(&mut self) {
        let unknown: Vec<&String> = self
            .map
            .keys()
            .filter(|key| !NAMES.contains(&key.as_str()))
            .collect();
        for key in unknown {
            self.problems.push(format!(
                "`{key}` is no property of Custom::BackupOrgPolicy: expected one of {}",
                NAMES.join(", ")
            ));
        }
    }

    /// A text within a length in characters; reports what is wrong and returns an empty one.
    fn text(&mut self, name: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
        let value = self.get(name)?;
        let (least, most) = (*length.start(), *length.end());
        match scalar(value) {
            Some(text) if length.contains(&text.chars().count()) => Some(text),
            _ => {
                self.problem(format!(
                    "`{name}` must be a text of {least} to {most} characters"
                ));
                Some(String::new())
            }
        }
    }

    fn name(&mut self) -> String {
        // AWS Organizations API reference, CreatePolicy: Name 1 to 128, Description up to 512.
        self.text("PolicyName", 1..=128).unwrap_or_else(|| {
            self.problem("`PolicyName` is missing: expected a text of 1 to 128 characters");
            String::new()
        })
    }

    fn description(&mut self) -> Option<String> {
        self.text("PolicyDescription", 0..=512)
    }

    fn policy_type(&mut self) {
        if self
            .get("PolicyType")
            .is_some_and(|value| value != "BACKUP_POLICY")
        {
            self.problem("`PolicyType` must be `BACKUP_POLICY`, or left out");
        }
    }

    fn management_account(&mut self) -> String {
        let account = self
            .get("OrgManagementAccount")
            .map(|value| scalar(value).unwrap_or_default());
        match account {
            Some(account) if is_account_id(&account) => account,
            Some(_) => {
                self.problem("`OrgManagementAccount` must be an account id of 12 digits");
                String::new()
            }
            None => {
                self.problem(
                    "`OrgManagementAccount` is missing: expected an account id of 12 digits",
                );
                String::new()
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.get(name).map(scalar) {
            None => false,
            Some(Some(text)) if text == "true" => true,
            Some(Some(text)) if text == "false" => false,
            Some(_) => {
                self.problem(format!("`{name}` must be `true` or `false`"));
                false
            }
        }
    }

    fn targets(&mut self) -> Option<Vec<String>> {
        let targets = list(self.get("PolicyTargets")?).unwrap_or_default();
        if targets.is_empty() {
            self.problem(
                "`PolicyTargets` names nothing: expected roots, organizational units or account \
                 ids, as a list or comma-separated",
            );
        }
        for problem in targets.iter().filter_map(|target| target_problem(target)) {
            self.problem(format!("`PolicyTargets`: {problem}"));
        }
        Some(targets)
    }

    fn regions(&mut self) -> Option<Vec<String>> {
        let value = self.get("PolicyRegions")?;
        let none_on_purpose = value.as_array().is_some_and(Vec::is_empty);
        let regions = list(value).unwrap_or_default();
        if regions.is_empty() && !none_on_purpose {
            self.problem(
                "`PolicyRegions` names nothing: expected Region codes, as a list or \
                 comma-separated (an empty list to put none into the policy)",
            );
        }
        for problem in regions.iter().filter_map(|region| region_problem(region)) {
            self.problem(format!("`PolicyRegions`: {problem}"));
        }
        Some(regions)
    }

    fn content(&mut self) -> ContentSource {
        let content = match self.get("PolicyContent") {
            Some(Value::String(text)) => Some(ContentSource::Text(text.clone())),
            Some(Value::Object(object)) => match (object.get("S3"), object.len()) {
                (Some(s3), 1) => return self.s3(&s3.clone()),
                _ => Some(ContentSource::Object(Value::Object(object.clone()))),
            },
            _ => None,
        };
        content.unwrap_or_else(|| {
            self.problem(
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
                "`PolicyContent.S3` must have the keys PolicyBucket, PolicyKey and, if a version \
                 is wanted, VersionId, all texts",
            );
        }
        for name in ["PolicyBucket", "PolicyKey"] {
            if text(name).is_none() {
                self.problem(format!(
                    "`PolicyContent.S3.{name}` is missing: expected a text"
                ));
            }
        }
        ContentSource::S3(S3Object {
            bucket: text("PolicyBucket").unwrap_or_default(),
            key: text("PolicyKey").unwrap_or_default(),
            version_id,
        })
    }

    /// A map, or the original solution's list of maps.
    fn variables(&mut self) -> BTreeMap<String, String> {
        let maps: Vec<Value> = match self.get("Variables") {
            None => Vec::new(),
            Some(Value::Array(maps)) => maps.clone(),
            Some(other) => vec![other.clone()],
        };
        let mut variables = BTreeMap::new();
        for map in maps {
            let Value::Object(map) = map else {
                self.problem("`Variables` must be a map of texts, or a list of such maps");
                continue;
            };
            for (key, value) in map {
                match scalar(&value) {
                    _ if key.is_empty() => self.problem("`Variables` has an empty key"),
                    None => self.problem(format!("`Variables.{key}` must be a text")),
                    Some(text) => match variables.insert(key.clone(), text.clone()) {
                        Some(other) if other != text => self.problem(format!(
                            "`Variables.{key}` is given twice with different values"
                        )),
                        _ => {}
                    },
                }
            }
        }
        variables
    }

    /// CloudFormation's usual list of `{Key, Value}`.
    fn tags(&mut self) -> BTreeMap<String, String> {
        let items = match self.get("Tags") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => {
                self.problem("`Tags` must be a list of {\"Key\", \"Value\"}");
                Vec::new()
            }
        };
        let mut tags = BTreeMap::new();
        for item in &items {
            let key = item.get("Key").and_then(scalar);
            let value = item.get("Value").and_then(scalar);
            let (Some(key), Some(value)) = (key, value) else {
                self.problem("`Tags` must be a list of {\"Key\", \"Value\"}");
                continue;
            };
            if let Some(problem) = tag_problem(&key, &value) {
                self.problem(format!("`Tags`: {problem}"));
            } else if tags.insert(key.clone(), value).is_some() {
                self.problem(format!("`Tags`: the key `{key}` is given twice"));
            }
        }
        if tags.len() > MAX_TAGS - OWN_TAGS {
            self.problem(format!(
                "`Tags` has {} tags: expected at most {}, because a policy may bear {MAX_TAGS} \
                 and {OWN_TAGS} say whose it is",
                tags.len(),
                MAX_TAGS - OWN_TAGS
            ));
        }
        tags
    }
}

/// AWS Organizations API reference, Tag: key 1 to 128, value 0 to 256 characters, both of
/// letters, spaces, numbers and `_.:/=+-@`; `aws:` is reserved. The value is never repeated.
fn tag_problem(key: &str, value: &str) -> Option<String> {
    let allowed = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
    };
    if key.to_ascii_lowercase().starts_with("aws:") || key.starts_with(TAG_PREFIX) {
        Some(format!(
            "the key `{key}` is reserved: expected one without `aws:` or `{TAG_PREFIX}` before it"
        ))
    } else if !(1..=128).contains(&key.chars().count()) || !allowed(key) {
        Some(format!(
            "the key `{key}` must have 1 to 128 letters, digits, spaces and `_.:/=+-@`"
        ))
    } else if value.chars().count() > 256 || !allowed(value) {
        Some(format!(
            "the value of `{key}` must have at most 256 letters, digits, spaces and `_.:/=+-@`"
        ))
    } else {
        None
    }
}

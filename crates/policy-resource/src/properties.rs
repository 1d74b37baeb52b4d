//! The properties of `Custom::BackupOrgPolicy`: all of them read, all problems reported at once.
//!
//! CloudFormation hands numbers and booleans over as strings and lists sometimes as
//! comma-separated text, so both forms are accepted everywhere.

mod form;
mod read;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::identity::is_account_id;
use form::scalar;
pub use form::{region_problem, split_list, target_problem};
use read::Reader;

/// The SSM parameter with the targets that a template does not name.
pub const TARGETS_PARAMETER: &str = "/backup/target/organizational-units";
/// The SSM parameter with the Regions that a template does not name.
pub const REGIONS_PARAMETER: &str = "/backup/target/regions";

/// The names of all properties, in the order of the documentation. `ServiceToken` and
/// `ServiceTimeout` are CloudFormation's own.
pub const NAMES: [&str; 14] = [
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
    "Repair",
    "Tags",
    "ServiceToken",
    "ServiceTimeout",
];

/// Items of a list, and variables, that a request may have: in 15 minutes, at two attachments a
/// second, a third of them can change. Our choice.
pub const MOST_ITEMS: usize = 5_000;

/// Characters of a variable, or of a content in the template: AWS allows a policy 10,000, and white
/// space does not count. Our choice.
pub const MOST_CHARACTERS: usize = 1_000_000;

/// Characters of a variable's name, such as `${VaultName}`. Our choice.
pub const LONGEST_VARIABLE: usize = 200;

/// Problems that are reported of one resource.
const MOST_PROBLEMS: usize = 100;

/// Problems that are named in one text; CloudFormation shows about 1,000 characters.
const NAMED: usize = 20;

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
    /// `/backup/target/organizational-units` has.
    pub targets: Option<Vec<String>>,
    /// Regions for the plans that name none themselves; empty for none at all. `None`: as the
    /// SSM parameter `/backup/target/regions` has.
    pub regions: Option<Vec<String>>,
    /// The organization's management account.
    pub management_account: String,
    /// Whether to enable backup policies on the organization's root first.
    pub enable_policy_type: bool,
    /// Whether a policy of this name that bears no tags of this resource is taken over.
    pub adopt_existing: bool,
    /// Whether what others change on the policy by hand is put back.
    pub repair: bool,
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

/// One wrong property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The property's name.
    pub property: String,
    /// What is wrong and what is expected, with the property's name.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every wrong property, a hundred at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyErrors(pub Vec<Problem>);

impl fmt::Display for PropertyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => only.fmt(f),
            all => {
                let texts = all.iter().take(NAMED).map(|it| it.text.as_str());
                let texts = texts.collect::<Vec<_>>().join("; ");
                write!(f, "{} properties are wrong: {texts}", all.len())?;
                match all.len().saturating_sub(NAMED) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
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
    /// use policy_resource::properties::Properties;
    /// let errors = Properties::read(&serde_json::json!({
    ///     "PolicyName": "daily", "PolicyContent": {"plans": {}}, "OrgManagementAccount": "12345",
    ///     "PolicyTarget": "ou-abcd-12345678"
    /// }))
    /// .unwrap_err();
    /// assert_eq!(errors.0.len(), 2); // the account's length and the unknown property
    /// ```
    pub fn read(properties: &Value) -> Result<Self, PropertyErrors> {
        match Self::examine(properties, |_| false) {
            (read, problems) if problems.is_empty() => Ok(read),
            (_, problems) => Err(PropertyErrors(problems)),
        }
    }

    /// Reads properties before they are deployed: as far as they can be read, with every problem.
    ///
    /// `is_open` recognizes a text that is known only at deployment: it is no problem, wherever it
    /// stands, and is read as it is.
    pub fn examine(properties: &Value, is_open: fn(&str) -> bool) -> (Self, Vec<Problem>) {
        let empty = Map::new();
        let mut reader = Reader {
            map: properties.as_object().unwrap_or(&empty),
            is_open,
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
            repair: reader.flag("Repair"),
            tags: reader.tags(),
        };
        (read, reader.problems)
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

#[cfg(test)]
mod tests;

//! An organization as one file shows it: its tree, what is attached where, and the policies.

mod check;
pub(crate) mod error;
mod read;

use std::collections::{BTreeMap, HashMap};

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use crate::Instant;
use crate::inheritance::fragment::Fragment;
pub use error::OrganizationError;

/// How many policies AWS lets be attached to one root, organizational unit or account. (What they
/// inherit does not count.)
pub const MAX_ATTACHED: usize = 10;

/// How many levels of organizational units AWS allows below the root.
pub const MAX_UNIT_LEVELS: usize = 5;

/// An organization: one root, what is below it, and the policies of one type.
///
/// Serialised, it is the file that [`Organization::parse`] reads. The fields are open so that
/// whoever plans a change can build the organization as it would be; [`Organization::check`] then
/// says whether AWS could hold it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Organization {
    /// The policies' type: `BACKUP_POLICY`.
    pub policy_type: String,
    /// When it was read from AWS, if that is known.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub read_at: Option<Instant>,
    /// The root of the tree.
    pub root: Unit,
    /// The policies by their ids, attached or not.
    pub policies: BTreeMap<String, Policy>,
}

/// The root or an organizational unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// `r-...` or `ou-...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ids of the policies attached to it, in the order in which they were attached.
    pub policies: Vec<String>,
    /// The organizational units right below it.
    pub organizational_units: Vec<Unit>,
    /// The accounts right below it.
    pub accounts: Vec<Account>,
}

/// A member account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ids of the policies attached to it, in the order in which they were attached.
    pub policies: Vec<String>,
}

/// One policy as it was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    /// Its name, which is unique among the policies of its type.
    pub name: String,
    /// The document.
    pub content: Value,
}

fn moment<S: serde::Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    serializer.serialize_some(&text)
}

impl Organization {
    /// Reads the file of an organization.
    ///
    /// `content` may be the document itself or, as AWS gives it, its text. A list that is empty may
    /// be left out.
    ///
    /// # Errors
    /// The text is not JSON, or is not an organization that AWS could hold: everything that is
    /// wrong with it, in the order of the text, each with its place.
    ///
    /// # Example
    /// ```
    /// use backup_policy::Organization;
    /// let text = r#"{"policy_type": "BACKUP_POLICY", "policies": {},
    ///     "root": {"id": "r-abcd", "name": "Root", "policies": ["p-daily"]}}"#;
    /// let errors = Organization::parse(text).unwrap_err();
    /// assert_eq!(
    ///     errors[0].to_string(),
    ///     "`root.policies[0]`: there is no policy `p-daily`: add it to `policies`, or take the \
    ///      id out (line 2, column 59)"
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Organization, Vec<OrganizationError>> {
        read::parse(text)
    }

    /// Checks an organization that was not read from a file.
    ///
    /// # Errors
    /// As for [`Organization::parse`], without places in a text.
    pub fn check(&self) -> Result<(), Vec<OrganizationError>> {
        self.read_policies().map(|_| ())
    }

    /// The policies, ready to be merged.
    pub(crate) fn read_policies(&self) -> Result<HashMap<&str, Fragment>, Vec<OrganizationError>> {
        let mut errors = error::Errors::default();
        let policies = check::check(self, &mut errors);
        if errors.is_empty() {
            Ok(policies)
        } else {
            Err(errors.without_places())
        }
    }
}

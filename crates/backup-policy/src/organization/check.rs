//! Whether AWS could hold an organization.

use std::collections::HashMap;

use super::error::{At, Errors};
use super::{Account, MAX_ATTACHED, MAX_UNIT_LEVELS, Organization, Unit};
use crate::grammar::BACKUP_POLICY;
use crate::inheritance::fragment::Fragment;
use crate::validate::suggest;

/// Everything that is wrong with it. Returns the policies, each read once.
pub(crate) fn check<'o>(
    organization: &'o Organization,
    errors: &mut Errors,
) -> HashMap<&'o str, Fragment> {
    let at = At::WHOLE;
    let mut checker = Checker {
        organization,
        seen: HashMap::new(),
        errors,
    };
    checker.policy_type(&at.key("policy_type"));
    checker.unit(&organization.root, &at.key("root"), 0);
    let at = at.key("policies");
    let mut read = HashMap::new();
    for (id, policy) in &organization.policies {
        let at = at.key(id);
        let at = at.key("content");
        let fragment = Fragment::read(&organization.policy_type, &policy.content, &at, errors);
        read.insert(id.as_str(), fragment);
    }
    read
}

struct Checker<'o, 'e> {
    organization: &'o Organization,
    /// The ids so far, and what has them.
    seen: HashMap<&'o str, &'static str>,
    errors: &'e mut Errors,
}

impl<'o> Checker<'o, '_> {
    /// A misspelt type would be merged as some other type, without the checks of backup policies.
    fn policy_type(&mut self, at: &At<'_>) {
        let written = self.organization.policy_type.as_str();
        let message = match written {
            BACKUP_POLICY => return,
            "" => "the type of the policies is empty: write `BACKUP_POLICY`".into(),
            "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY" => format!(
                "policies of the type `{written}` are not merged: AWS evaluates each of them"
            ),
            _ if suggest::nearest(written, [BACKUP_POLICY]).is_some() => {
                format!("there is no policy type `{written}`: did you mean `{BACKUP_POLICY}`?")
            }
            _ => return,
        };
        self.errors.add(at, message);
    }

    fn unit(&mut self, unit: &'o Unit, at: &At<'_>, level: usize) {
        let what = if level == 0 {
            "the root"
        } else {
            "an organizational unit"
        };
        self.id(&unit.id, what, at);
        if level > MAX_UNIT_LEVELS {
            let message = format!(
                "this organizational unit is on level {level} below the root: AWS allows \
                 {MAX_UNIT_LEVELS}"
            );
            self.errors.add(at, message);
            return;
        }
        self.attached(&unit.policies, at);
        let list = at.key("organizational_units");
        for (index, below) in unit.organizational_units.iter().enumerate() {
            self.unit(below, &list.element(index), level + 1);
        }
        let list = at.key("accounts");
        for (index, account) in unit.accounts.iter().enumerate() {
            self.account(account, &list.element(index));
        }
    }

    fn account(&mut self, account: &'o Account, at: &At<'_>) {
        let id = &account.id;
        self.id(id, "an account", at);
        let is_number = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        if !id.is_empty() && !is_number {
            let message = format!("`{id}` is not the id of an account: write its 12 digits");
            self.errors.add(&at.key("id"), message);
        }
        self.attached(&account.policies, at);
    }

    fn id(&mut self, id: &'o str, what: &'static str, at: &At<'_>) {
        if id.is_empty() {
            self.errors
                .add(&at.key("id"), "the id is empty: write it".into());
        } else if let Some(other) = self.seen.insert(id, what) {
            let message = format!("`{id}` is there twice: {other} before this has the same id");
            self.errors.add(&at.key("id"), message);
        }
    }

    fn attached(&mut self, ids: &[String], at: &At<'_>) {
        let at = at.key("policies");
        if ids.len() > MAX_ATTACHED {
            let message = format!(
                "{} policies are attached here: AWS allows {MAX_ATTACHED}",
                ids.len()
            );
            self.errors.add(&at, message);
        }
        for (index, id) in ids.iter().enumerate() {
            let at = at.element(index);
            if ids.iter().take(index).any(|other| other == id) {
                let message = format!("`{id}` is attached here twice: take one out");
                self.errors.add(&at, message);
            } else if !self.organization.policies.contains_key(id) {
                let message =
                    format!("there is no policy `{id}`: add it to `policies`, or take the id out");
                self.errors.add(&at, message);
            }
        }
    }
}

//! The policies that reach each account, merged by us and by AWS.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::{Effective, Instant, Organization};
use serde_json::Value;

use crate::Seen;
use crate::due::{Expected, expected};

/// The accounts whose merged policy AWS calls invalid, by id, with the reasons that it gives.
pub type Invalid = BTreeMap<String, Seen<Vec<String>>>;

/// Our merge of the policies that reach an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The merged document.
    pub document: Value,
    /// Why AWS withholds it; empty if it does not.
    pub problems: Vec<String>,
    /// The names of its plans.
    pub plans: Vec<String>,
    /// Its rules.
    pub expected: Vec<Expected>,
}

/// What `DescribeEffectivePolicy` answers.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce {
    /// The document.
    pub document: Value,
    /// When AWS merged it last.
    pub updated: Option<Instant>,
}

/// Merges the policies as AWS does, by the accounts' ids. Accounts that get the same share it.
///
/// Unknown, with the reason, if a policy cannot be read.
pub fn merges(organization: &Organization, now: Instant) -> Seen<BTreeMap<String, Arc<Merge>>> {
    let effective = match organization.effective_policies(now) {
        Ok(effective) => effective,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            return Seen::Unknown(first.unwrap_or_default());
        }
    };
    let mut shared: HashMap<*const Effective, Arc<Merge>> = HashMap::new();
    let merges = effective.accounts.iter().map(|policy| {
        let merge = shared
            .entry(Arc::as_ptr(&policy.effective))
            .or_insert_with(|| Arc::new(merge(&policy.effective)));
        (policy.account.id.clone(), Arc::clone(merge))
    });
    Seen::There(merges.collect())
}

fn merge(effective: &Effective) -> Merge {
    let problems = effective.problems.iter();
    let withholding = problems.filter(|problem| problem.code.withholds());
    let plans = effective.plans();
    Merge {
        document: effective.merged(),
        problems: withholding
            .map(|it| format!("{}: {} (in {})", it.code.name(), it.message, it.path))
            .collect(),
        plans: plans.iter().map(|plan| plan.name().to_owned()).collect(),
        expected: expected(effective),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two accounts below the root, which has one policy, and one with another of its own.
    fn organization(rule: &Value) -> Organization {
        let content = json!({"plans": {"daily": {
            "regions": {"@@assign": ["eu-west-1"]},
            "rules": {"nightly": rule},
            "selections": {"tags": {"by-tag": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/R"},
                "tag_key": {"@@assign": "backup"},
                "tag_value": {"@@assign": ["daily"]},
            }}},
        }}});
        let own = json!({"plans": {"daily": {"regions": {"@@assign": ["us-east-1"]}}}});
        let accounts = json!([
            {"id": "444444444441", "name": "shop"},
            {"id": "444444444442", "name": "bank"},
            {"id": "444444444443", "name": "own", "policies": ["p-2"]},
        ]);
        let organization = json!({
            "policy_type": "BACKUP_POLICY",
            "root": {"id": "r-abcd", "name": "Root", "policies": ["p-1"], "accounts": accounts},
            "policies": {
                "p-1": {"name": "daily", "content": content},
                "p-2": {"name": "own", "content": own},
            },
        });
        Organization::parse(&organization.to_string()).unwrap()
    }

    fn now() -> Instant {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    fn merged(rule: &Value) -> BTreeMap<String, Arc<Merge>> {
        match merges(&organization(rule), now()) {
            Seen::There(merges) => merges,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn accounts_with_the_same_policies_share_one_merge() {
        let merges = merged(&json!({"target_backup_vault_name": {"@@assign": "Vault"}}));
        let [shop, bank, own] = ["1", "2", "3"].map(|n| &merges[&format!("44444444444{n}")]);
        assert!(Arc::ptr_eq(shop, bank));
        assert_eq!(
            (shop.plans.as_slice(), shop.problems.len()),
            (&["daily".to_owned()][..], 0)
        );
        assert_eq!(shop.expected[0].regions, ["eu-west-1"]);
        assert_eq!(own.expected[0].regions, ["us-east-1"]);
        assert_eq!(
            shop.document["plans"]["daily"]["regions"],
            json!(["eu-west-1"])
        );
    }

    #[test]
    fn only_what_makes_aws_withhold_a_merge_is_a_problem_of_it() {
        let invalid = merged(&json!({"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}}));
        let problems = &invalid["444444444441"].problems;
        assert_eq!(
            problems.as_slice(),
            ["KEY_REQUIRED: 'target_backup_vault_name' is missing (in plans/daily/rules/nightly)"]
        );
    }

    #[test]
    fn policies_that_cannot_be_read_leave_everything_unknown_with_the_reason() {
        let mut organization = organization(&json!({}));
        for policy in organization.policies.values_mut() {
            policy.content = json!("no JSON");
        }
        match merges(&organization, now()) {
            Seen::Unknown(why) => assert!(why.contains("p-1"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

//! Who changed something, as an event of AWS Organizations says it.

use serde_json::Value;

use super::Difference;

/// A call that somebody made, by CloudTrail's record of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// The management account, where the record is from.
    pub account: String,
    /// The event's own id.
    pub id: String,
    /// `DetachPolicy`, ...
    pub name: String,
    /// When, as CloudTrail writes it.
    pub time: String,
    /// Whose call it was: an ARN. Empty when the record does not say.
    pub by: String,
    /// From where: an address, or an AWS service. Empty when the record does not say.
    pub from: String,
    policy: Option<String>,
    target: Option<String>,
    /// An account that was moved.
    pub moved: Option<Moved>,
}

/// An account that somebody moved to another place in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The account.
    pub account: String,
    /// The root or OU that it was in.
    pub source: String,
    /// The root or OU that it is in now.
    pub destination: String,
}

impl Cause {
    /// Reads an event of EventBridge; `None` when it is not one of AWS Organizations.
    pub fn read(event: &Value) -> Option<Self> {
        let at = |path: &str| event.pointer(path).and_then(Value::as_str);
        let text = |path: &str| at(path).unwrap_or_default().to_string();
        if at("/source") != Some("aws.organizations") {
            return None;
        }
        let parameter = |name: &str| {
            let found = at(&format!("/detail/requestParameters/{name}"));
            found.map(str::to_string)
        };
        let moved = || {
            Some(Moved {
                account: parameter("accountId")?,
                source: parameter("sourceParentId")?,
                destination: parameter("destinationParentId")?,
            })
        };
        let name = text("/detail/eventName");
        // What was refused changed nothing.
        let failed = at("/detail/errorCode").is_some();
        Some(Self {
            account: text("/account"),
            id: text("/id"),
            time: text("/detail/eventTime"),
            by: text("/detail/userIdentity/arn"),
            from: text("/detail/sourceIPAddress"),
            policy: parameter("policyId").filter(|_| !failed),
            target: parameter("targetId"),
            moved: (name == "MoveAccount" && !failed).then(moved).flatten(),
            name,
        })
    }

    /// Whether this call made one of these differences, by their texts.
    pub fn explains(&self, policy: &str, texts: &[String]) -> bool {
        let made = self.made(policy);
        made.iter().any(|it| texts.contains(&it.to_string()))
    }

    /// The differences that this call can have made to a policy.
    fn made(&self, policy: &str) -> Vec<Difference> {
        let this = self.policy.as_deref() == Some(policy);
        let target = self.target.clone().unwrap_or_default();
        match self.name.as_str() {
            "UpdatePolicy" if this => vec![
                Difference::Content,
                Difference::Name,
                Difference::Description,
            ],
            "DetachPolicy" if this => vec![Difference::Detached(target)],
            "AttachPolicy" if this => vec![Difference::Attached(target)],
            "DeletePolicy" if this => vec![Difference::Deleted],
            "DisablePolicyType" => vec![Difference::TypeDisabled],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(name: &str, parameters: Value) -> Value {
        json!({
            "id": "e-1", "source": "aws.organizations", "account": "111111111111",
            "detail-type": "AWS API Call via CloudTrail",
            "detail": {
                "eventName": name, "eventTime": "2026-11-30T02:00:00Z",
                "eventSource": "organizations.amazonaws.com",
                "sourceIPAddress": "192.0.2.7",
                "userIdentity": {"arn": "arn:aws:sts::111111111111:assumed-role/Admin/ann"},
                "requestParameters": parameters,
            },
        })
    }

    #[test]
    fn a_call_explains_the_difference_that_it_made_and_no_other() {
        let detached = json!({"policyId": "p-example123", "targetId": "ou-abcd-1"});
        let cause = Cause::read(&event("DetachPolicy", detached)).unwrap();
        assert_eq!(cause.by, "arn:aws:sts::111111111111:assumed-role/Admin/ann");
        let this = [Difference::Detached("ou-abcd-1".into()).to_string()];
        assert!(cause.explains("p-example123", &this));
        assert!(!cause.explains("p-another000", &this));
        for other in [
            Difference::Detached("ou-abcd-2".into()),
            Difference::Attached("ou-abcd-1".into()),
            Difference::Content,
            Difference::Deleted,
            Difference::TypeDisabled,
        ] {
            let other = [other.to_string()];
            assert!(!cause.explains("p-example123", &other), "{other:?}");
        }
    }

    #[test]
    fn every_call_explains_what_it_can_do_to_the_policy_that_it_names() {
        let root = || "r-abcd".to_string();
        let all = [
            Difference::Content,
            Difference::Name,
            Difference::Description,
            Difference::Detached(root()),
            Difference::Attached(root()),
            Difference::Deleted,
            Difference::Disowned,
            Difference::TypeDisabled,
            Difference::Unknown,
        ];
        let explained = |name: &str, policy: &str| {
            let named = json!({"policyId": policy, "targetId": "r-abcd", "rootId": "r-abcd"});
            let cause = Cause::read(&event(name, named)).unwrap();
            let explains = |it: &&Difference| cause.explains("p-example123", &[it.to_string()]);
            all.iter().filter(explains).cloned().collect::<Vec<_>>()
        };
        for (name, differences) in [
            (
                "UpdatePolicy",
                &[
                    Difference::Content,
                    Difference::Name,
                    Difference::Description,
                ][..],
            ),
            ("DetachPolicy", &[Difference::Detached(root())]),
            ("AttachPolicy", &[Difference::Attached(root())]),
            ("DeletePolicy", &[Difference::Deleted]),
            ("MoveAccount", &[]),
        ] {
            assert_eq!(explained(name, "p-example123"), differences, "{name}");
            assert_eq!(explained(name, "p-another000"), [], "{name}");
        }
        // It is about no policy, and so about all.
        for policy in ["p-example123", "p-another000"] {
            let found = explained("DisablePolicyType", policy);
            assert_eq!(found, [Difference::TypeDisabled]);
        }
    }

    #[test]
    fn a_call_that_was_refused_explains_nothing() {
        let mut event = event("DeletePolicy", json!({"policyId": "p-example123"}));
        event["detail"]["errorCode"] = json!("AccessDenied");
        let cause = Cause::read(&event).unwrap();
        let deleted = [Difference::Deleted.to_string()];
        assert!(!cause.explains("p-example123", &deleted));
    }

    #[test]
    fn only_events_of_organizations_are_read_and_any_shape_of_them() {
        assert_eq!(Cause::read(&json!({"source": "aws.backup"})), None);
        assert_eq!(Cause::read(&json!(["x"])), None);
        let odd = json!({"source": "aws.organizations", "detail": [1]});
        assert_eq!(Cause::read(&odd), Some(Cause::default()));
    }

    #[test]
    fn a_move_says_which_account_and_whence() {
        let moved = json!({
            "accountId": "333333333333", "sourceParentId": "ou-abcd-1", "destinationParentId": "r-abcd",
        });
        let cause = Cause::read(&event("MoveAccount", moved.clone())).unwrap();
        assert_eq!(cause.moved.map(|it| it.source), Some("ou-abcd-1".into()));
        let mut refused = event("MoveAccount", moved.clone());
        refused["detail"]["errorCode"] = json!("AccessDeniedException");
        for other in [refused, event("CreateAccount", moved)] {
            assert_eq!(Cause::read(&other).unwrap().moved, None, "{other}");
        }
    }
}

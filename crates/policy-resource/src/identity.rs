//! How a policy is known: its ARN, and the tags that name the resource that owns it.

use std::collections::BTreeMap;
use std::fmt;

/// Tag with the id of the stack that manages the policy.
pub const TAG_STACK_ID: &str = "backup-org-policy:stack-id";
/// Tag with the logical id of the resource that manages the policy.
pub const TAG_LOGICAL_ID: &str = "backup-org-policy:logical-id";
/// Tag with the RequestId of the Create that made the policy.
pub const TAG_REQUEST_ID: &str = "backup-org-policy:request-id";
/// Tag that a policy bears from its creation until CloudFormation shows that it has the answer. A Delete
/// that CloudFormation sends because a Create never answered removes only policies that bear it,
/// and so not the policy of an older resource with the same logical id. Should removing the tag
/// fail after the answer, it stays until the next Update, and until then the two look alike.
pub const TAG_UNANSWERED: &str = "backup-org-policy:unanswered";
/// Tag with digests of the last two contents that AWS accepted, see [`crate::accepted`].
pub const TAG_ACCEPTED: &str = "backup-org-policy:accepted";
/// All tags of this function begin so; a template's `Tags` may not.
pub const TAG_PREFIX: &str = "backup-org-policy:";
/// The number of tags in this module, which a policy's 50 (AWS Organizations quotas) must hold
/// beside those of the template.
pub const OWN_TAGS: usize = 5;

/// The ARN of a backup policy.
///
/// ```
/// use policy_resource::identity::PolicyArn;
/// let arn = "arn:aws:organizations::111111111111:policy/o-exampleorg1/backup_policy/p-example123";
/// let policy: PolicyArn = arn.parse().unwrap();
/// assert_eq!(policy.management_account, "111111111111");
/// assert_eq!(policy.policy_id, "p-example123");
/// assert_eq!(policy.to_string(), arn);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyArn {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// The account that owns the organization.
    pub management_account: String,
    /// `o-...`
    pub organization_id: String,
    /// `p-...`
    pub policy_id: String,
}

/// The text is not the ARN of a backup policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the arn of an AWS Organizations backup policy")]
pub struct NotAPolicyArn;

impl std::str::FromStr for PolicyArn {
    type Err = NotAPolicyArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("arn:").ok_or(NotAPolicyArn)?;
        let (partition, rest) = rest.split_once(":organizations::").ok_or(NotAPolicyArn)?;
        let (account, resource) = rest.split_once(":policy/").ok_or(NotAPolicyArn)?;
        let (organization, policy) = resource
            .split_once("/backup_policy/")
            .ok_or(NotAPolicyArn)?;
        let whole = !partition.is_empty()
            && !partition.contains(':')
            && is_account_id(account)
            && organization.starts_with("o-")
            && is_policy_id(policy);
        whole
            .then(|| Self {
                partition: partition.to_string(),
                management_account: account.to_string(),
                organization_id: organization.to_string(),
                policy_id: policy.to_string(),
            })
            .ok_or(NotAPolicyArn)
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            management_account,
            organization_id,
            policy_id,
        } = self;
        write!(
            f,
            "arn:{partition}:organizations::{management_account}:policy/{organization_id}/backup_policy/{policy_id}"
        )
    }
}

/// Twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `^p-[0-9a-zA-Z_]{8,128}$` (AWS Organizations API reference, PolicyId).
pub fn is_policy_id(text: &str) -> bool {
    text.strip_prefix("p-").is_some_and(|id| {
        (8..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// Who may change and delete a policy: one resource of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The stack's id (an ARN).
    pub stack_id: String,
    /// The resource's logical id.
    pub logical_id: String,
}

/// The name in a stack's id: `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.
pub fn stack_name(stack_id: &str) -> &str {
    stack_id.split('/').nth(1).unwrap_or_default()
}

/// Whose a policy is, by its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// It bears this owner's tags.
    Ours,
    /// It bears another owner's tags.
    Others,
    /// It bears no owner's tags: made by hand, by another tool, or its tags were removed.
    Nobodys,
}

impl Owner {
    /// The tags that mark a policy as this owner's.
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (TAG_STACK_ID.to_string(), self.stack_id.clone()),
            (TAG_LOGICAL_ID.to_string(), self.logical_id.clone()),
        ])
    }

    /// The description of a policy for which the template has none: at most 512 characters
    /// (AWS Organizations API reference, CreatePolicy).
    pub fn description(&self) -> String {
        let stack = stack_name(&self.stack_id);
        let id = &self.logical_id;
        let text = format!("Managed by CloudFormation stack {stack}, resource {id}");
        text.chars().take(512).collect()
    }

    /// Whose a policy with these tags is, seen from this owner.
    pub fn of(&self, tags: &BTreeMap<String, String>) -> Ownership {
        match (tags.get(TAG_STACK_ID), tags.get(TAG_LOGICAL_ID)) {
            (Some(stack), Some(logical))
                if *stack == self.stack_id && *logical == self.logical_id =>
            {
                Ownership::Ours
            }
            (None, None) => Ownership::Nobodys,
            _ => Ownership::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_backup_policys_arn_is_one() {
        let arn = |partition: &str, account: &str, rest: &str| {
            format!("arn:{partition}:organizations::{account}:policy/o-exampleorg1/{rest}")
        };
        for right in ["aws", "aws-cn"] {
            let text = arn(right, "111111111111", "backup_policy/p-example123");
            assert_eq!(text.parse::<PolicyArn>().unwrap().to_string(), text);
        }
        for wrong in [
            arn("aws", "111111111111", "service_control_policy/p-example123"),
            arn("aws", "11111111111", "backup_policy/p-example123"),
            arn("aws", "111111111111", "backup_policy/p-1"),
            arn("aws", "11111111111x", "backup_policy/p-example123"),
            arn("", "111111111111", "backup_policy/p-example123"),
            arn("aws:", "111111111111", "backup_policy/p-example123"),
            arn("aws", "111111111111", "backup_policy/p-example123").replace("/o-", "/x-"),
            "p-example123".to_owned(),
        ] {
            assert!(wrong.parse::<PolicyArn>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_policys_id_has_8_to_128_letters_digits_and_underscores() {
        for length in [8, 128] {
            assert!(is_policy_id(&format!("p-{}", "a".repeat(length))));
        }
        assert!(is_policy_id("p-A_z09aaa"));
        for wrong in ["p-aaaaaaa", "p-aaaa-aaa", "p-aaaaaaaä", "aaaaaaaa"] {
            assert!(!is_policy_id(wrong), "{wrong}");
        }
        assert!(!is_policy_id(&format!("p-{}", "a".repeat(129))));
    }

    #[test]
    fn a_policy_without_a_description_names_its_stack_and_resource() {
        let owner = |logical_id: String| Owner {
            stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/backup/5f0c".into(),
            logical_id,
        };
        assert_eq!(
            owner("Daily".into()).description(),
            "Managed by CloudFormation stack backup, resource Daily"
        );
        // CreatePolicy takes 512 characters.
        let long = owner("x".repeat(600)).description();
        assert_eq!(long.chars().count(), 512);
        assert!(long.starts_with("Managed by CloudFormation stack backup, resource xxx"));
    }

    #[test]
    fn a_policy_is_ours_only_with_both_tags() {
        let owner = Owner {
            stack_id: "stack".into(),
            logical_id: "Daily".into(),
        };
        let tags = owner.tags();
        assert_eq!(owner.of(&tags), Ownership::Ours);
        assert_eq!(owner.of(&BTreeMap::new()), Ownership::Nobodys);
        let mut half = tags.clone();
        half.remove(TAG_LOGICAL_ID);
        assert_eq!(owner.of(&half), Ownership::Others);
        let elsewhere = Owner {
            stack_id: "another stack".into(),
            ..owner.clone()
        };
        assert_eq!(elsewhere.of(&tags), Ownership::Others);
        let monthly = Owner {
            logical_id: "Monthly".into(),
            ..owner
        };
        assert_eq!(monthly.of(&tags), Ownership::Others);
    }
}

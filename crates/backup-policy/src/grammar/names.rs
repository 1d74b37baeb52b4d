//! The alphabets of names, and the resource types that a selection can name.

/// Plans, rules, selections and conditions: 1 to 50 letters, digits, `_`, `.` and `-`.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=50).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Vaults: the same without the dot. (AWS Backup itself wants at least two characters.)
pub(crate) fn is_vault_name(text: &str) -> bool {
    is_name(text) && !text.contains('.')
}

/// What `resource_types` may list besides `*`, in the partition `aws`.
pub(crate) const RESOURCE_TYPES: &[&str] = &[
    "arn:aws:backup-gateway:*:*:vm/*",
    "arn:aws:cloudformation:*:*:stack/*",
    "arn:aws:dsql:*:*:cluster/*",
    "arn:aws:dynamodb:*:*:table/*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:ec2:*:*:volume/*",
    "arn:aws:eks:*:*:cluster/*",
    "arn:aws:elasticfilesystem:*:*:file-system/*",
    "arn:aws:fsx:*:*:file-system/*",
    "arn:aws:fsx:*:*:volume/*",
    "arn:aws:rds:*:*:cluster:*",
    "arn:aws:rds:*:*:db:*",
    "arn:aws:redshift-serverless:*:*:namespace/*",
    "arn:aws:redshift:*:*:cluster:*",
    "arn:aws:s3:::*",
    "arn:aws:ssm-sap:*:*:HANA/*",
    "arn:aws:storagegateway:*:*:gateway/*",
    "arn:aws:timestream:*:*:database/*",
];

/// Whether AWS knows a resource type, in any partition.
pub(crate) fn is_resource_type(text: &str) -> bool {
    let Some((partition, rest)) = text
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(':'))
    else {
        return text == "*";
    };
    let is_partition = partition == "aws" || partition.starts_with("aws-");
    is_partition
        && RESOURCE_TYPES
            .iter()
            .any(|known| known.strip_prefix("arn:aws:") == Some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_to_fifty_plain_characters() {
        for right in ["A_-9", "a.b", &"x".repeat(50)] {
            assert!(is_name(right), "{right}");
        }
        for wrong in ["", "a b", "täglich", &"x".repeat(51), "a/b"] {
            assert!(!is_name(wrong), "{wrong}");
        }
        assert!(is_vault_name("v"));
        assert!(!is_vault_name("with.dot"));
    }

    #[test]
    fn resource_types_exist_in_every_partition() {
        assert!(is_resource_type("*"));
        assert!(is_resource_type("arn:aws-us-gov:ec2:*:*:volume/*"));
        assert!(!is_resource_type("arn:aws:sqs:*:*:*"));
        assert!(!is_resource_type(
            "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"
        ));
    }
}

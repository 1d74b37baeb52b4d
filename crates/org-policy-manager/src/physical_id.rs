//! The resource's physical id: the policy's ARN, or what a failed Create left behind.

use policy_resource::identity::PolicyArn;

/// Begins the physical id that answers a failed Create which left nothing behind.
const UNDONE_PREFIX: &str = "create-undone:";

/// What a request's physical id reveals about the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhysicalId {
    /// A policy that this function made or adopted.
    Policy(PolicyArn),
    /// A Create that failed and left nothing: there is nothing to delete.
    Undone,
    /// A Create that failed; what it made bears this RequestId.
    FailedCreate(String),
    /// CloudFormation's own invention: it never got an answer to a Create.
    Unknown,
}

impl PhysicalId {
    /// Reads a physical id.
    pub fn read(id: &str) -> Self {
        if let Ok(arn) = id.parse() {
            return Self::Policy(arn);
        }
        if id.starts_with(UNDONE_PREFIX) {
            return Self::Undone;
        }
        match id.strip_prefix(&cfn_custom_resource::create_failed_marker("")) {
            Some(request_id) if !request_id.is_empty() => {
                Self::FailedCreate(request_id.to_string())
            }
            _ => Self::Unknown,
        }
    }

    /// The physical id of a failed Create that left nothing behind.
    pub fn undone(request_id: &str) -> String {
        format!("{UNDONE_PREFIX}{request_id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws-cn:organizations::111111111111:policy/o-exampleorg1/backup_policy/p-example123";

    #[test]
    fn only_a_backup_policys_arn_is_a_policy() {
        assert!(matches!(PhysicalId::read(ARN), PhysicalId::Policy(_)));
        for other in [
            "",
            "p-example123",
            "stack-Policy-ABC123",
            "arn:aws:organizations::111111111111:policy/o-exampleorg1/service_control_policy/p-example123",
            "arn:aws:organizations::11111111111:policy/o-exampleorg1/backup_policy/p-example123",
            "arn:aws:organizations::111111111111:policy/o-exampleorg1/backup_policy/p-1",
            "create-failed:",
        ] {
            assert_eq!(PhysicalId::read(other), PhysicalId::Unknown, "{other}");
        }
    }

    #[test]
    fn the_ids_of_failed_creates_say_whether_anything_was_left() {
        assert_eq!(
            PhysicalId::read(&PhysicalId::undone("r-1")),
            PhysicalId::Undone
        );
        assert_eq!(
            PhysicalId::read(&cfn_custom_resource::create_failed_marker("r-1")),
            PhysicalId::FailedCreate("r-1".into())
        );
    }
}

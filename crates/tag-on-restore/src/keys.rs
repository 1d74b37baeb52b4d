//! Which keys may be copied.

use wildmatch::WildMatch;

use crate::route::Kind;
use crate::tags::{has_prefix, is_system_key};

/// What marks the resource of a restore test. Never copied: backup plans ignore what bears it, so
/// a genuine restore would silently never be backed up again. Never removed or overwritten either:
/// without it AWS Backup cannot delete the test's resource.
pub const RESTORE_TEST: &str = "awsbackup-restore-test";

/// The keys of the tags that record where a resource came from: the restore job, the recovery point
/// and the time at which the restore completed. Those of an earlier restore are never copied.
pub const PROVENANCE_KEYS: [&str; 3] = [
    "restored-by:job",
    "restored-by:recovery-point",
    "restored-by:time",
];

/// Keys that are not copied unless the configuration includes them: a controller that finds them
/// takes the copy for the original, or for a resource of its own, and acts on it. Cloud Custodian
/// stops or deletes what bears `maid_status` with a date, which is past by the time of a restore.
pub const DEFAULT_EXCLUDED: [&str; 14] = [
    "kubernetes.io/cluster/*",
    "KubernetesCluster",
    "sigs.k8s.io/cluster-api-provider-aws/*",
    "kubernetes.io/created-for/*",
    "ebs.csi.aws.com/*",
    "CSIVolumeName",
    "eks:*",
    "elasticbeanstalk:*",
    "AmazonFSx*",
    "AmazonECSManaged",
    "dlm:*",
    "maid_status",
    "c7n*",
    "custodian_*",
];

/// A list of globs, in which `*` stands for any number of characters (a `/` or `:` is one like any
/// other) and `?` for one. Case counts, as it does in keys.
///
/// ```
/// use tag_on_restore::keys::Globs;
/// let globs = Globs::new(["team:*", "Env"]);
/// assert!(globs.match_key("team:owner/name"));
/// assert!(!globs.match_key("env"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Globs(Vec<WildMatch>);

impl Globs {
    /// Globs from their texts. Spaces around one are not part of it, empty ones are left out.
    pub fn new<'g>(globs: impl IntoIterator<Item = &'g str>) -> Self {
        let globs = globs.into_iter().map(str::trim);
        let globs = globs.filter(|glob| !glob.is_empty());
        Self(globs.map(WildMatch::new).collect())
    }

    /// Whether any of the globs matches the whole key.
    pub fn match_key(&self, key: &str) -> bool {
        self.0.iter().any(|glob| glob.matches(key))
    }
}

/// Whether a key must never be copied to a resource of this kind, whatever the configuration:
/// the system's keys, [`RESTORE_TEST`], [`PROVENANCE_KEYS`] and, on RDS, `rds:`. Case does not
/// count here.
pub fn is_reserved(key: &str, kind: Kind) -> bool {
    is_system_key(key)
        || key.eq_ignore_ascii_case(RESTORE_TEST)
        || PROVENANCE_KEYS
            .iter()
            .any(|own| key.eq_ignore_ascii_case(own))
        || (kind.is_rds() && has_prefix(key, "rds:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_keys_are_reserved_in_any_case() {
        for key in [
            "aws:backup:source-resource",
            "AWS:cloudformation:stack-name",
            "awsbackup-restore-test",
            "AWSBackup-Restore-Test",
            "restored-by:job",
            "restored-by:recovery-point",
            "restored-by:time",
        ] {
            assert!(is_reserved(key, Kind::DynamoDbTable), "{key}");
        }
        for key in [
            "aws",
            "awsbackup-restore-test-2",
            "restored-by:me",
            "rds:x",
            "Name",
        ] {
            assert!(!is_reserved(key, Kind::DynamoDbTable), "{key}");
        }
    }

    #[test]
    fn rds_reserves_its_own_prefix_and_nobody_elses() {
        for kind in [Kind::RdsInstance, Kind::RdsCluster] {
            assert!(is_reserved("rds:owner", kind));
            assert!(is_reserved("RDS:owner", kind));
        }
        assert!(!is_reserved("rds:owner", Kind::Ec2Instance));
    }

    #[test]
    fn the_default_keeps_controllers_off_and_lets_business_through() {
        let excluded = Globs::new(DEFAULT_EXCLUDED);
        for key in [
            "kubernetes.io/cluster/prod",
            "kubernetes.io/created-for/pvc/name",
            "ebs.csi.aws.com/cluster",
            "eks:cluster-name",
            "elasticbeanstalk:environment-id",
            "AmazonFSx.FileSystemId",
            "AmazonECSManaged",
            "dlm:managed",
            "KubernetesCluster",
            "sigs.k8s.io/cluster-api-provider-aws/cluster/prod",
            "CSIVolumeName",
            "maid_status",
            "c7n:FindingId",
            "c7n_status",
            "custodian_cleanup",
        ] {
            assert!(excluded.match_key(key), "{key}");
        }
        for key in [
            "Name",
            "backup",
            "Patch Group",
            "map-migrated",
            "kubernetes.io/role/elb",
            "AmazonECSManaged2",
            "maid",
            "sigs.k8s.io/other",
            "EKS:cluster-name",
        ] {
            assert!(!excluded.match_key(key), "{key}");
        }
    }

    #[test]
    fn a_glob_matches_whole_keys_across_slashes_and_colons() {
        for (glob, key, expected) in [
            ("team", "team", true),
            ("team", "teams", false),
            ("team*", "team", true),
            ("*team", "a/b:team", true),
            ("t?am", "team", true),
            ("t?am", "tam", false),
            ("a*b*c", "a//b::c", true),
            ("*", "", true),
            ("Größe*", "Größe/m", true),
            ("[a-z]", "a", false),
        ] {
            assert_eq!(Globs::new([glob]).match_key(key), expected, "{glob} {key}");
        }
    }

    #[test]
    fn empty_globs_match_nothing() {
        let globs = Globs::new(["", " "]);
        assert_eq!(globs, Globs::default());
        assert!(!globs.match_key(""));
        assert!(!globs.match_key("a"));
    }
}

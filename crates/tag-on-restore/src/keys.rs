//! Which keys may be copied.

use wildmatch::WildMatch;

use crate::route::Kind;
use crate::tags::{has_prefix, is_system_key};

/// What marks the resource of a restore test. Never copied: backup plans ignore what bears it, so
/// a genuine restore would silently never be backed up again. Never removed or overwritten either:
/// without it AWS Backup cannot delete the test's resource.
pub const RESTORE_TEST: &str = "awsbackup-restore-test";

/// The keys of the tags that tell where a resource came from: the restore job, the recovery point
/// and the time at which the restore completed. Those of an earlier restore are never copied.
pub const PROVENANCE_KEYS: [&str; 3] = [
    "restored-by:job",
    "restored-by:recovery-point",
    "restored-by:time",
];

/// Keys that are not copied unless the configuration says otherwise: a controller that finds them
/// takes the copy for the original, or for a resource of its own, and acts on it.
pub const DEFAULT_EXCLUDED: [&str; 8] = [
    "kubernetes.io/cluster/*",
    "kubernetes.io/created-for/*",
    "ebs.csi.aws.com/*",
    "eks:*",
    "elasticbeanstalk:*",
    "AmazonFSx*",
    "AmazonECSManaged",
    "dlm:*",
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

/// Whether a key must never be copied to a resource of this kind, whatever the configuration says:
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

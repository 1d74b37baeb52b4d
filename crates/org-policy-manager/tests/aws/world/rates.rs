//! AWS's published request rates of Organizations: one token bucket a line of the table.

use std::collections::BTreeMap;
use std::time::Duration;

/// Requests a second, burst, and the operations that share the bucket.
const LINES: [(f64, f64, &[&str]); 8] = [
    (
        2.0,
        3.0,
        &[
            "CreatePolicy",
            "DeletePolicy",
            "AttachPolicy",
            "DetachPolicy",
        ],
    ),
    (2.0, 3.0, &["UpdatePolicy"]),
    (2.0, 2.0, &["DescribePolicy"]),
    (
        5.0,
        8.0,
        &[
            "ListPolicies",
            "ListPoliciesForTarget",
            "ListTargetsForPolicy",
        ],
    ),
    (1.0, 1.0, &["EnablePolicyType", "DisablePolicyType"]),
    (1.0, 2.0, &["ListRoots"]),
    // ListTagsForResource is not in the published table: taken to share its siblings' line.
    (
        4.0,
        6.0,
        &["TagResource", "UntagResource", "ListTagsForResource"],
    ),
    (1.0, 2.0, &["DescribeOrganization"]),
];

#[derive(Debug, Default)]
pub(super) struct Rates {
    /// Tokens and the time they were counted, by line and account.
    buckets: BTreeMap<(usize, String), (f64, Duration)>,
}

impl Rates {
    /// Takes a token for a call, if there is one.
    pub(super) fn allow(&mut self, account: &str, operation: &str, now: Duration) -> bool {
        let line = LINES
            .iter()
            .position(|(_, _, shared)| shared.contains(&operation));
        let Some(line) = line else { return true };
        let (rate, burst, _) = LINES[line];
        let bucket = self
            .buckets
            .entry((line, account.to_owned()))
            .or_insert((burst, now));
        let earned = (now - bucket.1).as_secs_f64() * rate;
        *bucket = ((bucket.0 + earned).min(burst), now);
        // Floating-point dust must not cost a token.
        if bucket.0 < 1.0 - 1e-9 {
            return false;
        }
        bucket.0 -= 1.0;
        true
    }
}

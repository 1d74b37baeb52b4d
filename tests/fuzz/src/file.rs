//! The files beside a policy.

use std::collections::BTreeSet;

use backupctl::locks::{Lock, Locks};
use backupctl::parameters::Parameters;
use backupctl::targets::Targets;

use crate::shown::now;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(mut parameters) = Parameters::parse(text) {
        let takes = BTreeSet::from(["DailyRetentionDays".to_owned(), "Schedule".to_owned()]);
        parameters.strangers("`stack.yaml`", &takes);
        if let Ok(targets) = Targets::parse(text) {
            assert!(!targets.units.is_empty() && !targets.regions.is_empty());
            assert_eq!(targets.central_vault.arn.split(':').count(), 7);
            targets.complete(&mut parameters);
            assert!(parameters.get("/backup/org-id").is_some());
        }
    }
    // `VAULT=LEAST-MOST` before a policy: the policy is held against the lock.
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(lock) = first.parse::<Lock>() {
        let locks = Locks::default().first(&[lock]);
        let checked =
            backupctl::check::check("p.json", rest, &Parameters::default(), &locks, now());
        for finding in checked.findings {
            crate::shown::is_one_line(&finding.to_string());
        }
    }
}

//! An organization's file: what can be read is written and read again as the same, merged, and shown.

use std::io::sink;

use backup_policy::{Organization, changes};
use backupctl::effective::{groups, page, text};

use crate::shown::{is_one_line, now};

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Organization::parse(text) {
        Ok(organization) => {
            same_again(&organization);
            merged(&organization, bytes.len().is_multiple_of(16));
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in &errors {
                is_one_line(&error.to_string());
            }
        }
    }
}

/// What is written is what was read.
fn same_again(organization: &Organization) {
    let written = serde_json::to_string(organization).unwrap_or_default();
    assert_eq!(Organization::parse(&written).as_ref(), Ok(organization));
}

/// Merges and shows an organization; also as a page, which takes longest.
pub(crate) fn merged(organization: &Organization, with_page: bool) {
    let Ok(policies) = organization.effective_policies(now()) else {
        assert!(organization.check().is_err());
        return;
    };
    let all: usize = policies.accounts.len();
    let groups = groups(&policies);
    assert_eq!(
        groups
            .iter()
            .map(|group| group.accounts.len())
            .sum::<usize>(),
        all
    );
    assert!(changes(&policies, &policies).is_empty());
    for account in &policies.accounts {
        let effective = &account.effective;
        assert_eq!(effective.document().is_none(), effective.is_withheld());
    }
    assert!(text::write(&policies, &groups, now(), &mut sink()).is_ok());
    if with_page {
        assert!(page::write(&policies, &groups, now(), &mut sink()).is_ok());
    }
    assert!(serde_json::to_writer(sink(), &policies).is_ok());
    // Without what is attached to the root, for the comparison.
    let mut other = organization.clone();
    if std::mem::take(&mut other.root.policies).is_empty() {
        return;
    }
    if let Ok(fewer) = other.effective_policies(now()) {
        for change in changes(&policies, &fewer) {
            assert!(change.before.is_some() && change.after.is_some());
        }
    }
}

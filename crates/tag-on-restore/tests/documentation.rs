//! The users' document names what the code has.

use tag_on_restore::config::VARIABLES;
use tag_on_restore::gate::Skip;
use tag_on_restore::keys::{DEFAULT_EXCLUDED, PROVENANCE_KEYS, RESTORE_TEST};
use tag_on_restore::report::Outcome;

const DOCUMENT: &str = include_str!("../../../docs/restore-tagging.md");

#[test]
fn settings_keys_reasons_and_outcomes_are_documented() {
    let skips = [
        Skip::NotCompleted(String::new()),
        Skip::NoCreatedResource,
        Skip::NotAnArn(String::new()),
        Skip::RestoreTest,
        Skip::Deleted,
        Skip::ExistingTarget(""),
        Skip::CloudFormationStack,
        Skip::RedshiftServerless,
        Skip::SapHana,
    ];
    let outcomes = [
        Outcome::Tagged,
        Outcome::NothingMissing,
        Outcome::DryRun,
        Outcome::Skipped,
        Outcome::TargetGone,
        Outcome::Retry,
        Outcome::Failed,
    ];
    let names = VARIABLES
        .into_iter()
        .chain(DEFAULT_EXCLUDED)
        .chain(PROVENANCE_KEYS)
        .chain([RESTORE_TEST])
        .chain(skips.iter().map(Skip::name))
        .chain(outcomes.map(Outcome::name));
    for name in names {
        assert!(
            DOCUMENT.contains(&format!("`{name}`")),
            "`{name}` is not documented"
        );
    }
}

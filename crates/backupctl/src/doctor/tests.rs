mod abilities;
mod promises;
mod scope;
mod taken;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::diagnosis::{BACKUP, Check, STACK_SETS, State, diagnose};
use super::facts::{
    Abilities, Account, Asked, Facts, FailedCopies, Function, Home, Last, MemberPlace, Place,
    Protection, Purpose, Role, Scope, Subscriptions, Tables, Tagger, Vault,
};
use crate::plan::steps::{Action, Step};
use crate::targets::Targets;
use backup_status::Seen;
use backup_status::merge::{InForce, Merge};
use policy_resource::plan::Change;

fn now() -> backup_policy::Instant {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn targets() -> Targets {
    let text = json!({
        "OrganizationId": "o-rehearsal01", "OrgManagementAccount": "111111111111",
        "TargetHomeAccount": "222222222222",
        "CentralBackupVaultArn": "arn:aws:backup:eu-west-1:333333333333:backup-vault:Central",
        "TargetOUs": "ou-abcd-11111111", "TargetRegions": "eu-west-1",
        "TargetGlobalRegion": "eu-west-1",
    });
    Targets::parse(&text.to_string()).unwrap()
}

fn account(id: &str, name: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        closed: None,
        role: Seen::There(trust(json!({"Service": "backup.amazonaws.com"}))),
        linked_role: Seen::There(trust(json!({"Service": "backup.amazonaws.com"}))),
        abilities: Some(Abilities {
            asked: Seen::There(Asked::default()),
            managed: Seen::There(BTreeSet::new()),
            scanners: Vec::new(),
        }),
        protection: Some(Protection {
            ours: Seen::There(Arc::new(merge())),
            theirs: Seen::There(Some(InForce {
                document: merge().document,
                updated: None,
            })),
        }),
        places: vec![Place {
            region: "eu-west-1".to_owned(),
            enabled: Seen::There(true),
            vault: Seen::There(Vault {
                key: "arn:aws:kms:eu-west-1:1:key/1".to_owned(),
                created: None,
                holds_any: true,
            }),
            key: Seen::There("Enabled".to_owned()),
            last_backup: Seen::There(Last::At("2026-01-31T05:12:00Z".parse().unwrap())),
            missed: Vec::new(),
            member: Some(MemberPlace {
                last_copy: Seen::There(Last::At(at("2026-01-30T06:00:00Z"))),
                failed_copies: Seen::There(None),
                tables: Seen::There(Tables::Advanced),
                copy_due: None,
                tagger: Some(Tagger {
                    function: Seen::There(running()),
                    rules: Seen::There(vec![("RestoreRule".to_owned(), true)]),
                    mappings: Seen::There(vec!["Enabled".to_owned()]),
                }),
            }),
        }],
    }
}

fn at(time: &str) -> backup_policy::Instant {
    time.parse().unwrap()
}

fn running() -> Function {
    Function {
        state: "Active".to_owned(),
        last_update: "Successful".to_owned(),
    }
}

fn merge() -> Merge {
    Merge {
        document: json!({"plans": {"Daily": {"regions": ["eu-west-1", "eu-central-1"]}}}),
        problems: Vec::new(),
        plans: vec!["Daily".to_owned()],
        expected: Vec::new(),
    }
}

fn step(action: Action, changes: Vec<Change>) -> Step {
    Step {
        resource: Some("DailyBackupPolicy".to_owned()),
        name: "daily".to_owned(),
        id: Some("p-daily0001".to_owned()),
        action,
        changes,
        before: None,
        after: None,
        refusals: Vec::new(),
    }
}

fn trust(principal: serde_json::Value) -> serde_json::Value {
    json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})
}

/// An organization in which nothing is wrong.
fn healthy() -> Facts {
    let role = |purpose, account: &str, name: &str, principal| Role {
        purpose,
        account: account.to_owned(),
        name: name.to_owned(),
        trust: Seen::There(trust(principal)),
    };
    let home = "222222222222";
    let root = json!({"AWS": "arn:aws:iam::222222222222:root"});
    Facts {
        organization: Seen::There(("o-rehearsal01".to_owned(), true)),
        trusted: Seen::There([STACK_SETS.to_owned(), BACKUP.to_owned()].into()),
        delegated: Seen::There([home.to_owned()].into()),
        cross_account: Seen::There(true),
        policy_type: Seen::There(true),
        opt_in: vec![("eu-west-1".to_owned(), Seen::There(Vec::new()))],
        strangers: Seen::There(Vec::new()),
        scope: Scope {
            units: 1,
            policies: 1,
            regions: vec!["eu-west-1".to_owned()],
            tags_restores: true,
            ..Scope::default()
        },
        management: role(Purpose::Management, "111111111111", "Admin", root.clone()),
        home: Home {
            closed: None,
            region: "eu-west-1".to_owned(),
            roles: vec![
                role(
                    Purpose::PolicyManager,
                    home,
                    "M",
                    json!({"Service": "lambda.amazonaws.com"}),
                ),
                role(
                    Purpose::StackSetAdministration,
                    home,
                    "A",
                    json!({"Service": "cloudformation.amazonaws.com"}),
                ),
                role(Purpose::StackSetExecution, home, "E", root),
            ],
            manager: Seen::There(running()),
            topic: Seen::There(Subscriptions {
                confirmed: 1,
                pending: 0,
            }),
        },
        deployed: Seen::There(vec![step(Action::Keep, Vec::new())]),
        invalid: Seen::There(BTreeMap::new()),
        central: Account {
            places: vec![Place {
                member: None,
                ..account("", "").places.remove(0)
            }],
            abilities: None,
            protection: None,
            ..account("333333333333", "")
        },
        members: vec![account("444444444441", "shop")],
        tags_sap_hana: false,
        now: now(),
    }
}

/// What is looked at in the member's Region.
fn member(facts: &mut Facts) -> &mut MemberPlace {
    facts.members[0].places[0].member.as_mut().unwrap()
}

fn protection(facts: &mut Facts) -> &mut Protection {
    facts.members[0].protection.as_mut().unwrap()
}

fn wrong(facts: &Facts) -> Vec<Check> {
    let mut checks = diagnose(facts, &targets(), None);
    checks.retain(|check| check.state.counts());
    checks
}

#[test]
fn where_nothing_is_wrong_nothing_is_said_to_be() {
    let checks = diagnose(&healthy(), &targets(), Some(2));
    expect_test::expect![[r#"
        ok    organization                 organization                          o-rehearsal01
        ok    organization                 all features                          on
        ok    organization                 trusted access, StackSets             enabled
        ok    organization                 trusted access, AWS Backup            enabled
        ok    organization                 delegated administrator of StackSets  222222222222
        ok    organization                 cross-account backup                  on
        ok    organization                 policy type BACKUP_POLICY             enabled
        ok    organization                 targets                               ou-abcd-11111111
        ok    organization eu-west-1       opt-in of resource types              all
        ok    organization                 policy daily                          attached and as deployed
        ok    111111111111                 management role                       Admin trusts BackupOrgPolicyManager of 222222222222
        ok    222222222222                 policy manager's role                 M trusts lambda.amazonaws.com
        ok    222222222222                 stack sets' administration role       A trusts cloudformation.amazonaws.com
        ok    222222222222                 stack sets' execution role            E trusts AWSCloudFormationStackSetAdministrationRole
        ok    222222222222 eu-west-1       function BackupOrgPolicyManager       active
        ok    222222222222 eu-west-1       who is notified of failures           1 confirmed subscriptions
        ok    333333333333                 central service role                  trusts AWS Backup
        ok    333333333333                 central service-linked role           there
        ok    333333333333 eu-west-1       central vault                         there
        ok    333333333333 eu-west-1       central key                           enabled
        ok    333333333333 eu-west-1       last copy received                    2026-01-31 05:12 UTC
        ok    444444444441 shop            backup plan                           Daily
        ok    444444444441 shop            effective policy at AWS               as merged here
        ok    444444444441 shop            service role                          trusts AWS Backup
        ok    444444444441 shop            service-linked role                   there
        ok    444444444441 shop eu-west-1  function TagOnRestore                 active, its rule and its queue are on
        ok    444444444441 shop eu-west-1  vault                                 there
        ok    444444444441 shop eu-west-1  key                                   enabled
        ok    444444444441 shop eu-west-1  last backup                           2026-01-31 05:12 UTC
        ok    444444444441 shop eu-west-1  last copy                             2026-01-30 06:00 UTC
        ok    444444444441 shop eu-west-1  failed copies                         none
        ok    444444444441 shop eu-west-1  advanced backup of DynamoDB           on
        info  organization                 looked at                             1 of 1 accounts of the targets, 1 of 1 Regions of theirs (eu-west-1), 1 organizational units and 1 backup policies, as of 2026-01-31 12:00 UTC

        33 checks: 0 failed, 0 unknown
    "#]]
    .assert_eq(&super::text::text(&checks));
}

/// One thing that is wrong, what is reported of it, and what mends it.
#[track_caller]
fn check(change: impl FnOnce(&mut Facts), what: &str, detail: &str, remedy: &str) {
    let mut facts = healthy();
    change(&mut facts);
    let wrong = wrong(&facts);
    let [only] = wrong.as_slice() else {
        panic!("{wrong:#?}");
    };
    assert_eq!(only.what, what);
    assert_eq!(only.state, State::Failed);
    assert!(only.detail.contains(detail), "{}", only.detail);
    let mends = only.remedy.as_deref().unwrap();
    assert!(mends.contains(remedy), "{mends}");
}

#[test]
fn each_failure_has_the_command_that_mends_it() {
    let prepare = "make prepare-organization APPLY=1";
    let none = || Seen::There(BTreeSet::new());
    check(
        |facts| facts.organization = Seen::There(("o-other".to_owned(), true)),
        "organization",
        "this is o-other, and the targets name o-rehearsal01",
        "make targets-check",
    );
    check(
        |facts| facts.organization = Seen::There(("o-rehearsal01".to_owned(), false)),
        "all features",
        "only consolidated billing",
        prepare,
    );
    check(
        |facts| facts.trusted = Seen::There([BACKUP.to_owned()].into()),
        "trusted access, StackSets",
        "not enabled",
        prepare,
    );
    check(
        |facts| facts.trusted = Seen::There([STACK_SETS.to_owned()].into()),
        "trusted access, AWS Backup",
        "not enabled",
        prepare,
    );
    check(
        |facts| facts.delegated = none(),
        "delegated administrator of StackSets",
        "222222222222 is not registered",
        prepare,
    );
    check(
        |facts| facts.cross_account = Seen::There(false),
        "cross-account backup",
        "off",
        prepare,
    );
    check(
        |facts| facts.policy_type = Seen::There(false),
        "policy type BACKUP_POLICY",
        "not enabled",
        prepare,
    );
    check(
        |facts| facts.strangers = Seen::There(vec!["ou-x".to_owned()]),
        "targets",
        "not in the organization: ou-x",
        "aws-backup-ssm-targets.json",
    );
    check(
        |facts| facts.opt_in[0].1 = Seen::There(vec!["S3".to_owned(), "EFS".to_owned()]),
        "opt-in of resource types",
        "off: S3, EFS",
        prepare,
    );
    check(
        |facts| facts.management.trust = Seen::Missing,
        "management role",
        "Admin is missing",
        "make deploy-management",
    );
    check(
        |facts| facts.management.trust = Seen::There(trust(json!({"AWS": "555555555555"}))),
        "management role",
        "does not trust BackupOrgPolicyManager of 222222222222",
        "make deploy-management",
    );
    for (index, what, remedy) in [
        (0, "policy manager's role", "start-pipeline-execution"),
        (1, "stack sets' administration role", "make deploy-home"),
        (2, "stack sets' execution role", "make deploy-home"),
    ] {
        check(
            |facts| facts.home.roles[index].trust = Seen::Missing,
            what,
            "is missing",
            remedy,
        );
        let stranger = || Seen::There(trust(json!({"Service": "ec2.amazonaws.com"})));
        check(
            |facts| facts.home.roles[index].trust = stranger(),
            what,
            "does not trust",
            remedy,
        );
    }
    check(
        |facts| facts.central.places[0].vault = Seen::Missing,
        "central vault",
        "the vault is missing",
        "make deploy-central",
    );
    check(
        |facts| facts.central.role = Seen::Missing,
        "central service role",
        "the role is missing",
        "make deploy-central",
    );
    check(
        |facts| facts.members[0].role = Seen::Missing,
        "service role",
        "the role is missing",
        "start-pipeline-execution",
    );
    check(
        |facts| facts.members[0].role = Seen::There(trust(json!({"AWS": "*"}))),
        "service role",
        "does not trust AWS Backup",
        "start-pipeline-execution",
    );
    check(
        |facts| facts.central.linked_role = Seen::Missing,
        "central service-linked role",
        "AWSServiceRoleForBackup is missing",
        "make deploy-central",
    );
    check(
        |facts| facts.members[0].linked_role = Seen::Missing,
        "service-linked role",
        "AWSServiceRoleForBackup is missing",
        "make prepare-members APPLY=1 (in the management account)",
    );
    check(
        |facts| facts.members[0].places[0].vault = Seen::Missing,
        "vault",
        "the vault is missing",
        "start-pipeline-execution",
    );
    check(
        |facts| facts.members[0].places[0].key = Seen::There("PendingDeletion".to_owned()),
        "key",
        "about to be deleted",
        "aws kms cancel-key-deletion --region eu-west-1 --key-id arn:aws:kms:eu-west-1:1:key/1",
    );
    check(
        |facts| facts.members[0].places[0].key = Seen::There("Disabled".to_owned()),
        "key",
        "is Disabled",
        "aws kms enable-key",
    );
}

#[test]
fn failed_copies_are_named_with_aws_s_message_and_what_mends_them() {
    let of = |resources, message: &str| {
        let found = FailedCopies {
            resources,
            resource: "arn:aws:ec2:eu-west-1:444444444441:volume/vol-1".to_owned(),
            message: message.to_owned(),
            key: None,
        };
        Seen::There(Some(found))
    };
    let keys = "\"Your own keys\" in docs/deployment.md";
    for (message, remedy) in [
        ("Given key ID is not accessible", keys),
        (
            "The source snapshot KMS key [arn:aws:kms:eu-west-1:444444444441:key/1] does not exist",
            keys,
        ),
        (
            "Encrypted snapshots with Amazon EBS default key cannot be shared",
            "customer managed key",
        ),
        (
            "Snapshots encrypted with the AWS managed key can't be shared. Specify another snapshot.",
            "customer managed key",
        ),
        ("Something else.", "aws backup list-copy-jobs"),
    ] {
        check(
            |facts| member(facts).failed_copies = of(1, message),
            "failed copies",
            &format!("arn:aws:ec2:eu-west-1:444444444441:volume/vol-1: {message}"),
            remedy,
        );
    }
    check(
        |facts| member(facts).failed_copies = of(3, "Something else."),
        "failed copies",
        "of 3 resources, the newest of arn:aws:ec2",
        "--by-state FAILED --region eu-west-1",
    );
}

#[test]
fn the_key_that_lets_nobody_copy_is_named_once() {
    let key = "arn:aws:kms:eu-west-1:444444444441:key/1";
    let named = format!("The source snapshot KMS key [{key}] does not exist");
    for (message, detail) in [
        (
            "Given key ID is not accessible",
            format!("vol-1: Given key ID is not accessible (key {key})"),
        ),
        (&named, format!("vol-1: {named}")),
        ("It is not the key.", "vol-1: It is not the key.".to_owned()),
    ] {
        let mut facts = healthy();
        member(&mut facts).failed_copies = Seen::There(Some(FailedCopies {
            resources: 1,
            resource: "arn:aws:ec2:eu-west-1:444444444441:volume/vol-1".to_owned(),
            message: message.to_owned(),
            key: Some(key.to_owned()),
        }));
        let wrong = wrong(&facts);
        assert!(wrong[0].detail.ends_with(&detail), "{}", wrong[0].detail);
    }
}

#[test]
fn what_cannot_be_looked_at_is_said_and_counts() {
    let mut facts = healthy();
    facts.members[0] = Account {
        closed: Some("sts:AssumeRole is denied".to_owned()),
        places: Vec::new(),
        ..account("444444444441", "shop")
    };
    facts.cross_account = Seen::Unknown("backup:DescribeGlobalSettings is denied".to_owned());
    let wrong = wrong(&facts);
    let said: Vec<(State, &str)> = wrong
        .iter()
        .map(|it| (it.state, it.detail.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (State::Unknown, "backup:DescribeGlobalSettings is denied"),
            (
                State::Unknown,
                "cannot be looked into: sts:AssumeRole is denied"
            ),
        ]
    );
    assert!(
        wrong[1]
            .remedy
            .as_deref()
            .unwrap()
            .contains("--member-role")
    );
}

#[test]
fn age_counts_only_where_somebody_asked() {
    let mut facts = healthy();
    for (last, noted) in [
        (Last::Never, "none yet"),
        (Last::Before(35), "more than 35 days ago"),
        (
            Last::At("2026-01-20T00:00:00Z".parse().unwrap()),
            "2026-01-20 00:00 UTC",
        ),
    ] {
        facts.members[0].places[0].last_backup = Seen::There(last);
        assert!(wrong(&facts).is_empty());
        let checks = diagnose(&facts, &targets(), Some(7));
        let failed: Vec<&Check> = checks.iter().filter(|it| it.state.counts()).collect();
        assert_eq!(failed.len(), 1, "{failed:#?}");
        assert_eq!(
            (failed[0].what.as_str(), failed[0].detail.as_str()),
            ("last backup", noted)
        );
    }
}

#[test]
fn every_remedy_is_printed_once() {
    let mut facts = healthy();
    facts.cross_account = Seen::There(false);
    facts.policy_type = Seen::There(false);
    let text = super::text::text(&diagnose(&facts, &targets(), None));
    assert_eq!(text.matches("make prepare-organization").count(), 1);
    assert!(
        text.contains("mends 2: make prepare-organization APPLY=1"),
        "{text}"
    );
    assert!(text.ends_with("33 checks: 2 failed, 0 unknown\n"), "{text}");
    let json = super::json::json(&diagnose(&facts, &targets(), None));
    assert_eq!(json.as_array().unwrap().len(), 33);
    assert_eq!(json[5]["check"], "cross-account backup");
    assert_eq!(json[5]["state"], "failed");
    assert_eq!(json[31]["account"], "444444444441");
    assert_eq!(json[31]["region"], "eu-west-1");
}

//! What doctor must name: policies, functions, subscribers and jobs that are not as they should be.

use super::*;
use crate::doctor::facts::Missed;

#[test]
fn an_account_that_no_plan_reaches_is_a_failure_whoever_merges() {
    let empty = Merge {
        document: json!({}),
        plans: Vec::new(),
        ..merge()
    };
    check(
        |facts| {
            protection(facts).ours = Seen::There(Arc::new(empty.clone()));
            protection(facts).theirs = Seen::There(Some(InForce {
                document: json!({}),
                updated: None,
            }));
        },
        "backup plan",
        "none: nothing is backed up",
        "stage OrgPolicy",
    );
}

#[test]
fn an_invalid_merge_is_named_with_its_reasons() {
    let invalid = Merge {
        problems: vec!["KEY_REQUIRED: 'rules' is missing (in plans/Daily)".to_owned()],
        ..merge()
    };
    let mut facts = healthy();
    protection(&mut facts).ours = Seen::There(Arc::new(invalid));
    facts.invalid = Seen::There(BTreeMap::from([(
        "444444444441".to_owned(),
        Seen::There(vec!["KEY_REQUIRED: 'rules' is missing".to_owned()]),
    )]));
    let found: Vec<(String, String)> = wrong(&facts)
        .into_iter()
        .map(|it| (it.what, it.detail))
        .collect();
    let [plan, theirs] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(plan.0, "backup plan");
    assert!(
        plan.1
            .contains("AWS keeps the last valid one: KEY_REQUIRED")
    );
    assert_eq!(theirs.1, "invalid: KEY_REQUIRED: 'rules' is missing");

    // Where AWS sees it otherwise, that is a finding of its own.
    facts.invalid = Seen::There(BTreeMap::new());
    assert_eq!(
        wrong(&facts)[1].detail,
        "our merge is invalid, and AWS does not say so"
    );
}

#[test]
fn aws_and_our_merge_are_held_against_each_other() {
    let theirs = |document: serde_json::Value| {
        Seen::There(Some(InForce {
            document,
            updated: None,
        }))
    };
    let mut facts = healthy();
    // Case, order and the account's own id do not matter.
    protection(&mut facts).theirs = theirs(
        json!({"plans": {"daily": {"REGIONS": ["eu-central-1", "eu-west-1"], "rules": {}}}}),
    );
    assert_eq!(wrong(&facts), []);
    check(
        |facts| {
            protection(facts).theirs = theirs(json!({"plans": {"daily": {"regions": ["x"]}}}));
        },
        "effective policy at AWS",
        "differs from our merge at plans/daily/regions",
        "AWS's verdict counts",
    );
    check(
        |facts| {
            let reasons = Seen::There(vec!["KEY_REQUIRED".to_owned()]);
            facts.invalid = Seen::There(BTreeMap::from([("444444444441".to_owned(), reasons)]));
        },
        "effective policy at AWS",
        "AWS calls it invalid, and our merge is valid: KEY_REQUIRED",
        "please tell us",
    );
    check(
        |facts| protection(facts).theirs = Seen::There(None),
        "effective policy at AWS",
        "not enabled",
        "make prepare-organization",
    );
}

#[test]
fn where_our_merge_could_not_be_made_the_plans_in_force_are_named() {
    for (document, state, detail) in [
        (
            json!({"plans": {"Daily": {}, "Weekly": {}}}),
            State::Fine,
            "Daily, Weekly (our merge could not be made)",
        ),
        (json!({"plans": {}}), State::Failed, "no plan is in force"),
        (json!({}), State::Failed, "no plan is in force"),
    ] {
        let mut facts = healthy();
        let protection = protection(&mut facts);
        protection.ours = Seen::Unknown("denied".to_owned());
        protection.theirs = Seen::There(Some(InForce {
            document,
            updated: None,
        }));
        let mut checks = diagnose(&facts, &targets(), None);
        checks.retain(|it| it.what == "effective policy at AWS");
        let [found] = checks.try_into().unwrap();
        assert_eq!((found.state, found.detail.as_str()), (state, detail));
    }
}

#[test]
fn a_policy_that_is_not_as_deployed_is_named_with_the_call_that_mends_it() {
    let with = |action, changes| {
        move |facts: &mut Facts| facts.deployed = Seen::There(vec![step(action, changes)])
    };
    check(
        with(
            Action::Change,
            vec![Change::Attach("ou-abcd-11111111".to_owned())],
        ),
        "policy daily",
        "not attached to ou-abcd-11111111",
        "aws organizations attach-policy --policy-id p-daily0001 --target-id ou-abcd-11111111",
    );
    let content = Change::Update {
        name: None,
        description: None,
        content: Some("{}".to_owned()),
    };
    check(
        with(Action::Change, vec![content]),
        "policy daily",
        "changed by hand since: a deployment would change the content",
        "take the change of p-daily0001 back",
    );
    check(
        with(Action::Create, Vec::new()),
        "policy daily",
        "is missing",
        "start the pipeline",
    );
    check(
        |facts| facts.deployed = Seen::Missing,
        "policies of the stack",
        "aws-backup-org-policy is missing in eu-west-1",
        "--home-region",
    );
    // Where it protects more than it was asked to, nothing is lost.
    let mut facts = healthy();
    with(Action::Change, vec![Change::Detach("r-abcd".to_owned())])(&mut facts);
    assert_eq!(wrong(&facts), []);
}

#[test]
fn functions_without_triggers_do_not_run() {
    check(
        |facts| facts.home.manager = Seen::Missing,
        "function BackupOrgPolicyManager",
        "missing in eu-west-1",
        "stage Functions",
    );
    check(
        |facts| {
            facts.home.manager = Seen::There(Function {
                state: "Failed".to_owned(),
                ..running()
            });
        },
        "function BackupOrgPolicyManager",
        "is Failed",
        "get-function-configuration",
    );
    let tagger = |change: fn(&mut Tagger)| {
        move |facts: &mut Facts| change(member(facts).tagger.as_mut().unwrap())
    };
    let what = "function TagOnRestore";
    for (change, detail, remedy) in [
        (
            (|it| it.function = Seen::Missing) as fn(&mut Tagger),
            "missing",
            "stage Functions",
        ),
        (
            |it| it.rules = Seen::There(Vec::new()),
            "no rule sends restores to its queue",
            "stage Functions",
        ),
        (
            |it| it.rules = Seen::There(vec![("R".to_owned(), false)]),
            "its rule is disabled: R",
            "aws events enable-rule",
        ),
        (
            |it| it.mappings = Seen::There(Vec::new()),
            "nothing hands it what is in its queue",
            "stage Functions",
        ),
        (
            |it| it.mappings = Seen::There(vec!["Disabled".to_owned()]),
            "its queue's mapping is Disabled",
            "update-event-source-mapping",
        ),
    ] {
        check(tagger(change), what, detail, remedy);
    }
    // Where nobody may look at a trigger, nobody knows.
    let mut facts = healthy();
    tagger(|it| it.mappings = Seen::Unknown("denied".to_owned()))(&mut facts);
    assert_eq!(wrong(&facts)[0].state, State::Unknown);
}

#[test]
fn failures_must_be_told_to_somebody() {
    let topic = |confirmed, pending| {
        move |facts: &mut Facts| {
            facts.home.topic = Seen::There(Subscriptions { confirmed, pending });
        }
    };
    let what = "who is notified of failures";
    check(
        topic(0, 0),
        what,
        "nobody is subscribed",
        "NotificationEmail",
    );
    check(topic(0, 2), what, "wait to be confirmed", "letter");
    let mut facts = healthy();
    topic(1, 5)(&mut facts);
    assert_eq!(wrong(&facts), []);
}

#[test]
fn a_schedule_that_ran_without_a_backup_fails_where_something_should_be_backed_up() {
    let missed = |selected| {
        move |facts: &mut Facts| {
            facts.members[0].places[0].missed = vec![Missed {
                rule: "daily/nightly".to_owned(),
                run: at("2026-01-31T05:00:00Z"),
                selected,
            }];
        }
    };
    check(
        missed(Seen::There(true)),
        "last backup",
        "daily/nightly ran on 2026-01-31 05:00 UTC",
        "list-backup-jobs",
    );
    for noted in [Seen::There(false), Seen::Missing] {
        let mut facts = healthy();
        missed(noted)(&mut facts);
        assert_eq!(wrong(&facts), []);
        let checks = diagnose(&facts, &targets(), None);
        let last = checks.iter().find(|it| it.what == "last backup").unwrap();
        assert_eq!(last.state, State::Noted);
    }
    let mut facts = healthy();
    missed(Seen::Unknown("denied".to_owned()))(&mut facts);
    assert_eq!(wrong(&facts)[0].state, State::Unknown);
    check(
        |facts| member(facts).copy_due = Some(at("2026-01-31T05:00:00Z")),
        "last copy",
        "none of the backups since 2026-01-31 05:00 UTC",
        "list-copy-jobs",
    );
    // A copy since then: none is missing.
    let mut facts = healthy();
    member(&mut facts).copy_due = Some(at("2026-01-30T05:00:00Z"));
    assert_eq!(wrong(&facts), []);
}

#[test]
fn a_backup_that_is_too_old_is_a_failure_though_nothing_bears_the_tag() {
    let mut facts = healthy();
    let place = &mut facts.members[0].places[0];
    place.last_backup = Seen::There(Last::At(at("2026-01-20T00:00:00Z")));
    place.missed = vec![Missed {
        rule: "daily/nightly".to_owned(),
        run: at("2026-01-31T05:00:00Z"),
        selected: Seen::There(false),
    }];
    let mut checks = diagnose(&facts, &targets(), Some(7));
    checks.retain(|it| it.what == "last backup");
    assert_eq!(checks[0].state, State::Failed, "{checks:#?}");
}

#[test]
fn a_region_that_is_off_is_unknown_and_nothing_else_is_said_of_it() {
    let mut facts = healthy();
    facts.members[0].places[0].enabled = Seen::There(false);
    let found = wrong(&facts);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (found[0].what.as_str(), found[0].state),
        ("Region", State::Unknown)
    );
    let remedy = found[0].remedy.as_deref().unwrap();
    assert!(remedy.contains("aws account enable-region --region-name eu-west-1"));
}

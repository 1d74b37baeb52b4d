use std::collections::BTreeMap;

use expect_test::expect;
use serde_json::json;

use super::*;
use crate::identity::Owner;

fn deployed() -> Deployed {
    Deployed {
        arn: "arn:aws:organizations::111111111111:policy/o-a/backup_policy/p-example123".into(),
        owner: Owner {
            stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/backup/5f0c".into(),
            logical_id: "Daily".into(),
        },
        name: "daily".into(),
        description: "every night".into(),
        content: r#"{"plans":{"daily":{}}}"#.into(),
        targets: vec!["ou-abcd-2".into(), "ou-abcd-1".into()],
        repair: false,
        enable_policy_type: false,
    }
}

/// The policy as it was deployed.
fn live() -> Live {
    let deployed = deployed();
    let accepted = Accepted::default()
        .and("p", &content_digest(&deployed.content))
        .deploying(&deployed.digest());
    let mut tags = deployed.owner.tags();
    tags.insert(TAG_ACCEPTED.into(), accepted.tag());
    Live {
        arn: deployed.arn,
        id: "p-example123".into(),
        name: deployed.name,
        description: deployed.description,
        content: deployed.content,
        targets: deployed.targets,
        tags,
    }
}

fn seen(change: fn(&mut Live), enabled: bool) -> Vec<String> {
    let mut live = live();
    change(&mut live);
    let differences = compare(&deployed(), Some(&live), enabled);
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn a_policy_as_it_was_deployed_has_no_difference() {
    assert!(seen(|_| {}, true).is_empty());
    assert!(seen(|it| it.targets.reverse(), true).is_empty());
    assert!(
        seen(
            |it| it.content = "{ \"plans\": {\"daily\": {} } }".into(),
            true
        )
        .is_empty()
    );
    let tagged = |it: &mut Live| _ = it.tags.insert("team".into(), "x".into());
    assert!(seen(tagged, true).is_empty());
}

#[test]
fn every_difference_has_its_words() {
    let all = |it: &mut Live| {
        it.content = "{}".into();
        it.name = "weekly".into();
        it.description = String::new();
        it.targets = vec!["r-abcd".into(), "ou-abcd-2".into()];
    };
    expect![[r#"
        [
            "its content was changed",
            "its name was changed",
            "its description was changed",
            "it was detached from ou-abcd-1",
            "it was attached to r-abcd",
        ]
    "#]]
    .assert_debug_eq(&seen(all, true));
    assert_eq!(compare(&deployed(), None, true), [Difference::Deleted]);
    assert_eq!(
        seen(|it| it.targets.clear(), false),
        ["backup policies were disabled on the organization's root"]
    );
    assert_eq!(seen(|it| it.targets.clear(), true).len(), 2);
    assert_eq!(
        seen(|it| it.tags = BTreeMap::new(), true),
        ["it no longer bears its resource's tags"]
    );
}

#[test]
fn what_the_memory_is_not_of_is_unknown_and_not_guessed() {
    let forget = |it: &mut Live| {
        let tag = it.tags.get_mut(TAG_ACCEPTED).unwrap();
        *tag = tag.split(" deployed=").next().unwrap().to_string();
        it.targets.clear();
        it.name = "weekly".into();
    };
    assert_eq!(seen(forget, true), ["it is not known what was deployed"]);
    // But for the content, whose digest the policy bears.
    let both = |it: &mut Live| {
        let tag = it.tags.get_mut(TAG_ACCEPTED).unwrap();
        *tag = tag.split(" deployed=").next().unwrap().to_string();
        it.content = "{}".into();
    };
    assert_eq!(
        seen(both, true),
        [
            "it is not known what was deployed",
            "its content was changed"
        ]
    );
}

#[test]
fn a_report_is_flat_and_says_what_who_and_what_to_do() {
    let policy = Policy {
        id: "p-example123".into(),
        arn: deployed().arn,
        name: "daily".into(),
        stack_id: deployed().owner.stack_id,
        logical_id: "Daily".into(),
    };
    let cause = Cause::read(&json!({
        "source": "aws.organizations",
        "detail": {
            "eventName": "DetachPolicy", "eventTime": "2026-11-30T02:00:00Z",
            "userIdentity": {"arn": "arn:aws:iam::111111111111:user/ann"},
            "sourceIPAddress": "192.0.2.7",
        },
    }));
    let differences = ["it was detached from ou-abcd-1".to_string()];
    let report = Report {
        policy: &policy,
        state: State::Drifted,
        differences: &differences,
        mark: "0a1b",
        seen: "2026-11-30T02:00:09Z",
        cause: cause.as_ref(),
    };
    // In one order, whatever keeps the keys of JSON in its own build.
    let detail: BTreeMap<String, serde_json::Value> =
        serde_json::from_value(report.detail()).unwrap();
    expect![[r#"
        {
          "by": "arn:aws:iam::111111111111:user/ann",
          "differences": [
            "it was detached from ou-abcd-1"
          ],
          "eventName": "DetachPolicy",
          "eventTime": "2026-11-30T02:00:00Z",
          "from": "192.0.2.7",
          "key": "policy-drift/p-example123/DRIFTED/0a1b/2026-11-30T02:00:09Z",
          "logicalId": "Daily",
          "policyArn": "arn:aws:organizations::111111111111:policy/o-a/backup_policy/p-example123",
          "policyId": "p-example123",
          "policyName": "daily",
          "remedy": "if it was meant, change the stack backup; if not, update it with any property of Daily changed, or with `Repair: true`, which puts such changes back from then on",
          "since": "2026-11-30T02:00:09Z",
          "stackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/backup/5f0c",
          "state": "DRIFTED",
          "summary": "the backup policy `daily` (p-example123) is not as the stack backup deployed it: it was detached from ou-abcd-1 (DetachPolicy by arn:aws:iam::111111111111:user/ann at 2026-11-30T02:00:00Z)"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&detail).unwrap());
}

#[test]
fn an_update_in_place_puts_back_all_but_a_policy_that_is_gone_strange_or_unknown() {
    for difference in [
        Difference::Content,
        Difference::Name,
        Difference::Description,
        Difference::Detached("r-abcd".into()),
        Difference::Attached("r-abcd".into()),
        Difference::TypeDisabled,
    ] {
        assert!(difference.can_be_put_back(), "{difference}");
    }
    for difference in [
        Difference::Deleted,
        Difference::Disowned,
        Difference::Unknown,
    ] {
        assert!(!difference.can_be_put_back(), "{difference}");
    }
}

#[test]
fn every_report_says_what_can_be_done() {
    let policy = Policy {
        stack_id: deployed().owner.stack_id,
        logical_id: "Daily".into(),
        ..policy()
    };
    let busy = || State::NotRepaired("AWS is busy".into());
    let mut lines = String::new();
    for (state, difference) in [
        (State::Drifted, Difference::Content),
        (State::Drifted, Difference::Disowned),
        (State::Drifted, Difference::Deleted),
        (State::Drifted, Difference::TypeDisabled),
        (busy(), Difference::Content),
        (busy(), Difference::TypeDisabled),
        (State::Repaired, Difference::Content),
        (State::Over, Difference::Content),
        (State::Unknown, Difference::Unknown),
        (State::Moved, Difference::Detached("r-abcd".into())),
    ] {
        let differences = [difference.to_string()];
        let detail = Report {
            policy: &policy,
            state,
            differences: &differences,
            mark: "0",
            seen: "",
            cause: None,
        }
        .detail();
        let text = |name: &str| detail[name].as_str().unwrap().to_owned();
        let (state, remedy) = (text("state"), text("remedy"));
        lines += &format!("{state}, {difference:?}: {remedy}\n");
    }
    expect![[r#"
        DRIFTED, Content: if it was meant, change the stack backup; if not, update it with any property of Daily changed, or with `Repair: true`, which puts such changes back from then on
        DRIFTED, Disowned: if the stack backup is to keep the policy, update it with `AdoptExisting: true` on Daily
        DRIFTED, Deleted: update the stack backup with any property of Daily changed: that makes the policy anew
        DRIFTED, TypeDisabled: enable backup policies on the organization's root, then update the stack backup with any property of Daily changed (`EnablePolicyType: true` does both)
        NOT_REPAIRED, Content: if it was meant, change the stack backup; if not, update it with any property of Daily changed, or with `Repair: true`, which puts such changes back from then on
        NOT_REPAIRED, TypeDisabled: enable backup policies on the organization's root, then update the stack backup with any property of Daily changed (`EnablePolicyType: true` does both)
        REPAIRED, Content: nothing has to be done; ask who did it, or change the stack if it was meant
        OVER, Content: nothing has to be done
        UNKNOWN, Unknown: update the stack backup with any property of Daily changed (a first `Repair` counts): from then on it is known
        MOVED, Detached("r-abcd"): see with `backupctl in-force` which plans the account has now, and attach the policy to where it is if it should keep them
    "#]].assert_eq(&lines);
}

#[test]
fn a_call_of_nobody_knows_whom_is_not_said_to_be_somebodys() {
    let cause = Cause::read(&json!({
        "source": "aws.organizations", "detail": {"eventName": "DetachPolicy"},
    }));
    let differences = ["it was detached from ou-abcd-1".to_string()];
    let policy = policy();
    let detail = Report {
        policy: &policy,
        state: State::Drifted,
        differences: &differences,
        mark: "0",
        seen: "",
        cause: cause.as_ref(),
    }
    .detail();
    let summary = detail["summary"].as_str().unwrap();
    assert!(summary.ends_with("detached from ou-abcd-1"), "{summary}");
    assert_eq!(detail.get("by"), None);
}

fn policy() -> Policy {
    Policy {
        id: "p-example123".into(),
        arn: String::new(),
        name: "daily".into(),
        stack_id: String::new(),
        logical_id: String::new(),
    }
}

#[test]
fn many_differences_are_counted() {
    let policy = policy();
    let differences: Vec<String> = (0..300)
        .map(|n| Difference::Detached(format!("ou-abcd-{n}")).to_string())
        .collect();
    let report = Report {
        policy: &policy,
        state: State::NotRepaired("AWS is busy".into()),
        differences: &differences,
        mark: "0",
        seen: "",
        cause: None,
    };
    let detail = report.detail();
    let summary = detail["summary"].as_str().unwrap();
    assert!(summary.contains("and 280 more; it could not be put back: AWS is busy"));
    assert!(detail.to_string().len() < 4_096);
}

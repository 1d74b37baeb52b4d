mod compared;
mod resources;
mod told;

use std::collections::BTreeMap;

use backup_status::landscape::Detail;
use policy_resource::identity::Owner;
use serde_json::{Value, json};

use super::present::{Known, Present};
use super::steps::Action;
use super::wanted::{Reason, Sources, Wanted, reasons, wanted};
use super::{Judging, Plan, plan};
use crate::locks::Locks;
use crate::parameters::Parameters;
use crate::template;

const STACK: &str = "aws-backup-org-policy";

fn by(allow_loss: bool) -> Judging<'static> {
    static NONE: std::sync::LazyLock<Locks> = std::sync::LazyLock::new(Locks::default);
    Judging {
        allow_loss,
        locks: &NONE,
        now: now(),
    }
}

fn now() -> backup_policy::Instant {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

/// A content with one complete plan.
fn content(days: u32) -> Value {
    json!({"plans": {"nightly": {
        "regions": {"@@assign": ["eu-west-1"]},
        "rules": {"r": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "target_backup_vault_name": {"@@assign": "Vault"},
            "lifecycle": {"delete_after_days": {"@@assign": days.to_string()}},
        }},
        "selections": {"tags": {"s": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"},
            "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]},
        }}},
    }}})
}

/// Root with two units: `ou-abcd-11111111` with accounts 1 and 2, `ou-abcd-22222222` with 3.
fn organization(attached: &[(&str, &str)], policies: &[(&str, &str, Value)]) -> Value {
    let at = |place: &str| -> Vec<&str> {
        let here = attached.iter().filter(|(target, _)| *target == place);
        here.map(|(_, policy)| *policy).collect()
    };
    let account = |digit: &str| {
        let id = digit.repeat(12);
        json!({"id": id, "name": format!("account {digit}"), "policies": at(&id)})
    };
    let unit = |id: &str, name: &str, accounts: Vec<Value>| json!({"id": id, "name": name, "policies": at(id), "accounts": accounts});
    let one = unit("ou-abcd-11111111", "one", vec![account("1"), account("2")]);
    let two = unit("ou-abcd-22222222", "two", vec![account("3")]);
    let policies: serde_json::Map<String, Value> = policies
        .iter()
        .map(|(id, name, content)| ((*id).to_owned(), json!({"name": name, "content": content})))
        .collect();
    json!({
        "policy_type": "BACKUP_POLICY",
        "root": {"id": "r-abcd", "name": "Root", "policies": at("r-abcd"),
                 "organizational_units": [one, two]},
        "policies": policies,
    })
}

/// Where the policies with these ids are the stack's, of these resources.
fn live(organization: &Value, owners: &[(&str, &str)]) -> Present {
    let organization = backup_policy::Organization::parse(&organization.to_string()).unwrap();
    let detail = |id: &String| {
        let owner = owners.iter().find(|(owned, _)| owned == id);
        let tags = owner.map(|(_, resource)| {
            let stack_id = format!("arn:aws:cloudformation:eu-west-1:2:stack/{STACK}/1");
            let logical_id = (*resource).to_owned();
            Owner {
                stack_id,
                logical_id,
            }
            .tags()
        });
        Detail {
            arn: format!("arn:aws:organizations::1:policy/o-1/backup_policy/{id}"),
            description: "every night".to_owned(),
            tags: tags.unwrap_or_default(),
        }
    };
    let details: BTreeMap<String, Detail> = organization
        .policies
        .keys()
        .map(|id| (id.clone(), detail(id)))
        .collect();
    Present {
        organization,
        live: Some(Known {
            details,
            enabled: true,
        }),
    }
}

fn resource(name: &str, targets: &[&str], content: Value) -> Value {
    json!({"Type": "Custom::BackupOrgPolicy", "Properties": {
        "ServiceToken": {"Fn::ImportValue": "x"}, "PolicyName": name, "PolicyTargets": targets,
        "PolicyDescription": "every night", "PolicyRegions": [],
        "OrgManagementAccount": {"Ref": "Open"}, "PolicyContent": content,
    }})
}

fn try_read(resources: Value, sources: &Sources) -> Result<Vec<Wanted>, Vec<Reason>> {
    let document = backup_policy::Document::from_value(json!({"Resources": resources}));
    template::policies(&document, &sources.parameters)
        .iter()
        .map(|found| wanted(found, sources, now()))
        .collect()
}

fn read(resources: Value) -> Vec<Wanted> {
    let sources = Sources {
        stack: STACK.to_owned(),
        ..Sources::default()
    };
    try_read(resources, &sources).unwrap()
}

fn made(present: &Present, resources: Value) -> Plan {
    plan(present, &read(resources), STACK, &by(false)).unwrap()
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code).collect()
}

fn actions(plan: &Plan) -> Vec<(&str, Action)> {
    plan.steps
        .iter()
        .map(|step| (step.name.as_str(), step.action))
        .collect()
}

const ONE: &str = "ou-abcd-11111111";
const TWO: &str = "ou-abcd-22222222";

#[test]
fn a_new_policy_gives_plans_to_the_accounts_below_its_targets() {
    let present = live(&organization(&[], &[]), &[]);
    let plan = made(
        &present,
        json!({"Daily": resource("daily", &[ONE], content(35))}),
    );
    assert_eq!(actions(&plan), [("daily", Action::Create)]);
    assert_eq!(plan.findings, []);
    let [group] = plan.groups.as_slice() else {
        panic!("{:?}", plan.groups)
    };
    let ids: Vec<&str> = group.accounts.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["111111111111", "222222222222"]);
    assert_eq!(group.before, Some(json!({})));
    let days = "/plans/nightly/rules/r/lifecycle/delete_after_days";
    assert_eq!(
        group.after.as_ref().unwrap().pointer(days),
        Some(&json!("35"))
    );
    expect_test::expect![[r#"
        1 policy changes; 2 of 3 accounts affected: 2 that get more or something else; 0 findings
        looked at: 3 accounts in 2 organizational units and 0 policies; the file does not say when it was read from AWS

        Daily: create `daily`
          + attach to ou-abcd-11111111 (one)
          content:
            + plan nightly

        2 accounts: 111111111111 (account 1), 222222222222 (account 2)
          + plan nightly in eu-west-1 (r: every day at 05:00 UTC, kept 35 days; resources tagged backup = daily)
    "#]]
    .assert_eq(&super::text::text(&plan));
}

#[test]
fn what_is_deployed_already_is_an_empty_plan() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "daily", content(35))]),
        &[("p-1", "Daily")],
    );
    let plan = made(
        &present,
        json!({"Daily": resource("daily", &[ONE], content(35))}),
    );
    assert_eq!(actions(&plan), [("daily", Action::Keep)]);
    assert!(plan.groups.is_empty() && plan.findings.is_empty());
    assert_eq!(
        super::text::text(&plan),
        "0 policies change; none of 3 accounts gets anything else; 0 findings\n\
         looked at: 3 accounts in 2 organizational units and 1 policy; the file does not say when it \
         was read from AWS\n\n\
         Daily: `daily` (p-1) stays as it is\n"
    );
}

#[test]
fn an_account_that_loses_its_last_plan_is_a_finding_unless_it_is_accepted() {
    let present = live(
        &organization(
            &[(ONE, "p-1"), (TWO, "p-1")],
            &[("p-1", "daily", content(35))],
        ),
        &[("p-1", "Daily")],
    );
    let resources = json!({"Daily": resource("daily", &[ONE], content(14))});
    let plan_ = made(&present, resources.clone());
    assert_eq!(codes(&plan_), ["last-plan-lost"]);
    assert!(
        plan_.findings[0]
            .message
            .contains("333333333333 (account 3)")
    );
    expect_test::expect![[r#"
        1 policy changes; 3 of 3 accounts affected: 1 left without a backup plan, 2 that lose something; 1 finding
        FINDING[last-plan-lost] no backup plan is left for 333333333333 (account 3): attach a policy there, or accept it with `--allow-loss`
        looked at: 3 accounts in 2 organizational units and 1 policy; the file does not say when it was read from AWS

        !!! NO BACKUP PLAN IS LEFT FOR
        1 account: 333333333333 (account 3)
          - plan nightly in eu-west-1 (r: every day at 05:00 UTC, kept 35 days; resources tagged backup = daily)

        SOMETHING IS LOST FOR
        2 accounts: 111111111111 (account 1), 222222222222 (account 2)
          ~ plans/nightly/rules/r/lifecycle/delete_after_days: `35` becomes `14`

        Daily: change `daily` (p-1)
          - detach from ou-abcd-22222222 (two)
          content:
            ~ plans/nightly/rules/r/lifecycle/delete_after_days/@@assign: `35` becomes `14`
    "#]]
    .assert_eq(&super::text::text(&plan_));
    let accepted = plan(&present, &read(resources), STACK, &by(true)).unwrap();
    assert_eq!(accepted.findings, []);
    assert!(super::text::text(&accepted).contains("!!! NO BACKUP PLAN IS LEFT FOR"));
}

#[test]
fn a_resource_that_is_gone_takes_its_policy_with_it() {
    let present = live(
        &organization(
            &[(ONE, "p-1"), (TWO, "p-2"), (TWO, "p-3")],
            &[
                ("p-1", "daily", content(35)),
                ("p-2", "monthly", content(366)),
                ("p-3", "others", json!({"plans": {}})),
            ],
        ),
        &[("p-1", "Daily"), ("p-2", "Monthly")],
    );
    let plan = made(
        &present,
        json!({"Daily": resource("daily", &[ONE], content(35))}),
    );
    assert_eq!(
        actions(&plan),
        [("daily", Action::Keep), ("monthly", Action::Remove)]
    );
    assert_eq!(codes(&plan), ["last-plan-lost"]);
    let text = super::text::text(&plan);
    let removed = "\nMonthly: REMOVE `monthly` (p-2), which the template has no more\n";
    assert!(text.contains(removed), "{text}");
    // Another stack's plan removes nothing of this one's.
    let wanted = read(json!({"Weekly": resource("weekly", &[ONE], content(35))}));
    let plan = super::plan(&present, &wanted, "another", &by(false)).unwrap();
    assert_eq!(actions(&plan), [("weekly", Action::Create)]);
}

#[test]
fn a_name_that_is_taken_fails_unless_it_is_adopted() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "daily", content(7))]),
        &[],
    );
    let mut daily = resource("daily", &[ONE], content(35));
    let plan = made(&present, json!({"Daily": daily}));
    assert_eq!(actions(&plan), [("daily", Action::Refuse)]);
    assert_eq!(codes(&plan), ["deployment-fails"]);
    assert_eq!(
        plan.findings[0].message,
        "the deployment would fail: Daily: a policy `daily` (p-1) exists already and is not this \
         resource's (it bears no owner's tags): choose another PolicyName, or set AdoptExisting: \
         true to take it over"
    );
    assert!(plan.groups.is_empty(), "nothing is changed by what fails");
    let text = super::text::text(&plan);
    let refused = "\nDaily: `daily` CANNOT BE DEPLOYED: see the findings\n";
    assert!(text.contains(refused), "{text}");
    daily["Properties"]["AdoptExisting"] = json!("true");
    let plan = made(&present, json!({"Daily": daily}));
    assert_eq!(actions(&plan), [("daily", Action::Adopt)]);
    assert!(plan.findings.is_empty());
    assert_eq!(plan.groups[0].accounts.len(), 2);
    // Somebody else's is named.
    let present = live(
        &organization(&[], &[("p-1", "daily", content(7))]),
        &[("p-1", "Other")],
    );
    let plan = made(
        &present,
        json!({
            "Daily": resource("daily", &[ONE], content(35)),
            "Other": resource("other", &[ONE], content(7)),
        }),
    );
    let message = &plan.findings[0].message;
    let whose = "not this resource's but Other's of the stack `aws-backup-org-policy`";
    assert!(message.contains(whose), "{message}");
    // A file does not tell whose a policy is, so its name decides.
    let from_file = Present {
        live: None,
        ..present
    };
    let plan = made(
        &from_file,
        json!({"Daily": resource("daily", &[ONE], content(7))}),
    );
    assert_eq!(actions(&plan), [("daily", Action::Change)]);
    assert!(super::text::text(&plan).contains("not known from a file"));
}

#[test]
fn a_renamed_policy_is_found_by_its_tags() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "old", content(35))]),
        &[("p-1", "Daily")],
    );
    let plan = made(
        &present,
        json!({"Daily": resource("new", &[ONE], content(35))}),
    );
    assert_eq!(actions(&plan), [("new", Action::Change)]);
    assert!(plan.groups.is_empty());
    let text = super::text::text(&plan);
    assert!(text.contains("~ name: `old` becomes `new`"), "{text}");
}

#[test]
fn a_merge_that_becomes_invalid_is_a_finding() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "daily", content(35))]),
        &[("p-1", "Daily")],
    );
    let fragment = json!({"plans": {"half": {"regions": {"@@assign": ["eu-west-1"]}}}});
    let plan = made(
        &present,
        json!({
            "Daily": resource("daily", &[ONE], content(35)),
            "Half": resource("half", &["111111111111"], fragment),
        }),
    );
    assert_eq!(codes(&plan), ["merge-invalid"]);
    let [group] = plan.groups.as_slice() else {
        panic!("{:?}", plan.groups)
    };
    assert!(group.becomes_invalid && group.after.is_none());
    let text = super::text::text(&plan);
    assert!(text.contains("!!! THE MERGED POLICY BECOMES INVALID FOR\n1 account: 111111111111"));
    assert!(text.contains("  ! KEY_REQUIRED in plans/half: "), "{text}");
    assert!(text.contains(", from `half`\n"), "{text}");
}

#[test]
fn what_aws_or_the_function_would_refuse_is_a_finding() {
    let crowd: Vec<(String, String)> = (0..10)
        .map(|number| (format!("p-{number}"), format!("policy {number}")))
        .collect();
    let attached: Vec<(&str, &str)> = crowd.iter().map(|(id, _)| (TWO, id.as_str())).collect();
    let policies: Vec<(&str, &str, Value)> = crowd
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str(), json!({"plans": {}})))
        .collect();
    let present = live(&organization(&attached, &policies), &[]);
    for (resource, expected) in [
        (
            resource("a", &[TWO], content(1)),
            "has 10 backup policies, the most that AWS takes",
        ),
        (
            resource("a", &["ou-abcd-33333333"], content(1)),
            "is not in the organization",
        ),
        (
            resource("a", &["everything"], content(1)),
            "`everything` is no target",
        ),
        (
            resource("a", &[ONE], json!({"plan": {}})),
            "the policy has 1 error",
        ),
        (
            resource("a", &[ONE], json!({"plans": {"${x}": {}}})),
            "variables do not fit",
        ),
        (resource("a", &[ONE], json!("{")), "cannot be read"),
    ] {
        let plan = made(&present, json!({"A": resource}));
        assert_eq!(codes(&plan), ["deployment-fails"], "{expected}");
        let message = &plan.findings[0].message;
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains('\n'));
    }
    let mut off = present;
    off.live = Some(Known {
        enabled: false,
        ..off.live.unwrap()
    });
    let mut a = resource("a", &[ONE], content(1));
    let plan = made(&off, json!({"A": a}));
    assert!(
        plan.findings[0]
            .message
            .contains("backup policies are not enabled")
    );
    a["Properties"]["EnablePolicyType"] = json!(true);
    assert_eq!(made(&off, json!({"A": a})).findings, []);
}

#[test]
fn what_is_known_only_at_deployment_is_asked_for() {
    let mut open = resource("a", &[ONE], content(1));
    open["Properties"]["PolicyTargets"] = json!({"Ref": "Open"});
    let mut stored = resource("b", &[ONE], content(1));
    stored["Properties"]["PolicyContent"] =
        json!({"S3": {"PolicyBucket": "bucket", "PolicyKey": "b.json"}});
    let mut bare = resource("c", &[ONE], content(1));
    bare["Properties"]
        .as_object_mut()
        .unwrap()
        .remove("PolicyTargets");
    let resources = json!({"A": open, "AsMuch": open, "B": stored, "C": bare});
    let mut sources = Sources {
        stack: STACK.to_owned(),
        ..Sources::default()
    };
    let mut unknown = Vec::new();
    for (id, resource) in resources.as_object().unwrap() {
        unknown.extend(try_read(json!({ id.as_str(): resource }), &sources).unwrap_err());
    }
    assert_eq!(
        reasons(&unknown),
        "nothing gives `Open`, `/backup/target/organizational-units` a value: give each under this \
         name with `--parameters` (`--targets` gives what begins with `/backup/`, and the \
         partition); the content of B is in S3 (`b.json`): give it with `--content B=FILE`"
    );
    let names =
        format!(r#"{{"Open": "{ONE}", "/backup/target/organizational-units": "{ONE},{TWO}"}}"#);
    sources.parameters = Parameters::parse(&names).unwrap();
    sources.contents = [("B".to_owned(), content(1).to_string())].into();
    let resources = json!({"B": resources["B"], "C": resources["C"]});
    let wanted = try_read(resources, &sources).unwrap();
    assert_eq!(wanted[1].desired.targets, [ONE, TWO]);
    assert!(wanted[0].content_refusal.is_none() && wanted[0].desired.content.is_some());
}

#[test]
fn policies_come_in_the_order_of_their_dependencies() {
    let present = live(&organization(&[], &[]), &[]);
    let mut first = resource("first", &[ONE], content(1));
    first["DependsOn"] = json!(["Second"]);
    let plan = made(
        &present,
        json!({
            "First": first,
            "Second": resource("second", &[ONE], content(2)),
        }),
    );
    assert_eq!(
        actions(&plan),
        [("second", Action::Create), ("first", Action::Create)]
    );
    // The one that was attached first wins.
    let days = "/plans/nightly/rules/r/lifecycle/delete_after_days";
    let after = plan.groups[0].after.as_ref().unwrap();
    assert_eq!(after.pointer(days), Some(&json!("2")));
}

#[test]
fn cloudformations_own_resource_is_planned_too() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "own", content(35))]),
        &[],
    );
    let own = json!({"Type": "AWS::Organizations::Policy", "Properties": {
        "Type": "BACKUP_POLICY", "Name": "own", "Content": content(14).to_string(),
        "Description": "every night", "TargetIds": [TWO],
    }});
    let plan = made(&present, json!({"Own": own}));
    assert_eq!(actions(&plan), [("own", Action::Change)]);
    assert_eq!(plan.groups.len(), 2);
    assert_eq!(codes(&plan), ["last-plan-lost"]);
}

#[test]
fn a_text_of_cloudformations_own_resource_is_measured_as_it_is_written() {
    let spaced = format!("{}{}", content(14), " ".repeat(10_000));
    let native = json!({"Type": "AWS::Organizations::Policy", "Properties": {
        "Type": "BACKUP_POLICY", "Name": "own", "Content": spaced, "TargetIds": [ONE],
    }});
    let present = live(&organization(&[], &[]), &[]);
    let plan = made(&present, json!({"Own": native}));
    assert_eq!(codes(&plan), ["deployment-fails"]);
    assert!(plan.findings[0].message.contains("as it is written"));
    // Ours is sent without white space.
    let ours = resource("own", &[ONE], json!(spaced));
    assert_eq!(codes(&made(&present, json!({"Own": ours}))), [""; 0]);
}

#[test]
fn what_comes_to_nothing_is_a_warning_unless_it_was_so_before() {
    let role = |name: &str| {
        let mut content = content(35);
        let selection = &mut content["plans"]["nightly"]["selections"]["tags"];
        for (_, one) in selection.as_object_mut().unwrap() {
            one["iam_role_arn"] = json!({"@@assign": format!("arn:aws:iam::$account:role/{name}")});
        }
        content
    };
    let bad = "AWSBackupDefaultServiceRole";
    let empty = organization(&[], &[]);
    let template = json!({
        "A": resource("a", &["ou-abcd-11111111"], role(bad)),
        "B": resource("b", &["ou-abcd-11111111"], content(7)),
    });
    let plan = made(&live(&empty, &[]), template);
    let [wrong_role, idle] = plan.warnings.as_slice() else {
        panic!("{:#?}", plan.warnings);
    };
    assert!(
        wrong_role.starts_with("role-default-path at plans/nightly/"),
        "{wrong_role}"
    );
    assert_eq!(
        idle,
        "policy b changes nothing for any account: overruled by a"
    );
    assert!(plan.findings.is_empty());
    // The same policy is live already.
    let policies = [("p-aaaaaaaaaa", "a", role(bad))];
    let live_already = organization(&[("ou-abcd-11111111", "p-aaaaaaaaaa")], &policies);
    let template = json!({"A": resource("a", &["ou-abcd-11111111"], role(bad))});
    let plan = made(&live(&live_already, &[("p-aaaaaaaaaa", "A")]), template);
    assert_eq!(plan.warnings, [""; 0]);
}

#[test]
fn json_has_everything() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "daily", content(35))]),
        &[("p-1", "Daily")],
    );
    let plan = made(
        &present,
        json!({"Daily": resource("daily", &[TWO], content(14))}),
    );
    let json = super::json::json(&plan);
    let step = &json["policies"][0];
    assert_eq!(step["attach"], json!([TWO]));
    assert_eq!(step["detach"], json!([ONE]));
    assert_eq!(step["changes"], json!(["change the content"]));
    let path = "plans/nightly/rules/r/lifecycle/delete_after_days/@@assign";
    assert_eq!(
        step["content"],
        json!([{"path": path, "before": "35", "after": "14"}])
    );
    let losing = &json["accounts"].as_array().unwrap();
    let losing: Vec<&Value> = losing
        .iter()
        .filter(|it| it["loses_last_plan"] == true)
        .collect();
    assert_eq!(losing[0]["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(losing[0]["after"], json!({}));
    assert_eq!(json["findings"][0]["code"], "last-plan-lost");
}

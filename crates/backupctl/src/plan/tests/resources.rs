//! Resources of a template.

use super::*;
use crate::template::open::Need;

fn native(properties: Value) -> Value {
    let mut all = json!({"Type": "BACKUP_POLICY", "Name": "own", "Content": content(14).to_string(),
        "TargetIds": [ONE]});
    let properties = properties.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(properties);
    json!({"Type": "AWS::Organizations::Policy", "Properties": all})
}

#[test]
fn a_description_that_is_known_only_at_deployment_is_taken_to_be_the_one_that_is_there() {
    let present = live(
        &organization(&[(ONE, "p-1")], &[("p-1", "daily", content(35))]),
        &[("p-1", "Daily")],
    );
    let mut daily = resource("daily", &[ONE], content(35));
    for (description, action) in [
        (json!({"Ref": "Open"}), Action::Keep),
        (json!("every night"), Action::Keep),
        (json!("every day"), Action::Change),
    ] {
        daily["Properties"]["PolicyDescription"] = description;
        let plan = made(&present, json!({ "Daily": daily }));
        assert_eq!(actions(&plan), [("daily", action)], "{daily}");
    }
}

#[test]
fn what_cloudformations_own_resource_leaves_open_is_asked_for() {
    for property in ["Name", "Content", "TargetIds"] {
        let own = native(json!({ property: {"Ref": "Open"} }));
        let unknown = try_read(json!({ "Own": own }), &Sources::default()).unwrap_err();
        let need = Reason::Needs(Need::Value("Open".to_owned()));
        assert_eq!(unknown, [need], "{property}");
    }
}

#[test]
fn cloudformations_own_resource_may_be_attached_to_nothing() {
    let own = native(json!({"TargetIds": []}));
    let plan = made(&live(&organization(&[], &[]), &[]), json!({ "Own": own }));
    assert_eq!(actions(&plan), [("own", Action::Create)]);
    assert_eq!(plan.findings, []);
}

#[test]
fn new_policies_share_the_room_that_is_left_at_a_target() {
    let names: Vec<String> = (0..9).map(|number| format!("p-{number}")).collect();
    let attached: Vec<(&str, &str)> = names.iter().map(|id| (TWO, id.as_str())).collect();
    let policies: Vec<(&str, &str, Value)> = names
        .iter()
        .map(|id| (id.as_str(), id.as_str(), json!({"plans": {}})))
        .collect();
    let present = live(&organization(&attached, &policies), &[]);
    let plan = made(
        &present,
        json!({
            "A": resource("elsewhere", &[ONE], content(1)),
            "B": resource("tenth", &[TWO], content(1)),
            "C": resource("eleventh", &[TWO], content(1)),
        }),
    );
    assert_eq!(
        actions(&plan),
        [
            ("elsewhere", Action::Create),
            ("tenth", Action::Create),
            ("eleventh", Action::Refuse)
        ]
    );
}

#[test]
fn a_policy_is_not_renamed_to_a_name_that_another_has() {
    let policies = [("p-1", "old", content(35)), ("p-2", "new", content(7))];
    let present = live(
        &organization(&[(ONE, "p-1")], &policies),
        &[("p-1", "Daily")],
    );
    let daily = resource("new", &[ONE], content(35));
    let plan = made(&present, json!({ "Daily": daily }));
    assert_eq!(actions(&plan), [("new", Action::Refuse)]);
    assert_eq!(
        plan.findings[0].message,
        "the deployment would fail: Daily: the name `new` is taken by another policy, p-2: choose \
         another PolicyName"
    );
}

#[test]
fn only_what_the_function_attaches_has_to_fit_into_its_time() {
    let units: Vec<String> = (0..1000).map(|it| format!("ou-abcd-{it:08}")).collect();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let present = live(&organization(&[], &[]), &[]);
    let ours = made(&present, json!({"A": resource("a", &units, content(1))}));
    let natives = made(&present, json!({"A": native(json!({"TargetIds": units}))}));
    let long = |plan: &Plan| {
        let mut messages = plan.findings.iter().map(|it| it.message.as_str());
        messages.any(|it| it.contains("too many for one request"))
    };
    assert_eq!((long(&ours), long(&natives)), (true, false));
}

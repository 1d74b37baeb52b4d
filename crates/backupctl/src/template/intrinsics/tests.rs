use super::*;
use serde_json::json;

fn template() -> Value {
    json!({
        "Parameters": {
            "Vault": {"Type": "String", "Default": "central"},
            "Regions": {"Type": "CommaDelimitedList", "Default": "eu-west-1, eu-west-2"},
            "Number": {"Type": "Number", "Default": 7},
            "Numbers": {"Type": "List<Number>", "Default": "1, 2"},
            "OpenList": {"Type": "CommaDelimitedList"},
            "Open": {"Type": "String"},
            "FromStore": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"},
            "Given": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/given"},
        },
        "Mappings": {"Days": {"prod": {"keep": 35}}},
        "Conditions": {
            "IsCentral": {"Fn::Equals": [{"Ref": "Vault"}, "central"]},
            "IsOpen": {"Fn::Equals": [{"Ref": "Open"}, "x"]},
        },
    })
}

#[track_caller]
fn check(value: Value, expected: Value) {
    let template = template();
    let parameters = Parameters::parse(r#"{"AWS::Partition": "aws", "/given": "a, b"}"#).unwrap();
    let scope = Scope::new(&template, &parameters);
    let resolved = scope.resolve(&value, None).map(|(value, _)| value);
    assert_eq!(resolved, Some(expected), "{value}");
}

#[test]
fn what_is_known_is_resolved() {
    check(json!({"Ref": "Vault"}), json!("central"));
    check(json!({"Ref": "Given"}), json!(["a", "b"]));
    check(json!("<{{resolve:ssm:/given:3}}>"), json!("<a, b>"));
    check(json!({"Ref": "Regions"}), json!(["eu-west-1", "eu-west-2"]));
    check(
        json!({"Fn::Sub": "arn:${AWS::Partition}:$account:${Vault}:${!Kept}"}),
        json!("arn:aws:$account:central:${Kept}"),
    );
    check(
        json!({"Fn::Sub": ["${A}-${Vault}", {"A": {"Ref": "Vault"}}]}),
        json!("central-central"),
    );
    check(
        json!({"Fn::Join": ["/", ["a", {"Ref": "Vault"}]]}),
        json!("a/central"),
    );
    check(
        json!({"Fn::Select": ["1", {"Ref": "Regions"}]}),
        json!("eu-west-2"),
    );
    check(json!({"Fn::Split": [":", "a:b"]}), json!(["a", "b"]));
    check(
        json!({"Fn::FindInMap": ["Days", "prod", "keep"]}),
        json!(35),
    );
    check(json!({"Fn::If": ["IsCentral", "y", "n"]}), json!("y"));
    check(json!({"Fn::Length": {"Ref": "Regions"}}), json!(2));
    check(json!({"Fn::Length": [1, {"Ref": "Open"}, 3]}), json!(3));
    check(json!({"Ref": "Number"}), json!("7"));
    check(json!({"Ref": "Numbers"}), json!(["1", "2"]));
    for (key, expected) in [("keep", json!(35)), ("nothing", json!("else"))] {
        let given = json!(["Days", "prod", key, {"DefaultValue": "else"}]);
        check(json!({"Fn::FindInMap": given}), expected);
    }
    check(
        json!({"Fn::Select": [0, {"Fn::Split": ["/", {"Fn::Sub": "a/b-${Open}/c"}]}]}),
        json!("a"),
    );
    check(
        json!({"Fn::Select": [1, [{"Ref": "Open"}, "b"]]}),
        json!("b"),
    );
    check(
        json!({"a": {"Ref": "AWS::NoValue"}, "b": 1}),
        json!({"b": 1}),
    );
    check(
        json!([{"Fn::If": ["IsCentral", {"Ref": "AWS::NoValue"}, 1]}, 2]),
        json!([2]),
    );
    check(
        json!({"Fn::ToJsonString": {"plans": {}}}),
        json!("{\"plans\":{}}"),
    );
}

#[test]
fn what_functions_give_is_bounded() {
    let mut text = json!("0123456789");
    for _ in 0..50 {
        text = json!({"Fn::Sub": ["${A}${A}", {"A": text}]});
    }
    check(text, unknown());
    let many = vec![json!({"Ref": "Vault"}); 100_000];
    check(json!({"Fn::Length": [{"Fn::Join": ["", many]}]}), json!(1));
    let long = json!({"Fn::Join": ["", vec!["x".repeat(1000); 40_000]]});
    check(long, unknown());
}

#[test]
fn what_is_not_known_stays_unknown() {
    let unknown = || json!(UNKNOWN.to_string());
    for value in [
        json!({"Ref": "Open"}),
        json!({"Ref": "FromStore"}),
        json!({"Ref": "AWS::Region"}),
        json!({"Fn::GetAtt": ["A", "Arn"]}),
        json!({"Fn::ImportValue": "x"}),
        json!({"Fn::If": ["IsOpen", 1, 2]}),
        json!({"Fn::If": ["Missing", 1, 2]}),
        json!({"Fn::Select": [7, ["a"]]}),
        json!({"Fn::FindInMap": ["Days", {"Ref": "Open"}, "keep"]}),
        json!({"Fn::Transform": {"Name": "AWS::Include"}}),
        json!({"Fn::GetAtt": "A.Arn"}),
        json!({"Fn::Base64": "x"}),
        json!({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}),
        json!({"Fn::GetAZs": ""}),
        json!({"Fn::Length": {"Ref": "OpenList"}}),
        json!({"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Sub": "a/b-${Open}/c"}]}]}),
        json!({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::Sub": "a/b-${Open}/c"}]}]}),
        json!({"Fn::FindInMap": ["Days", {"Ref": "Open"}, "keep", {"DefaultValue": 1}]}),
        json!({"Fn::FindInMap": ["Days", "prod", "none"]}),
        json!("{{resolve:ssm:/name}}"),
    ] {
        check(value, unknown());
    }
    // What a macro makes stands beside the rest.
    check(
        json!({"a": 1, "Fn::Transform": {"Name": "AWS::Include"}}),
        json!({"a": 1, UNKNOWN.to_string(): UNKNOWN.to_string()}),
    );
    check(
        json!({"Fn::Sub": "a-${Open}"}),
        json!(format!("a-{UNKNOWN}")),
    );
    check(
        json!({"Fn::Join": ["-", ["a", {"Ref": "Open"}]]}),
        json!(format!("a-{UNKNOWN}")),
    );
}

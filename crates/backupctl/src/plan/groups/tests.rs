use super::*;

#[test]
fn a_loss_is_what_is_backed_up_less_in_fewer_places_or_kept_for_a_shorter_time() {
    let (nothing, off, on) = (Value::Null, json!("false"), json!("true"));
    let list = |members: &[&str]| json!(members);
    let days = |days: &str| json!(days);
    let [regions, values, types, spared] = [
        "regions",
        "selections/tags/s/tag_value",
        "selections/resources/s/resource_types",
        "selections/resources/s/not_resource_types",
    ];
    let kept = "rules/r/lifecycle/delete_after_days";
    let copies_kept = "rules/r/copy_actions/v/lifecycle/delete_after_days";
    let continuous = "rules/r/enable_continuous_backup";
    let copy = "rules/r/copy_actions/v/target_backup_vault_arn";
    for (path, before, after, lost) in [
        (regions, list(&["a", "b"]), list(&["b"]), "a Region"),
        (regions, list(&["a"]), list(&["b"]), "one of two Regions"),
        (regions, list(&["a"]), nothing.clone(), "the only Region"),
        (regions, list(&["a"]), list(&["a", "b"]), ""),
        (regions, nothing.clone(), list(&["a"]), ""),
        (values, list(&["x", "y"]), list(&["x"]), "what is tagged y"),
        (values, list(&["x"]), list(&["x", "y"]), ""),
        (types, list(&["ec2", "efs"]), list(&["ec2"]), "every EFS"),
        (types, list(&["ec2"]), list(&["ec2", "efs"]), ""),
        (spared, list(&["ec2"]), list(&["ec2", "efs"]), "every EFS"),
        (spared, nothing.clone(), list(&["efs"]), "every EFS"),
        (spared, list(&["ec2", "efs"]), list(&["ec2"]), ""),
        (kept, days("35"), days("14"), "backups older than 14 days"),
        (kept, nothing.clone(), days("14"), "backups kept for ever"),
        (kept, days("14"), days("35"), ""),
        (kept, days("14"), days("014"), ""),
        (kept, days("14"), nothing.clone(), ""),
        (copies_kept, days("35"), days("14"), "copies of 14 days"),
        (copies_kept, nothing.clone(), days("14"), "copies for ever"),
        (continuous, on.clone(), off.clone(), "any point in time"),
        (continuous, on.clone(), nothing.clone(), "any point in time"),
        (continuous, off.clone(), on.clone(), ""),
        (continuous, nothing.clone(), on, ""),
        (continuous, off, nothing.clone(), ""),
        (copy, json!("arn"), nothing.clone(), "a copy"),
        (copy, nothing.clone(), json!("arn"), ""),
        ("rules/r/schedule_expression", days("1"), nothing, ""),
    ] {
        let present = |value: Value| (!value.is_null()).then_some(value);
        let difference = Difference {
            path: path.split('/').map(str::to_owned).collect(),
            before: present(before),
            after: present(after),
        };
        assert_eq!(is_loss(&difference), !lost.is_empty(), "{difference:?}");
    }
}

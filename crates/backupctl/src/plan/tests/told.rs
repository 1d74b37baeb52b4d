//! What a person is told.

use super::*;
use crate::plan::asked::{self, Asked};
use crate::plan::{answer, text};

#[test]
fn every_account_that_is_left_without_a_plan_is_named_however_many() {
    let mut before = organization(&[(ONE, "p-1")], &[("p-1", "daily", content(35))]);
    let accounts = before.pointer_mut("/root/organizational_units/0/accounts");
    let accounts = accounts.unwrap().as_array_mut().unwrap();
    for number in 10..20 {
        let id = format!("4444444444{number}");
        accounts.push(json!({"id": id, "name": format!("account {number}"), "policies": []}));
    }
    let plan = made(&live(&before, &[("p-1", "Daily")]), json!({}));
    let text = text::text(&plan);
    let told = text.split_once("NO BACKUP PLAN IS LEFT FOR\n").unwrap().1;
    let told = told.lines().next().unwrap();
    assert!(told.starts_with("12 accounts: "), "{told}");
    assert!(told.ends_with("444444444419 (account 19)"), "{told}");
    assert_eq!(told.matches("(account ").count(), 12);
}

#[test]
fn a_plan_that_comes_is_one_line_and_what_stands_beside_plans_is_told() {
    let present = live(
        &organization(&[], &[("p-1", "daily", json!({"plans": {}}))]),
        &[],
    );
    let mut content = content(35);
    content["plan"] = json!({"nightly": {"regions": {"@@assign": ["eu-west-1"]}}});
    let content = backup_policy::Document::from_value(content);
    let asked = [Asked::Content("p-1".to_owned(), content)];
    let steps = asked::steps(&present, &asked, now()).unwrap();
    let text = text::text(&answer(&present, steps, &by(false)).unwrap());
    let told = "  content:\n    + plan nightly\n    \
                + plan/nightly/regions/@@assign: [`eu-west-1`]\n";
    assert!(text.contains(told), "{text}");
}

//! What changed from one time to another.

use super::*;
use crate::plan::groups::Effect;
use crate::plan::{compare, text};

const ARN: &str = "arn:aws:backup:eu-central-1:999999999999:backup-vault:Central";

fn between(before: &Value, after: &Value) -> Plan {
    let (before, after) = (live(before, &[]), live(after, &[]));
    compare(&before.organization, &after.organization, &by(false)).unwrap()
}

#[test]
fn a_policy_that_is_gone_was_removed_wherever_it_was_attached() {
    let policies = [("p-1", "daily", content(35)), ("p-2", "idle", content(7))];
    let before = organization(&[(ONE, "p-1")], &policies);
    let plan = between(&before, &organization(&[], &[]));
    assert_eq!(
        actions(&plan),
        [("daily", Action::Remove), ("idle", Action::Remove)]
    );
    // No template has to do with it.
    let text = text::text(&plan);
    assert!(text.contains("\nREMOVE `idle` (p-2)\n"), "{text}");
}

#[test]
fn a_policy_whose_name_or_content_alone_is_another_has_changed() {
    let with = |name: &str, days: u32| organization(&[], &[("p-1", name, content(days))]);
    for (after, told) in [
        (with("new", 35), "~ name: `old` becomes `new`"),
        (with("old", 14), "delete_after_days/@@assign: `35` becomes"),
    ] {
        let plan = between(&with("old", 35), &after);
        let [step] = plan.steps.as_slice() else {
            panic!("{:?}", plan.steps)
        };
        assert_eq!(step.action, Action::Change, "{told}");
        let text = text::text(&plan);
        assert!(text.contains(told), "{text}");
    }
    assert!(between(&with("old", 35), &with("old", 35)).steps.is_empty());
}

#[test]
fn a_new_copy_is_no_loss_however_long_it_is_kept_but_one_kept_for_ever_until_now_is() {
    let copied = |days: Option<&str>, backups: u32| {
        let mut copy = json!({"target_backup_vault_arn": {"@@assign": ARN}});
        if let Some(days) = days {
            copy["lifecycle"] = json!({"delete_after_days": {"@@assign": days}});
        }
        let mut content = content(backups);
        content["plans"]["nightly"]["rules"]["r"]["copy_actions"] = json!({ ARN: copy });
        content
    };
    let mut unlimited = content(35);
    let rule = &mut unlimited["plans"]["nightly"]["rules"]["r"];
    rule.as_object_mut().unwrap().remove("lifecycle");
    for (before, after, effect) in [
        (content(35), content(366), Effect::GetsSomethingElse),
        (
            content(35),
            copied(Some("14"), 35),
            Effect::GetsSomethingElse,
        ),
        (
            copied(None, 35),
            copied(Some("14"), 35),
            Effect::LosesSomething,
        ),
        // What the new copy brings hides nothing of the backups.
        (content(35), copied(Some("14"), 7), Effect::LosesSomething),
        (unlimited, copied(Some("14"), 7), Effect::LosesSomething),
    ] {
        let at = |content: Value| organization(&[(ONE, "p-1")], &[("p-1", "daily", content)]);
        let plan = between(&at(before), &at(after));
        let effects: Vec<Effect> = plan.groups.iter().map(|group| group.effect()).collect();
        assert_eq!(effects, [effect], "{}", text::text(&plan));
    }
}

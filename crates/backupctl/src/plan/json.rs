//! A plan for programs.

use policy_resource::plan::Change;
use serde_json::{Value, json};

use super::Plan;
use super::difference::{Difference, differences};
use super::groups::{Effect, Group};
use super::steps::{Action, Step};

/// `{"policies", "accounts", "findings", "warnings"}`, see the README.
pub fn json(plan: &Plan) -> Value {
    let findings: Vec<Value> = plan
        .findings
        .iter()
        .map(|finding| json!({"code": finding.code, "message": finding.message}))
        .collect();
    json!({
        "policies": plan.steps.iter().map(step).collect::<Vec<Value>>(),
        "moves": plan.moves,
        "accounts": plan.groups.iter().map(group).collect::<Vec<Value>>(),
        "findings": findings,
        "warnings": plan.warnings,
        "looked_at": plan.basis,
        "notes": plan.notes,
    })
}

fn step(step: &Step) -> Value {
    let action = match step.action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Adopt => "adopt",
        Action::Keep => "keep",
        Action::Remove => "remove",
        Action::Refuse => "refuse",
    };
    let (mut attach, mut detach) = (Vec::new(), Vec::new());
    let mut other = Vec::new();
    for change in &step.changes {
        match change {
            Change::Attach(target) => attach.push(target),
            Change::Detach(target) => detach.push(target),
            other_change => other.push(other_change.to_string()),
        }
    }
    json!({
        "resource": step.resource,
        "name": step.name,
        "id": step.id,
        "action": action,
        "changes": other,
        "attach": attach,
        "detach": detach,
        "content": values(&differences(step.before.as_deref(), step.after.as_deref())),
        "refusals": step.refusals,
    })
}

fn group(group: &Group) -> Value {
    let accounts: Vec<Value> = group
        .accounts
        .iter()
        .map(|(id, name)| json!({"account": id, "name": name}))
        .collect();
    json!({
        "accounts": accounts,
        "differences": values(&group.differences),
        "before": group.before,
        "after": group.after,
        "problems": group.problems,
        "loses_something": group.effect() < Effect::GetsSomethingElse,
        "loses_last_plan": group.loses_last_plan,
        "becomes_invalid": group.becomes_invalid,
    })
}

fn values(differences: &[Difference]) -> Vec<Value> {
    let value = |it: &Difference| {
        let path = it.path.join("/");
        json!({"path": path, "before": it.before, "after": it.after})
    };
    differences.iter().map(value).collect()
}

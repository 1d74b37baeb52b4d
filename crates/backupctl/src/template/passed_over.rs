//! Resources that name backup policies in a form that is not read: nothing is passed over in silence.

use backup_policy::{BACKUP_POLICY, Code, Document, Finding, Spot};
use serde_json::Value;

use super::intrinsics::Scope;
use super::open::{is_open, needs};
use super::{child, finding, members};
#[cfg(feature = "aws")]
use crate::parameters::Parameters;

/// One finding for each such resource.
pub(super) fn findings(scope: &Scope<'_>, template: &Document) -> Vec<Finding> {
    let mut found = Vec::new();
    let all = child(Some(template.value()), template.spot(), "Resources");
    for (index, (id, resource)) in members(all.0).enumerate() {
        let spot: Option<&Spot> = all.1.and_then(|spot| spot.children.get(index));
        if let Some(message) = message(scope, id, resource) {
            found.push(Finding {
                path: format!("Resources.{id}"),
                position: spot.map(|spot| spot.key.unwrap_or(spot.value)),
                ..finding(Code::ContentUnknown, message, HELP)
            });
        }
    }
    found
}

/// Why resources that name backup policies cannot be read, one line each.
#[cfg(feature = "aws")]
pub(crate) fn unread(template: &Document, parameters: &Parameters) -> Vec<String> {
    let scope = Scope::new(template.value(), parameters);
    let findings = findings(&scope, template);
    findings
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

const HELP: &str = "nothing of it was checked: check the policy's own file, or the template that \
                    `aws cloudformation get-template --template-stage Processed` gives";

fn message(scope: &Scope<'_>, id: &str, resource: &Value) -> Option<String> {
    if id.starts_with("Fn::") {
        let text = resource.to_string();
        let names_one = text.contains(BACKUP_POLICY) || text.contains("Custom::BackupOrgPolicy");
        return names_one.then(|| {
            format!("`{id}` makes resources that name backup policies, and is not expanded")
        });
    }
    let kind = resource.get("Type")?.as_str()?;
    if kind == "Custom::BackupOrgPolicy" {
        return None;
    }
    let properties = resource.get("Properties")?;
    for key in ["Type", "PolicyType"] {
        let Some(value) = properties.get(key) else {
            continue;
        };
        let value = scope.resolve(value, None).map(|(value, _)| value);
        let open = scope.take_open();
        let value = value?;
        if kind == "AWS::Organizations::Policy" && key == "Type" && is_open(&value) {
            let needs: Vec<String> = needs(&open).iter().map(ToString::to_string).collect();
            return Some(format!(
                "whether `{id}` is a backup policy is known only at deployment: its `Type` needs {}",
                needs.join(", ")
            ));
        }
        if kind != "AWS::Organizations::Policy" && value == BACKUP_POLICY {
            return Some(format!(
                "`{id}` is a backup policy of the type `{kind}`, which is not read"
            ));
        }
    }
    None
}

//! The resources of a template that declare a backup policy.

use backup_policy::{Document, Spot};
use serde_json::Value;

use super::conditions;
use super::intrinsics::Scope;
use super::open::Open;
use super::{child, members};
#[cfg(feature = "aws")]
use crate::parameters::Parameters;

/// What declares a backup policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Custom::BackupOrgPolicy`, this solution's.
    Ours,
    /// `AWS::Organizations::Policy`, CloudFormation's own.
    Native,
}

impl Kind {
    /// The property that holds the content.
    pub(super) fn content(self) -> &'static str {
        match self {
            Kind::Ours => "PolicyContent",
            Kind::Native => "Content",
        }
    }
}

/// A resource of a template that declares a backup policy.
#[derive(Debug)]
pub(crate) struct Found<'t> {
    pub(crate) id: &'t str,
    pub(crate) kind: Kind,
    /// Its properties, with every function replaced by what it gives.
    pub(crate) properties: Value,
    /// The resources that are deployed before it.
    #[cfg_attr(
        not(feature = "aws"),
        expect(dead_code, reason = "only a plan asks for it")
    )]
    pub(crate) depends_on: Vec<&'t str>,
    pub(super) spot: Option<Spot>,
    /// What of the properties is not known.
    pub(crate) open: Vec<Open>,
}

/// The backup policies that a template declares, without those whose condition is false.
#[cfg(feature = "aws")]
pub(crate) fn policies<'t>(template: &'t Document, parameters: &Parameters) -> Vec<Found<'t>> {
    let scope = Scope::new(template.value(), parameters);
    resources(&scope, template)
}

pub(super) fn resources<'t>(scope: &Scope<'_>, template: &'t Document) -> Vec<Found<'t>> {
    let mut found = Vec::new();
    let all = child(Some(template.value()), template.spot(), "Resources");
    for (index, (id, resource)) in members(all.0).enumerate() {
        let spot = all.1.and_then(|spot| spot.children.get(index));
        let condition = resource.get("Condition").and_then(Value::as_str);
        if condition.and_then(|name| conditions::named(scope, name, 0)) == Some(false) {
            continue;
        }
        let Some(kind) = resource.get("Type").and_then(Value::as_str) else {
            continue;
        };
        let (properties, place) = child(Some(resource), spot, "Properties");
        let Some(properties) = properties else {
            continue;
        };
        let resolved = scope.resolve(properties, place);
        let open = scope.take_open();
        let Some((properties, spot)) = resolved else {
            continue;
        };
        let kind = match kind {
            "Custom::BackupOrgPolicy" => Kind::Ours,
            "AWS::Organizations::Policy"
                if properties.get("Type") == Some(&"BACKUP_POLICY".into()) =>
            {
                Kind::Native
            }
            _ => continue,
        };
        let depends_on = match resource.get("DependsOn") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        found.push(Found {
            id,
            kind,
            properties,
            depends_on,
            spot,
            open,
        });
    }
    found
}

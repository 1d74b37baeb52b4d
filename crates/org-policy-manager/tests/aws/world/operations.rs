//! The Organizations operations, with AWS's errors in AWS's order: input, existence, limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::organization::{Change, Organization, Policy, PolicyTypeStatus};
use super::{Behaviour, paging};

pub(super) type Reply = Result<Value, Refusal>;

/// An error as the service words it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub reason: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(super) fn invalid(reason: &'static str, message: &str) -> Refusal {
        let reason = Some(reason);
        Refusal {
            reason,
            ..Refusal::new("InvalidInputException", message)
        }
    }

    pub(super) fn constraint(reason: &'static str, message: &str) -> Refusal {
        let reason = Some(reason);
        Refusal {
            reason,
            ..Refusal::new("ConstraintViolationException", message)
        }
    }
}

const KIND: &str = "BACKUP_POLICY";

/// Performs one operation.
pub(super) fn perform(
    operation: &str,
    input: &Value,
    organization: &mut Organization,
    how: &Behaviour,
) -> Reply {
    match operation {
        "CreatePolicy" => create_policy(input, organization),
        "UpdatePolicy" => update_policy(input, organization),
        "DeletePolicy" => delete_policy(input, organization),
        "DescribePolicy" => Ok(json!({ "Policy": described(known_policy(input, organization)?) })),
        "AttachPolicy" => attach_policy(input, organization, how),
        "DetachPolicy" => detach_policy(input, organization),
        "ListPolicies" => list_policies(input, organization, how),
        "ListTargetsForPolicy" => list_targets(input, organization, how),
        "ListTagsForResource" => list_tags(input, organization, how),
        "TagResource" => tag_resource(input, organization),
        "UntagResource" => untag_resource(input, organization),
        "ListRoots" => paging::page("Roots", vec![root(organization)], input, how),
        "EnablePolicyType" => enable_policy_type(input, organization, how),
        _ => Err(Refusal::new(
            "UnknownOperationException",
            format!("no model of {operation}"),
        )),
    }
}

fn create_policy(input: &Value, organization: &mut Organization) -> Reply {
    let name = text(input, "Name")?;
    let description = text(input, "Description")?;
    let content = text(input, "Content")?;
    right_kind(input, "Type")?;
    well_named(name, description)?;
    let tags = tags(input, &BTreeMap::new())?;
    well_formed(content)?;
    if organization.policies.len() >= 1000 {
        return Err(Refusal::constraint(
            "POLICY_NUMBER_LIMIT_EXCEEDED",
            "1,000 policies exist",
        ));
    }
    unused_name(name, None, organization)?;
    let id = organization.insert_policy(name, description, content, tags);
    Ok(json!({ "Policy": described(&organization.policies[&id]) }))
}

fn update_policy(input: &Value, organization: &mut Organization) -> Reply {
    let mut policy = known_policy(input, organization)?.clone();
    for (member, field) in [
        ("Name", &mut policy.name),
        ("Description", &mut policy.description),
        ("Content", &mut policy.content),
    ] {
        if !input[member].is_null() {
            *field = text(input, member)?.to_owned();
        }
    }
    well_named(&policy.name, &policy.description)?;
    well_formed(&policy.content)?;
    unused_name(&policy.name, Some(&policy.id), organization)?;
    let reply = json!({ "Policy": described(&policy) });
    organization.record(Change::Updated {
        policy: policy.id.clone(),
    });
    organization.policies.insert(policy.id.clone(), policy);
    Ok(reply)
}

fn delete_policy(input: &Value, organization: &mut Organization) -> Reply {
    let policy = known_policy(input, organization)?.id.clone();
    if !organization.targets_of(&policy).is_empty() {
        return Err(Refusal::new(
            "PolicyInUseException",
            "The policy is attached to a target.",
        ));
    }
    organization.delete(&policy);
    Ok(Value::Null)
}

fn attach_policy(input: &Value, organization: &mut Organization, how: &Behaviour) -> Reply {
    let policy = known_policy(input, organization)?.id.clone();
    let target = known_target(input, organization)?;
    match organization.status {
        PolicyTypeStatus::Enabled => {}
        PolicyTypeStatus::Enabling { .. } => {
            let message = "Changes to the policy type are in progress.";
            return Err(Refusal::new("PolicyChangesInProgressException", message));
        }
        PolicyTypeStatus::Disabled => {
            let message = "The specified policy type isn't currently enabled in this root.";
            return Err(Refusal::new("PolicyTypeNotEnabledException", message));
        }
    }
    let peers = organization
        .attachments
        .iter()
        .filter(|(it, _)| *it == target);
    let peers: Vec<&String> = peers.map(|(_, policy)| policy).collect();
    if peers.contains(&&policy) {
        let message = "The selected policy is already attached to the specified target.";
        return Err(Refusal::new("DuplicatePolicyAttachmentException", message));
    }
    if peers.len() >= how.policies_per_target {
        return Err(Refusal::constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the target.",
        ));
    }
    organization.attach(&policy, &target);
    Ok(Value::Null)
}

fn detach_policy(input: &Value, organization: &mut Organization) -> Reply {
    let policy = known_policy(input, organization)?.id.clone();
    let target = known_target(input, organization)?;
    if !organization.targets_of(&policy).contains(&target) {
        let message = "The policy isn't attached to the specified target in the specified root.";
        return Err(Refusal::new("PolicyNotAttachedException", message));
    }
    organization.detach(&policy, &target);
    Ok(Value::Null)
}

fn list_policies(input: &Value, organization: &Organization, how: &Behaviour) -> Reply {
    right_kind(input, "Filter")?;
    let seen = organization.as_listed(how.listings_lag);
    let policies = organization
        .policies
        .values()
        .filter(|it| seen.shows_policy(&it.id));
    let policies = policies.map(summary).collect();
    paging::page("Policies", policies, input, how)
}

fn list_targets(input: &Value, organization: &Organization, how: &Behaviour) -> Reply {
    let policy = known_policy(input, organization)?;
    let seen = organization.as_listed(how.listings_lag);
    let targets = seen.targets_of(&policy.id);
    let described = targets
        .map(|target| target_summary(target, organization))
        .collect();
    paging::page("Targets", described, input, how)
}

fn list_tags(input: &Value, organization: &Organization, how: &Behaviour) -> Reply {
    if !input["MaxResults"].is_null() {
        return Err(Refusal::new(
            "SerializationException",
            "ListTagsForResource has no MaxResults",
        ));
    }
    let tags = &tagged_resource(input, organization)?.tags;
    let tags = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    paging::page("Tags", tags, input, how)
}

fn tag_resource(input: &Value, organization: &mut Organization) -> Reply {
    let mut policy = tagged_resource(input, organization)?.clone();
    policy.tags = tags(input, &policy.tags)?;
    replace_tagged(policy, organization)
}

fn untag_resource(input: &Value, organization: &mut Organization) -> Reply {
    let mut policy = tagged_resource(input, organization)?.clone();
    for key in input["TagKeys"].as_array().ok_or_else(malformed)? {
        policy.tags.remove(key.as_str().ok_or_else(malformed)?);
    }
    replace_tagged(policy, organization)
}

fn replace_tagged(policy: Policy, organization: &mut Organization) -> Reply {
    organization.record(Change::Tagged {
        policy: policy.id.clone(),
    });
    organization.policies.insert(policy.id.clone(), policy);
    Ok(Value::Null)
}

fn enable_policy_type(input: &Value, organization: &mut Organization, how: &Behaviour) -> Reply {
    right_kind(input, "PolicyType")?;
    if text(input, "RootId")? != organization.root {
        return Err(Refusal::new(
            "RootNotFoundException",
            "We can't find a root with that ID.",
        ));
    }
    if organization.status != PolicyTypeStatus::Disabled {
        let message = "The specified policy type is already enabled.";
        return Err(Refusal::new("PolicyTypeAlreadyEnabledException", message));
    }
    let until = organization.now + how.enabling_takes;
    organization.status = PolicyTypeStatus::Enabling { until };
    organization.record(Change::EnablingPolicyType);
    Ok(json!({ "Root": root(organization) }))
}

fn root(organization: &Organization) -> Value {
    let types = match organization.status {
        PolicyTypeStatus::Disabled => json!([]),
        PolicyTypeStatus::Enabling { .. } => json!([{ "Type": KIND, "Status": "PENDING_ENABLE" }]),
        PolicyTypeStatus::Enabled => json!([{ "Type": KIND, "Status": "ENABLED" }]),
    };
    let id = &organization.root;
    json!({ "Id": id, "Arn": target_arn(id, organization), "Name": "Root", "PolicyTypes": types })
}

fn summary(policy: &Policy) -> Value {
    let Policy {
        id,
        arn,
        name,
        description,
        ..
    } = policy;
    json!({ "Id": id, "Arn": arn, "Name": name, "Description": description,
            "Type": KIND, "AwsManaged": false })
}

fn described(policy: &Policy) -> Value {
    json!({ "PolicySummary": summary(policy), "Content": policy.content })
}

fn target_summary(target: &str, organization: &Organization) -> Value {
    let kind = match target.split('-').next() {
        Some("r") => "ROOT",
        Some("ou") => "ORGANIZATIONAL_UNIT",
        _ => "ACCOUNT",
    };
    json!({ "TargetId": target, "Arn": target_arn(target, organization),
            "Name": format!("name of {target}"), "Type": kind })
}

fn target_arn(target: &str, organization: &Organization) -> String {
    let kind = match target.split('-').next() {
        Some("r") => "root",
        Some("ou") => "ou",
        _ => "account",
    };
    let (account, organization) = (&organization.management_account, &organization.id);
    format!("arn:aws:organizations::{account}:{kind}/{organization}/{target}")
}

fn known_policy<'a>(input: &Value, organization: &'a Organization) -> Result<&'a Policy, Refusal> {
    let id = text(input, "PolicyId")?;
    if !(id.starts_with("p-") && (10..=130).contains(&id.len())) {
        return Err(Refusal::invalid(
            "INVALID_PATTERN",
            "You specified an invalid policy ID.",
        ));
    }
    organization.policies.get(id).ok_or_else(no_such_policy)
}

fn known_target(input: &Value, organization: &Organization) -> Result<String, Refusal> {
    let target = text(input, "TargetId")?;
    let account = target.len() == 12 && target.bytes().all(|it| it.is_ascii_digit());
    if !(account || target.starts_with("r-") || target.starts_with("ou-")) {
        return Err(Refusal::invalid(
            "INVALID_PATTERN_TARGET_ID",
            "That is not a target ID.",
        ));
    }
    match target == organization.root || organization.targets.contains(target) {
        true => Ok(target.to_owned()),
        false => Err(Refusal::new(
            "TargetNotFoundException",
            "We can't find a root, OU, account, or policy with the TargetId that you specified.",
        )),
    }
}

fn tagged_resource<'a>(
    input: &Value,
    organization: &'a Organization,
) -> Result<&'a Policy, Refusal> {
    let id = text(input, "ResourceId")?;
    organization.policies.get(id).ok_or_else(|| {
        Refusal::new(
            "TargetNotFoundException",
            "We can't find a resource with that ID.",
        )
    })
}

/// The tags of a resource once those of a request are put over the present ones.
fn tags(
    input: &Value,
    present: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = present.clone();
    let mut asked = std::collections::BTreeSet::new();
    for tag in input["Tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
    {
        let (key, value) = (text(tag, "Key")?, text(tag, "Value")?);
        if !asked.insert(key) {
            return Err(Refusal::invalid(
                "DUPLICATE_TAG_KEY",
                "Tag keys must be unique.",
            ));
        }
        if key.to_lowercase().starts_with("aws:") {
            let message = "Tags that start with aws: are reserved.";
            return Err(Refusal::invalid("INVALID_SYSTEM_TAGS_PARAMETER", message));
        }
        let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
        if !(lengths && key.chars().chain(value.chars()).all(allowed)) {
            return Err(Refusal::invalid("INVALID_PATTERN", "That is not a tag."));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    match tags.len() > 50 {
        true => Err(Refusal::constraint(
            "MAX_TAG_LIMIT_EXCEEDED",
            "50 tags at most.",
        )),
        false => Ok(tags),
    }
}

fn well_named(name: &str, description: &str) -> Result<(), Refusal> {
    match (1..=128).contains(&name.chars().count()) && description.chars().count() <= 512 {
        true => Ok(()),
        false => Err(Refusal::invalid(
            "MAX_LENGTH_EXCEEDED",
            "The name or description is long.",
        )),
    }
}

/// What AWS looks at first: JSON with the one root key, not too long.
fn well_formed(content: &str) -> Result<(), Refusal> {
    if content.chars().count() > 10_000 {
        let message = "The policy content is too long.";
        return Err(Refusal::constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            message,
        ));
    }
    let plans = match serde_json::from_str(content) {
        Ok(Value::Object(root)) => {
            root.len() == 1
                && root
                    .iter()
                    .all(|(key, it)| key.eq_ignore_ascii_case("plans") && it.is_object())
        }
        _ => false,
    };
    plans.then_some(()).ok_or_else(|| {
        let message = "The provided policy document does not meet the requirements of the \
                       specified policy type.";
        Refusal::new("MalformedPolicyDocumentException", message)
    })
}

fn unused_name(name: &str, own: Option<&str>, organization: &Organization) -> Result<(), Refusal> {
    match organization.policy_named(name) {
        Some(other) if Some(other.id.as_str()) != own => {
            let message = "A policy with the same name already exists.";
            Err(Refusal::new("DuplicatePolicyException", message))
        }
        _ => Ok(()),
    }
}

fn right_kind(input: &Value, member: &str) -> Result<(), Refusal> {
    match text(input, member)? == KIND {
        true => Ok(()),
        false => Err(Refusal::invalid(
            "INVALID_ENUM_POLICY_TYPE",
            "only backup policies here",
        )),
    }
}

fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    input[member].as_str().ok_or_else(malformed)
}

fn malformed() -> Refusal {
    Refusal::new("SerializationException", "a required member is missing")
}

fn no_such_policy() -> Refusal {
    Refusal::new(
        "PolicyNotFoundException",
        "We can't find a policy with the PolicyId you gave.",
    )
}

//! A resource of the template, read as the function behind it reads it.

use std::collections::{BTreeMap, BTreeSet};

use backup_policy::{Instant, as_written, validate};
use policy_resource::content::{Found as Content, prepare, refusal};
use policy_resource::identity::Owner;
use policy_resource::plan::Desired;
use policy_resource::properties::{
    ContentSource, Properties, REGIONS_PARAMETER, TARGETS_PARAMETER, region_problem, split_list,
    target_problem,
};
use serde_json::{Map, Value};

use crate::parameters::Parameters;
use crate::template::open::{Need, is_open, needs};
use crate::template::{Found, Kind, too_long_as_written};

/// A policy as the template wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The resource's logical id.
    pub resource: String,
    /// The resources that are deployed before it.
    pub depends_on: Vec<String>,
    /// Whether CloudFormation makes the policy itself, without the function.
    pub native: bool,
    /// How the policy should be; the function's own tags are left out.
    pub desired: Desired,
    /// Whether the description is known before deployment.
    pub describes: bool,
    /// Whether a policy of this name that is not the resource's is taken over.
    pub adopts: bool,
    /// Whether backup policies are enabled where they are not.
    pub enables: bool,
    /// Why the function or AWS would refuse it, whatever is live.
    pub refusals: Vec<String>,
    /// Why the content would be refused, should it have to be written.
    pub content_refusal: Option<String>,
}

/// What stands in for what a template leaves to deployment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Parameters' and SSM parameters' values.
    pub parameters: Parameters,
    /// Contents by the resource's logical id.
    pub contents: BTreeMap<String, String>,
    /// The stack's name.
    pub stack: String,
}

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A value is known only at deployment.
    Needs(Need),
    /// The content is elsewhere, with what to do.
    InS3(String),
}

/// All reasons in one sentence, each value once.
pub fn reasons(reasons: &[Reason]) -> String {
    let mut needs: Vec<&Need> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for reason in reasons {
        match reason {
            Reason::Needs(need) if !needs.contains(&need) => needs.push(need),
            Reason::Needs(_) => {}
            Reason::InS3(text) => texts.push(text.clone()),
        }
    }
    let (values, others): (Vec<&Need>, Vec<&Need>) = needs
        .into_iter()
        .partition(|it| matches!(it, Need::Value(_)));
    let listed = |needs: &[&Need]| {
        let names: Vec<String> = needs.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    if !others.is_empty() {
        texts.insert(
            0,
            format!(
                "{}: known only at deployment, so write the value out, or make it a parameter",
                listed(&others)
            ),
        );
    }
    if !values.is_empty() {
        texts.insert(
            0,
            format!(
                "nothing gives {} a value: give each under this name with `--parameters` \
                 (`--targets` gives what begins with `/backup/`, and the partition)",
                listed(&values)
            ),
        );
    }
    texts.join("; ")
}

/// Reads a resource.
///
/// # Errors
/// What must be known for a plan and is known only at deployment.
pub(crate) fn wanted(
    found: &Found<'_>,
    sources: &Sources,
    now: Instant,
) -> Result<Wanted, Vec<Reason>> {
    let properties = match found.kind {
        Kind::Ours => found.properties.clone(),
        Kind::Native => translated(&found.properties),
    };
    let mut properties = properties.as_object().cloned().unwrap_or_default();
    if let Some(text) = sources.contents.get(found.id) {
        properties.insert("PolicyContent".to_owned(), Value::from(text.as_str()));
    }
    let open = is_open;
    let describes = !properties.get("PolicyDescription").is_some_and(open);
    // What does not matter to a plan may stay open.
    properties.retain(|name, value| {
        !matches!(name.as_str(), "Tags" | "PolicyDescription") || !open(value)
    });
    properties.insert("OrgManagementAccount".to_owned(), "0".repeat(12).into());
    let matters = |name: &str| !matches!(name, "ServiceToken" | "ServiceTimeout");
    let is_missing = |name: &str| {
        let ours = ours(found.kind, name);
        matters(ours) && properties.get(ours).is_some_and(open)
    };
    let missing = found.open.iter().filter(|it| {
        let property = it.path.first().map_or("", String::as_str);
        is_missing(property)
    });
    let missing = needs(missing);
    if !missing.is_empty() {
        return Err(missing.into_iter().cloned().map(Reason::Needs).collect());
    }
    let read = match Properties::read(&Value::Object(properties)) {
        Ok(read) => read,
        Err(errors) => {
            let texts = errors.0.into_iter().map(|problem| problem.text);
            return Ok(refused(found, texts.collect()));
        }
    };
    let targets = match (&read.targets, found.kind) {
        (Some(targets), _) => Some(targets.clone()),
        (None, Kind::Native) => Some(Vec::new()),
        (None, Kind::Ours) => sources.parameters.get(TARGETS_PARAMETER).map(split_list),
    };
    let regions = match (&read.regions, found.kind) {
        (Some(regions), _) => Some(regions.clone()),
        (None, Kind::Native) => Some(Vec::new()),
        (None, Kind::Ours) => sources.parameters.get(REGIONS_PARAMETER).map(split_list),
    };
    let mut unknown = Vec::new();
    // Without the property, what SSM holds under this name counts.
    let mut given = |list: Option<Vec<String>>, name: &str| {
        if list.is_none() {
            unknown.push(Reason::Needs(Need::Value(name.to_owned())));
        }
        list.unwrap_or_default()
    };
    let targets = given(targets, TARGETS_PARAMETER);
    let regions = given(regions, REGIONS_PARAMETER);
    let content = match read.content {
        ContentSource::Object(value) => Content::Object(value),
        ContentSource::Text(text) => Content::Text(text),
        ContentSource::S3(object) => {
            unknown.push(Reason::InS3(format!(
                "the content of {id} is in S3 (`{}`): give it with `--content {id}=FILE`",
                object.key,
                id = found.id
            )));
            Content::Text(String::new())
        }
    };
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut refusals: Vec<String> = targets.iter().filter_map(|it| target_problem(it)).collect();
    refusals.extend(regions.iter().filter_map(|it| region_problem(it)));
    let written = match (&content, found.kind) {
        (Content::Text(text), Kind::Native) => text.clone(),
        _ => String::new(),
    };
    let (content, content_refusal) = match prepare(content, &read.variables, &regions) {
        Ok(prepared) => {
            let findings = validate(&prepared.document, now);
            let minified = prepared.document.minified();
            let long = as_written(&written, &minified).map(too_long_as_written);
            (Some(minified), refusal(&findings).or(long))
        }
        Err(reason) => {
            refusals.push(reason);
            (None, None)
        }
    };
    let owner = Owner {
        stack_id: format!("arn:aws:cloudformation:::stack/{}/", sources.stack),
        logical_id: found.id.to_owned(),
    };
    let description = match (read.description, found.kind) {
        (Some(description), _) => description,
        (None, Kind::Native) => String::new(),
        (None, Kind::Ours) => owner.description(),
    };
    Ok(Wanted {
        desired: Desired {
            name: read.name,
            description,
            content,
            targets,
            tags: read.tags,
            without_tags: BTreeSet::new(),
        },
        describes,
        adopts: read.adopt_existing,
        enables: read.enable_policy_type,
        content_refusal,
        ..refused(found, refusals)
    })
}

/// What is left of a resource whose properties are wrong.
fn refused(found: &Found<'_>, refusals: Vec<String>) -> Wanted {
    let name = found
        .properties
        .get("PolicyName")
        .or(found.properties.get("Name"));
    Wanted {
        resource: found.id.to_owned(),
        depends_on: found.depends_on.iter().map(|id| (*id).to_owned()).collect(),
        native: found.kind == Kind::Native,
        desired: Desired {
            name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
            description: String::new(),
            content: None,
            targets: Vec::new(),
            tags: BTreeMap::new(),
            without_tags: BTreeSet::new(),
        },
        describes: true,
        adopts: false,
        enables: false,
        refusals,
        content_refusal: None,
    }
}

/// The names of `AWS::Organizations::Policy`'s properties, and of ours.
const NAMES: [(&str, &str); 5] = [
    ("Name", "PolicyName"),
    ("Description", "PolicyDescription"),
    ("Content", "PolicyContent"),
    ("TargetIds", "PolicyTargets"),
    ("Tags", "Tags"),
];

/// What a property is called here.
fn ours(kind: Kind, property: &str) -> &str {
    let mut names = NAMES.iter().filter(|_| kind == Kind::Native);
    let found = names.find(|(theirs, _)| *theirs == property);
    found.map_or(property, |(_, ours)| *ours)
}

/// The properties of `AWS::Organizations::Policy` under the names of ours.
fn translated(properties: &Value) -> Value {
    let members = NAMES.iter().filter_map(|(theirs, ours)| {
        let value = properties.get(theirs)?;
        // To be attached to nothing is no mistake there.
        let nothing = *theirs == "TargetIds" && value.as_array().is_some_and(Vec::is_empty);
        (!nothing).then(|| ((*ours).to_owned(), value.clone()))
    });
    Value::Object(members.collect::<Map<String, Value>>())
}

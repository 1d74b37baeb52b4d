//! The merged policy as a tree of values that know where they come from.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::inheritance::{Controls, Origin, PolicyId};

/// One place of the merged policy: a value, or keys with further places.
///
/// Nodes are shared between accounts that inherit the same.
#[derive(Debug)]
pub struct Node {
    /// The key in lower case, by which keys are the same.
    pub(crate) key: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) content: Option<Content>,
    pub(crate) children: Vec<Arc<Node>>,
    pub(crate) controls: Controls,
    pub(crate) limited_by: Vec<Origin>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) is_empty: bool,
}

/// A value of the merged policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One text: a number or a boolean is a text too.
    Text(Sourced),
    /// A list, which several policies may have made.
    List(List),
}

/// A text and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// The text.
    pub text: Arc<str>,
    /// The policy that set, added or removed it: the first that did.
    pub origin: Origin,
}

/// A list, with what became of it on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The policy whose `@@assign` made the list, if it is not made by `@@append` alone.
    pub assigned: Option<Origin>,
    /// What is in it, in order.
    pub members: Vec<Sourced>,
    /// What was in it and is not any more, with the policy that removed it.
    pub removed: Vec<Sourced>,
}

/// Something that a policy wanted, and that a policy above did not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The policy that wanted it.
    pub origin: Origin,
    /// The operator that it used: `@@assign`, `@@append` or `@@remove`. A new key counts as
    /// `@@append`.
    pub operator: &'static str,
    /// The new key that it wanted to add below this place, if it is that.
    pub key: Option<Arc<str>>,
}

impl Node {
    /// The key of this place, as it is shown. Empty for the whole policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value here, if it is not a place with keys.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// Whether there is no value here or anywhere below: such a place is not in the result.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The places right below that hold something, in the order in which they first came up.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        let children = self.children.iter().filter(|_| self.content.is_none());
        children.map(Arc::as_ref).filter(|child| !child.is_empty)
    }

    /// The place that a path of keys leads to, in whatever letter case, if it holds something.
    pub fn get(&self, path: &[&str]) -> Option<&Node> {
        let Some((key, further)) = path.split_first() else {
            return Some(self);
        };
        let folded = key.to_lowercase();
        self.children()
            .find(|child| *child.key == *folded)?
            .get(further)
    }

    /// The text at a path, if there is one text.
    pub fn text(&self, path: &[&str]) -> Option<&Sourced> {
        match self.get(path)?.content.as_ref()? {
            Content::Text(text) => Some(text),
            Content::List(_) => None,
        }
    }

    /// The members of the list at a path; none if there is no list.
    pub fn list(&self, path: &[&str]) -> &[Sourced] {
        match self.get(path).and_then(|node| node.content.as_ref()) {
            Some(Content::List(list)) => &list.members,
            _ => &[],
        }
    }

    /// The policies that lessened what the levels below may do here
    /// (`@@operators_allowed_for_child_policies`), in order.
    pub fn limited_by(&self) -> &[Origin] {
        &self.limited_by
    }

    /// What policies wanted here, and were not allowed to.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The policies that made what is here and below, each once, from the root downwards.
    pub fn policies(&self) -> Vec<PolicyId> {
        let mut origins = Vec::new();
        self.collect_origins(&mut origins);
        distinct_policies(origins)
    }

    pub(crate) fn collect_origins(&self, origins: &mut Vec<Origin>) {
        match &self.content {
            Some(content) => origins.extend(content.origins().cloned()),
            None => {
                for child in &self.children {
                    child.collect_origins(origins);
                }
            }
        }
    }

    /// Every value here and below, with its path, in order.
    pub fn values(&self) -> Vec<(Vec<&str>, &Content)> {
        let mut values = Vec::new();
        self.collect_values(&mut Vec::new(), &mut values);
        values
    }

    fn collect_values<'n>(
        &'n self,
        path: &mut Vec<&'n str>,
        values: &mut Vec<(Vec<&'n str>, &'n Content)>,
    ) {
        if let Some(content) = &self.content {
            values.push((path.clone(), content));
        }
        for child in self.children() {
            path.push(&child.name);
            child.collect_values(path, values);
            path.pop();
        }
    }

    /// As AWS shows it: without operators, lists as lists, everything else as text.
    pub fn to_value(&self) -> Value {
        // Keys and values are texts, which are always JSON.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// As AWS shows it: see [`Node::to_value`].
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.content {
            Some(Content::Text(text)) => serializer.serialize_str(&text.text),
            Some(Content::List(list)) => {
                serializer.collect_seq(list.members.iter().map(|member| &*member.text))
            }
            None => serializer.collect_map(self.children().map(|child| (child.name(), child))),
        }
    }
}

impl Content {
    /// As AWS shows it.
    pub fn to_value(&self) -> Value {
        match self {
            Content::Text(text) => Value::from(&*text.text),
            Content::List(list) => list.members.iter().map(|member| &*member.text).collect(),
        }
    }

    /// Whether it says the same, wherever it comes from.
    pub fn says_the_same_as(&self, other: &Content) -> bool {
        match (self, other) {
            (Content::Text(one), Content::Text(other)) => one.text == other.text,
            (Content::List(one), Content::List(other)) => {
                let same = |(one, other): (&Sourced, &Sourced)| one.text == other.text;
                one.members.len() == other.members.len()
                    && one.members.iter().zip(&other.members).all(same)
            }
            _ => false,
        }
    }

    /// Where it comes from; for a list, from everything that was put in or taken out.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        let (text, list) = match self {
            Content::Text(text) => (Some(&text.origin), None),
            Content::List(list) => (None, Some(list)),
        };
        text.into_iter()
            .chain(list.into_iter().flat_map(List::origins))
    }
}

impl List {
    fn origins(&self) -> impl Iterator<Item = &Origin> {
        let members = self.members.iter().chain(&self.removed);
        let members = members.map(|member| &member.origin);
        self.assigned.iter().chain(members)
    }
}

/// The policies of some origins, each once, from the root downwards.
pub(crate) fn distinct_policies(mut origins: Vec<Origin>) -> Vec<PolicyId> {
    origins.sort_by_key(|origin| origin.level);
    let mut policies: Vec<PolicyId> = Vec::new();
    for origin in origins {
        if !policies.contains(&origin.policy) {
            policies.push(origin.policy);
        }
    }
    policies
}

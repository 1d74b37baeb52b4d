//! Merging the policies attached to one unit or account into what it inherits.

use std::collections::HashSet;
use std::sync::Arc;

use super::Origin;
use super::control::Controls;
use super::fragment::{Assigned, Fragment};
use crate::effective::{Content, Ignored, List, Node, Sourced};
use crate::operator::Operator;

/// What one of the policies attached to the same unit or account says at one place.
#[derive(Clone, Copy)]
pub(super) struct Peer<'f> {
    pub(super) origin: &'f Origin,
    pub(super) fragment: &'f Fragment,
}

/// Merges what peers say at one place into what is inherited there, if it is known above.
///
/// What is inherited decides alone what they may do: the controls of peers are for the levels
/// below. The result shares with `above` what nobody says anything about.
pub(super) fn merge(above: Option<&Arc<Node>>, peers: &[Peer<'_>]) -> Arc<Node> {
    let allowed = above.map_or(Controls::ALL, |node| node.controls);
    let mut ignored = above.map_or_else(Vec::new, |node| node.ignored.clone());
    let mut admitted = |peer: &Peer<'_>, operator: Operator| {
        let is_allowed = allowed.allow(operator);
        if !is_allowed {
            ignored.push(Ignored {
                origin: peer.origin.clone(),
                operator: operator.key(),
                key: None,
            });
        }
        is_allowed
    };
    let inherited = above.and_then(|node| node.content.as_ref());
    let content = content(inherited, peers, &mut admitted);
    let (controls, limited_by) = controls(above, peers);
    let children = children(above, peers, allowed, &mut ignored);
    let first = peers.first().map(|peer| peer.fragment);
    let key = above.map(|node| &node.key);
    let name = above.map(|node| &node.name);
    Arc::new(Node {
        key: key
            .or(first.map(|first| &first.key))
            .cloned()
            .unwrap_or_default(),
        name: name
            .or(first.map(|first| &first.name))
            .cloned()
            .unwrap_or_default(),
        is_empty: content.is_none() && children.iter().all(|child| child.is_empty),
        content,
        children,
        controls,
        limited_by,
        ignored,
    })
}

/// First the first `@@assign`, then every `@@append`, then every `@@remove`, whatever the order of
/// attachment.
fn content(
    inherited: Option<&Content>,
    peers: &[Peer<'_>],
    admitted: &mut impl FnMut(&Peer<'_>, Operator) -> bool,
) -> Option<Content> {
    let mut content = inherited.cloned();
    let assigning = peers
        .iter()
        .filter_map(|peer| Some((peer, peer.fragment.assign.as_ref()?)));
    let mut is_assigned = false;
    for (peer, assigned) in assigning {
        if admitted(peer, Operator::Assign) && !is_assigned {
            is_assigned = true;
            content = Some(assign(assigned, peer.origin));
        }
    }
    for peer in peers {
        if let Some(values) = &peer.fragment.append
            && admitted(peer, Operator::Append)
        {
            content = append(content, values, peer.origin);
        }
    }
    for peer in peers {
        if let Some(values) = &peer.fragment.remove
            && admitted(peer, Operator::Remove)
            && let Some(Content::List(list)) = &mut content
        {
            remove(list, values, peer.origin);
        }
    }
    content
}

fn assign(assigned: &Assigned, origin: &Origin) -> Content {
    let sourced = |text: &Arc<str>| Sourced {
        text: text.clone(),
        origin: origin.clone(),
    };
    match assigned {
        Assigned::Text(text) => Content::Text(sourced(text)),
        Assigned::List(values) => Content::List(List {
            assigned: Some(origin.clone()),
            members: values.iter().map(sourced).collect(),
            removed: Vec::new(),
        }),
    }
}

/// Adds what is not there yet. A text takes no additions.
fn append(content: Option<Content>, values: &[Arc<str>], origin: &Origin) -> Option<Content> {
    let mut list = match content {
        None => List::default(),
        Some(Content::List(list)) => list,
        Some(Content::Text(text)) => return Some(Content::Text(text)),
    };
    let mut known: HashSet<Arc<str>> = HashSet::new();
    known.extend(list.members.iter().map(|member| member.text.clone()));
    for value in values {
        if known.insert(value.clone()) {
            list.removed.retain(|removed| removed.text != *value);
            list.members.push(Sourced {
                text: value.clone(),
                origin: origin.clone(),
            });
        }
    }
    Some(Content::List(list))
}

fn remove(list: &mut List, values: &[Arc<str>], origin: &Origin) {
    let doomed: HashSet<&Arc<str>> = values.iter().collect();
    let removed = list
        .members
        .extract_if(.., |member| doomed.contains(&member.text));
    list.removed.extend(removed.map(|member| Sourced {
        text: member.text,
        origin: origin.clone(),
    }));
}

/// What the levels below may do: what is inherited, less what any of the peers takes away.
fn controls(above: Option<&Arc<Node>>, peers: &[Peer<'_>]) -> (Controls, Vec<Origin>) {
    let mut controls = above.map_or(Controls::ALL, |node| node.controls);
    let mut limited_by = above.map_or_else(Vec::new, |node| node.limited_by.clone());
    for peer in peers {
        let Some(wanted) = peer.fragment.controls else {
            continue;
        };
        let fewer = controls.and(wanted);
        if fewer != controls {
            controls = fewer;
            limited_by.push(peer.origin.clone());
        }
    }
    (controls, limited_by)
}

/// The places below: those that peers speak of are merged, the others shared. A key that is not
/// known above is a new one, which only those may add who may append here.
fn children(
    above: Option<&Arc<Node>>,
    peers: &[Peer<'_>],
    allowed: Controls,
    ignored: &mut Vec<Ignored>,
) -> Vec<Arc<Node>> {
    let mut children = above.map_or_else(Vec::new, |node| node.children.clone());
    let inherited = children.len();
    // For each place that peers speak of: its index, and what they say.
    let mut spoken_of: Vec<(usize, Vec<Peer<'_>>)> = Vec::new();
    let mut added: Vec<&Arc<str>> = Vec::new();
    for peer in peers {
        for fragment in &peer.fragment.children {
            let known = children.iter().position(|child| child.key == fragment.key);
            let new = || added.iter().position(|key| **key == fragment.key);
            let index = match known.or_else(|| new().map(|index| inherited + index)) {
                Some(index) => index,
                None if allowed.allow(Operator::Append) => {
                    added.push(&fragment.key);
                    inherited + added.len() - 1
                }
                None => {
                    ignored.push(Ignored {
                        origin: peer.origin.clone(),
                        operator: Operator::Append.key(),
                        key: Some(fragment.name.clone()),
                    });
                    continue;
                }
            };
            let peer = Peer { fragment, ..*peer };
            match spoken_of.iter_mut().find(|(known, _)| *known == index) {
                Some((_, peers)) => peers.push(peer),
                None => spoken_of.push((index, vec![peer])),
            }
        }
    }
    // New places are spoken of in the order in which they were added.
    for (index, peers) in spoken_of {
        match children.get_mut(index) {
            Some(child) => *child = merge(Some(child), &peers),
            None => children.push(merge(None, &peers)),
        }
    }
    children
}

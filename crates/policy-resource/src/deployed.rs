//! What a request deployed, as the function remembers it: everything that a later look compares with what is
//! live, and everything that putting it back needs.
//!
//! The memory is a few texts, each small enough for a standard parameter of Systems Manager. They are not
//! written at once, and writing them may fail after the policy was changed. So the policy itself bears the
//! digest of what was deployed ([`Accepted::deployed`](crate::accepted::Accepted::deployed)): a memory that does
//! not have it is of something else, and then nobody knows what was deployed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::accepted::digest;
use crate::identity::Owner;
use crate::plan::{Desired, Live, same_content};

/// Bytes of a part. A standard parameter has 4 KB (Systems Manager quotas); what is counted, bytes or
/// characters, is not said, so the smaller is taken, and some is left over.
const PART: usize = 4_000;

/// Parts that are written: content of 10,000 characters and a thousand targets take ten. Our choice.
const MOST_PARTS: usize = 20;

/// A policy as the last request that succeeded left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The policy's ARN.
    pub arn: String,
    /// The resource that owns it.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its content as AWS stores it.
    pub content: String,
    /// What it is attached to.
    pub targets: Vec<String>,
    /// Whether what others change is put back.
    pub repair: bool,
    /// Whether backup policies may be enabled on the root for it.
    pub enable_policy_type: bool,
}

impl Deployed {
    /// The digest that the policy bears: of everything but the ARN, which nobody knows before the policy is
    /// made, and the owner, whom the policy's tags name. The order of the targets does not count.
    pub fn digest(&self) -> String {
        let targets: BTreeSet<&str> = self.targets.iter().map(String::as_str).collect();
        digest(&[
            &self.name,
            &self.description,
            &self.content,
            &json!(targets).to_string(),
            &self.repair.to_string(),
            &self.enable_policy_type.to_string(),
        ])
    }

    /// The memory's texts; `None` when it is too large to be kept.
    pub fn parts(&self) -> Option<Vec<String>> {
        let value = json!({
            "arn": self.arn,
            "stackId": self.owner.stack_id,
            "logicalId": self.owner.logical_id,
            "name": self.name,
            "description": self.description,
            "content": self.content,
            "targets": self.targets,
            "repair": self.repair,
            "enablePolicyType": self.enable_policy_type,
        });
        // Systems Manager takes `{{...}}` for the name of another parameter. Two braces stand side by side
        // only inside of texts, where JSON allows this spelling.
        let mut text = value.to_string();
        while text.contains("{{") {
            text = text.replace("{{", "{\\u007b");
        }
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.floor_char_boundary(PART));
            parts.push(part.to_string());
            rest = after;
        }
        let number = parts.len();
        let first = parts.first_mut()?;
        *first = format!("{number} {first}");
        (number <= MOST_PARTS).then_some(parts)
    }

    /// Reads the texts, in their order; of more than there should be, the first count. `None` when they are not
    /// whole.
    pub fn read(parts: &[&str]) -> Option<Self> {
        let (number, first) = parts.first()?.split_once(' ')?;
        let number: usize = number.parse().ok()?;
        let others = parts.get(1..number)?;
        let text = first.to_string() + &others.concat();
        let value: Value = serde_json::from_str(&text).ok()?;
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_string());
        let flag = |name: &str| value.get(name)?.as_bool();
        let targets = value.get("targets")?.as_array()?.iter();
        let targets: Option<Vec<String>> = targets
            .map(|target| target.as_str().map(str::to_string))
            .collect();
        Some(Self {
            arn: text("arn")?,
            owner: Owner {
                stack_id: text("stackId")?,
                logical_id: text("logicalId")?,
            },
            name: text("name")?,
            description: text("description")?,
            content: text("content")?,
            targets: targets?,
            repair: flag("repair")?,
            enable_policy_type: flag("enablePolicyType")?,
        })
    }

    /// What putting the policy back aims at. Tags are not compared, and none is touched.
    pub fn desired(&self) -> Desired {
        Desired {
            name: self.name.clone(),
            description: self.description.clone(),
            content: Some(self.content.clone()),
            targets: self.targets.clone(),
            tags: BTreeMap::new(),
            without_tags: BTreeSet::new(),
        }
    }
}

/// The content that a policy has once `wanted` was sent: what is live stays when it means the same.
pub fn content_left(wanted: Option<&str>, live: Option<&Live>) -> String {
    match (wanted, live) {
        (Some(wanted), Some(live)) if same_content(wanted, &live.content) => live.content.clone(),
        (Some(wanted), _) => wanted.to_string(),
        (None, live) => live.map(|live| live.content.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deployed(content: &str, targets: usize) -> Deployed {
        Deployed {
            arn: "arn:aws:organizations::111111111111:policy/o-a/backup_policy/p-example123".into(),
            owner: Owner {
                stack_id: "stack".into(),
                logical_id: "Daily".into(),
            },
            name: "daily".into(),
            description: String::new(),
            content: content.into(),
            targets: (0..targets).map(|n| format!("ou-abcd-{n:08}")).collect(),
            repair: true,
            enable_policy_type: false,
        }
    }

    fn read(parts: &[String]) -> Option<Deployed> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Deployed::read(&parts)
    }

    #[test]
    fn the_largest_policy_with_many_targets_is_kept() {
        let large = deployed(&"\"x\":".repeat(2_500), 280);
        let parts = large.parts().unwrap();
        assert!(parts.iter().all(|part| part.len() <= 4_096));
        assert_eq!(read(&parts), Some(large));
    }

    #[test]
    fn what_cannot_be_kept_is_not_half_kept() {
        assert_eq!(deployed("", 5_000).parts(), None);
    }

    #[test]
    fn a_memory_with_a_part_missing_is_none_and_with_an_old_one_behind_it_is_whole() {
        let it = deployed(&"x".repeat(5_000), 1);
        let mut parts = it.parts().unwrap();
        parts.push("of a longer one".into());
        assert_eq!(read(&parts), Some(it));
        assert_eq!(read(&parts[..1]), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["99 {}".into()]), None);
    }

    #[test]
    fn a_memory_of_two_times_has_another_digest() {
        let (old, new) = (deployed("{\"a\":1}", 400), deployed("{\"b\":2}", 400));
        let (first, second) = (old.parts().unwrap(), new.parts().unwrap());
        let torn = [&first[..1], &second[1..]].concat();
        let torn = read(&torn).map(|it| it.digest());
        assert_ne!(torn, Some(new.digest()));
    }

    #[test]
    fn content_that_means_the_same_as_what_is_live_stays_as_it_is() {
        let live = Live {
            arn: String::new(),
            id: String::new(),
            name: String::new(),
            description: String::new(),
            content: "{ \"a\": 1 }".into(),
            targets: Vec::new(),
            tags: BTreeMap::new(),
        };
        let (same, another) = ("{\"a\":1}", "{\"a\":2}");
        for (wanted, live, left) in [
            (Some(same), Some(&live), live.content.as_str()),
            (Some(another), Some(&live), another),
            (None, Some(&live), live.content.as_str()),
            (Some(same), None, same),
        ] {
            assert_eq!(content_left(wanted, live), left, "{wanted:?} {live:?}");
        }
    }

    #[test]
    fn the_digest_is_of_what_is_compared_and_of_what_is_done_about_it() {
        let it = deployed("{}", 2);
        let mut other = it.clone();
        other.targets.reverse();
        assert_eq!(it.digest(), other.digest());
        for change in [
            (|it: &mut Deployed| it.repair = false) as fn(&mut Deployed),
            |it| it.content = "{} ".into(),
            |it| it.targets.truncate(1),
            |it| it.name = "x".into(),
            |it| it.description = "x".into(),
            |it| it.enable_policy_type = true,
        ] {
            let mut other = it.clone();
            change(&mut other);
            assert_ne!(it.digest(), other.digest());
        }
    }

    proptest! {
        #[test]
        fn every_memory_reads_back_and_names_no_parameter(
            content in "([{}a\"\\\\é ]|\\{\\{){0,40}", times in 1usize..200, targets in 0usize..50,
        ) {
            let it = deployed(&content.repeat(times), targets);
            if let Some(parts) = it.parts() {
                prop_assert!(parts.iter().all(|part| part.len() <= 4_096 && !part.contains("{{")));
                prop_assert_eq!(read(&parts), Some(it));
            }
        }
    }
}

//! The memory of what AWS accepted, kept in a tag of the policy.
//!
//! When another resource of a stack fails, CloudFormation sends an Update with the previous
//! properties and does not mark a rollback. Such a request must not fail because our
//! validator has become stricter since, or because the S3 version of the content is gone: that
//! would leave the stack in UPDATE_ROLLBACK_FAILED. So a policy bears a tag with digests of the
//! last two contents, each as a pair: of the properties that the content was made from, and of
//! the content itself. A third one, of everything that was deployed, says which record of it is the
//! right one ([`crate::deployed`]); a function that does not know it passes over it.

use sha2::{Digest as _, Sha256};

use crate::properties::{ContentSource, Properties};

/// How many contents are remembered: the live one, and the one that a rollback goes back to.
const REMEMBERED: usize = 2;

/// Before the digest of what was deployed. A pair has a slash and no equals sign.
const DEPLOYED: &str = "deployed=";

/// Digests of the contents that AWS accepted, the newest first, and of what was deployed last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    contents: Vec<Entry>,
    deployed: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    properties: String,
    content: String,
}

impl Accepted {
    /// Reads the tag's value; what cannot be read counts as not remembered.
    pub fn read(tag: Option<&str>) -> Self {
        let entry = |text: &str| {
            let (properties, content) = text.split_once('/')?;
            Some(Entry {
                properties: properties.to_string(),
                content: content.to_string(),
            })
        };
        let words = || tag.unwrap_or_default().split(' ');
        let deployed = words().find_map(|word| word.strip_prefix(DEPLOYED));
        Self {
            contents: words().filter_map(entry).take(REMEMBERED).collect(),
            deployed: deployed.map(str::to_string),
        }
    }

    /// The tag's value: at most 173 characters of the 256 that a tag value may have.
    pub fn tag(&self) -> String {
        let entries = self
            .contents
            .iter()
            .map(|e| format!("{}/{}", e.properties, e.content));
        let deployed = self.deployed.iter().map(|it| format!("{DEPLOYED}{it}"));
        entries.chain(deployed).collect::<Vec<_>>().join(" ")
    }

    /// The digest of what was deployed last; `None` when an older function deployed it.
    pub fn deployed(&self) -> Option<&str> {
        self.deployed.as_deref()
    }

    /// The digest of the content that AWS accepted last.
    pub fn newest_content(&self) -> Option<&str> {
        self.contents.first().map(|entry| entry.content.as_str())
    }

    /// The same memory after this was deployed.
    #[must_use]
    pub fn deploying(self, digest: &str) -> Self {
        Self {
            deployed: Some(digest.to_string()),
            ..self
        }
    }

    /// Whether a content made from these properties was accepted before.
    pub fn knows(&self, properties: &str) -> bool {
        self.contents
            .iter()
            .any(|entry| entry.properties == properties)
    }

    /// Whether the live content was made from these properties.
    pub fn made(&self, properties: &str, live_content: &str) -> bool {
        self.contents
            .iter()
            .any(|e| e.properties == properties && e.content == live_content)
    }

    /// The memory after one more content was accepted.
    pub fn and(&self, properties: &str, content: &str) -> Self {
        let newest = Entry {
            properties: properties.to_string(),
            content: content.to_string(),
        };
        let older = self.contents.iter().filter(|entry| **entry != newest);
        Self {
            contents: std::iter::once(newest.clone())
                .chain(older.cloned())
                .take(REMEMBERED)
                .collect(),
            deployed: self.deployed.clone(),
        }
    }
}

/// The digest of everything that a policy's content is made from.
pub fn properties_digest(properties: &Properties, regions: &[String]) -> String {
    let source = match &properties.content {
        ContentSource::Object(value) => value.to_string(),
        ContentSource::Text(text) => text.clone(),
        ContentSource::S3(object) => format!(
            "s3://{}/{}?versionId={}",
            object.bucket,
            object.key,
            object.version_id.as_deref().unwrap_or_default()
        ),
    };
    let variables = serde_json::json!(properties.variables).to_string();
    digest(&[&source, &variables, &serde_json::json!(regions).to_string()])
}

/// The digest of a policy's content.
pub fn content_digest(content: &str) -> String {
    digest(&[content])
}

/// The first 128 bits of a SHA-256 over the parts, each with its length before it: enough to distinguish
/// contents apart by chance, and nobody gains by making two that collide in their own policy.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_contents_are_remembered_and_no_more() {
        let memory = Accepted::default()
            .and("p1", "c1")
            .and("p2", "c2")
            .and("p3", "c3");
        assert!(memory.knows("p3") && memory.knows("p2") && !memory.knows("p1"));
        assert!(memory.made("p3", "c3") && !memory.made("p3", "c2"));
    }

    #[test]
    fn accepting_the_same_content_again_forgets_nothing() {
        let memory = Accepted::default()
            .and("p1", "c1")
            .and("p2", "c2")
            .and("p2", "c2");
        assert!(memory.knows("p1"));
    }

    #[test]
    fn the_tag_reads_back_and_fits_a_tag_value() {
        let (p, c) = (digest(&["p"]), digest(&["c"]));
        let memory = Accepted::default().and(&p, &c).and(&c, &p).deploying(&p);
        let tag = memory.tag();
        assert_eq!(memory.deployed(), Some(p.as_str()));
        assert_eq!(memory.newest_content(), Some(p.as_str()));
        assert!(tag.len() <= 256, "{tag}");
        assert_eq!(Accepted::read(Some(&tag)), memory);
    }

    fn made_from(content: ContentSource, variables: &[(&str, &str)], regions: &[&str]) -> String {
        let text = |text: &&str| (*text).to_string();
        let properties = Properties {
            name: "daily".to_string(),
            description: None,
            content,
            variables: variables
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            targets: None,
            regions: None,
            management_account: "111111111111".to_string(),
            enable_policy_type: false,
            adopt_existing: false,
            repair: false,
            tags: Default::default(),
        };
        let regions: Vec<String> = regions.iter().map(text).collect();
        properties_digest(&properties, &regions)
    }

    /// A version that digested otherwise would remember nothing of what it finds: the expected ones
    /// were computed with Python's hashlib.
    #[test]
    fn digests_stay_as_they_are_in_the_tags_of_policies_that_exist() {
        let text = || ContentSource::Text("{\"plans\":{}}".to_string());
        let object = ContentSource::Object(serde_json::json!({"plans": {}}));
        let newest = ContentSource::S3(crate::properties::S3Object {
            bucket: "bucket".to_string(),
            key: "key".to_string(),
            version_id: None,
        });
        assert_eq!(
            content_digest("{\"plans\":{}}"),
            "0819e30b11187a007b130b7481a22dab"
        );
        for content in [text(), object] {
            assert_eq!(
                made_from(content, &[], &["eu-west-1"]),
                "bff984925c21e4768e9144f97c1a44bc"
            );
        }
        assert_eq!(
            made_from(newest, &[("a", "b")], &[]),
            "1bf990c152f1ba58c2d0fec87e07c7fa"
        );
    }

    #[test]
    fn a_tag_of_a_function_that_did_not_know_what_was_deployed_reads_as_before() {
        let memory = Accepted::read(Some("p/c q/d"));
        assert!(memory.knows("p") && memory.knows("q"));
        assert_eq!(memory.deployed(), None);
        assert_eq!(memory.tag(), "p/c q/d");
    }

    #[test]
    fn an_unreadable_tag_is_an_empty_memory() {
        assert_eq!(Accepted::read(Some("edited by hand")), Accepted::default());
        assert_eq!(Accepted::read(None), Accepted::default());
    }
}

//! AWS Regions and the partitions they are in.

mod list;

use list::{ABSENT, REGIONS};

/// The partition of a Region that was known when the list was made.
pub(crate) fn partition(region: &str) -> Option<&'static str> {
    REGIONS
        .binary_search_by_key(&region, |(name, _)| name)
        .ok()
        .and_then(|index| REGIONS.get(index))
        .map(|(_, partition)| *partition)
}

/// Whether a Region is known to have no resource of a type, such as `arn:aws:dynamodb:*:*:table/*`.
/// Of most services and of new Regions that is not known.
pub(crate) fn lacks(region: &str, resource_type: &str) -> bool {
    let service = resource_type.strip_prefix("arn:aws:");
    let service = service.and_then(|rest| rest.split(':').next());
    service.is_some_and(|service| ABSENT.contains(&(service, region)))
}

/// Whether a text could be the code of a Region: `eu-west-1`, `us-gov-east-1`.
pub(crate) fn is_well_formed(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    !number.is_empty()
        && number.len() <= 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && words.len() >= 2
        && words
            .iter()
            .all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// All Regions that were known when the list was made.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_region_in_it_is_well_formed() {
        assert!(REGIONS.is_sorted());
        assert!(names().all(is_well_formed));
        assert_eq!(partition("eu-west-1"), Some("aws"));
        assert_eq!(partition("cn-north-1"), Some("aws-cn"));
        assert_eq!(partition("us-gov-west-1"), Some("aws-us-gov"));
    }

    #[test]
    fn a_region_lacks_only_what_is_known_to_be_absent() {
        let timestream = "arn:aws:timestream:*:*:database/*";
        assert!(lacks("eu-north-1", timestream));
        assert!(!lacks("eu-west-1", timestream));
        // A Region, a partition and a service of which nothing is known.
        assert!(!lacks("eu-north-9", timestream));
        assert!(!lacks("cn-north-1", "arn:aws-cn:timestream:*:*:database/*"));
        assert!(!lacks("eu-north-1", "arn:aws:dsql:*:*:cluster/*"));
        for (service, region) in ABSENT {
            let kind = format!("arn:aws:{service}:");
            let mut known = crate::grammar::names::RESOURCE_TYPES.iter();
            assert!(known.any(|it| it.starts_with(&kind)), "{service}");
            assert_eq!(partition(region), Some("aws"), "{service} {region}");
        }
    }

    #[test]
    fn a_new_region_is_well_formed_and_unknown() {
        assert!(is_well_formed("eu-north-9"));
        assert_eq!(partition("eu-north-9"), None);
        for wrong in [
            "",
            "*",
            "wrong",
            "12",
            "US-EAST-1",
            "us-east-1a",
            "us-east-",
            "us-east-100",
            "us-east",
            "aws-global",
        ] {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }
}

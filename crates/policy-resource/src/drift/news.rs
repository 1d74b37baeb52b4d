//! What of the differences is news: each is told once, until it is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::accepted::digest;

/// How long somebody may be telling what they claimed: longer than Lambda lets a function run (15 minutes, Lambda
/// quotas). After that they are taken to have died.
pub const TELLING: Duration = Duration::from_secs(16 * 60);

/// Differences of a policy that somebody tells, or has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The mark's name: who comes second with the same differences finds the name taken.
    pub name: String,
    /// When they were first seen, in seconds since 1970.
    pub seen: u64,
    /// Whether they have been told.
    pub told: bool,
    /// The differences' texts.
    pub differences: Vec<String>,
}

impl Mark {
    /// A mark for differences that nobody has told.
    pub fn claim(differences: &[String], now: u64) -> Self {
        let sorted: BTreeSet<&str> = differences.iter().map(String::as_str).collect();
        let sorted: Vec<&str> = sorted.into_iter().collect();
        Self {
            name: digest(&sorted),
            seen: now,
            told: false,
            differences: differences.to_vec(),
        }
    }

    /// The mark as a text.
    pub fn text(&self) -> String {
        serde_json::json!({
            "seen": self.seen, "told": self.told, "differences": self.differences,
        })
        .to_string()
    }

    /// Reads a mark's text; what cannot be read is no mark.
    pub fn read(name: &str, text: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let differences = value.get("differences")?.as_array()?.iter();
        Some(Self {
            name: name.to_string(),
            seen: value.get("seen")?.as_u64()?,
            told: value.get("told")?.as_bool()?,
            differences: differences
                .filter_map(|it| it.as_str().map(str::to_string))
                .collect(),
        })
    }

    fn abandoned(&self, now: u64) -> bool {
        !self.told && self.seen + TELLING.as_secs() < now
    }
}

/// What is to be done about a policy's differences and marks.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct News {
    /// Differences that nobody has told or is telling.
    pub new: Vec<String>,
    /// Marks of somebody who died before they told them.
    pub abandoned: Vec<Mark>,
    /// Marks that some of the differences are gone from, with those that are left.
    pub shrunk: Vec<Mark>,
    /// Names of marks of which nothing is left. Not the abandoned ones: they are told first.
    pub over: Vec<String>,
    /// Whether somebody is telling differences at this moment.
    pub busy: bool,
}

/// Compares the differences that there are with the marks.
pub fn news(differences: &[String], marks: &[Mark], now: u64) -> News {
    let mut news = News::default();
    let marked = |text: &String| marks.iter().any(|mark| mark.differences.contains(text));
    news.new = differences
        .iter()
        .filter(|it| !marked(it))
        .cloned()
        .collect();
    for mark in marks {
        if mark.abandoned(now) {
            news.abandoned.push(mark.clone());
        } else if !mark.told {
            news.busy = true;
        } else {
            let mut left = mark.clone();
            left.differences.retain(|it| differences.contains(it));
            if left.differences.is_empty() {
                news.over.push(mark.name.clone());
            } else if left != *mark {
                news.shrunk.push(left);
            }
        }
    }
    news
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn texts(differences: &[&str]) -> Vec<String> {
        differences.iter().map(|it| (*it).to_string()).collect()
    }

    fn mark(differences: &[&str], seen: u64, told: bool) -> Mark {
        Mark {
            told,
            ..Mark::claim(&texts(differences), seen)
        }
    }

    #[test]
    fn a_difference_is_news_until_somebody_tells_it() {
        let first = news(&texts(&["a", "b"]), &[], NOW);
        assert_eq!(first.new, ["a", "b"]);
        let told = mark(&["a"], NOW - 9_999_999, true);
        assert_eq!(news(&texts(&["a", "b"]), &[told], NOW).new, ["b"]);
        let telling = mark(&["a", "b"], NOW - 5, false);
        let second = news(&texts(&["a", "b"]), &[telling], NOW);
        assert!(second.new.is_empty() && second.busy && second.abandoned.is_empty());
    }

    #[test]
    fn the_same_differences_have_the_same_mark_in_any_order() {
        let names = [&["a", "b"], &["b", "a"]].map(|it| Mark::claim(&texts(it), NOW).name);
        assert_eq!(names[0], names[1]);
    }

    #[test]
    fn what_is_gone_is_forgotten_and_so_news_when_it_comes_again() {
        let told = mark(&["a", "b"], NOW - 100, true);
        let left = news(&texts(&["b"]), std::slice::from_ref(&told), NOW);
        assert_eq!(left.shrunk[0].differences, ["b"]);
        assert_eq!(left.shrunk[0].name, told.name);
        assert_eq!(
            news(&[], std::slice::from_ref(&told), NOW).over,
            [told.name]
        );
        assert_eq!(news(&texts(&["a"]), &left.shrunk, NOW).new, ["a"]);
    }

    #[test]
    fn who_died_before_telling_is_found_although_all_is_well_again() {
        let dead = mark(&["a"], NOW - TELLING.as_secs() - 1, false);
        let found = news(&[], std::slice::from_ref(&dead), NOW);
        assert_eq!(found.abandoned, [dead]);
        assert!(found.over.is_empty() && !found.busy);
    }

    #[test]
    fn who_may_still_be_telling_is_left_to_it() {
        // Lambda lets a function run for a quarter of an hour.
        for seconds in [15 * 60, TELLING.as_secs()] {
            let slow = mark(&["a"], NOW - seconds, false);
            let found = news(&texts(&["a"]), &[slow], NOW);
            assert!(found.busy && found.abandoned.is_empty() && found.new.is_empty());
        }
    }

    #[test]
    fn a_mark_reads_back() {
        let mark = mark(&["its content was changed"], NOW, true);
        assert_eq!(Mark::read(&mark.name, &mark.text()), Some(mark));
        assert_eq!(Mark::read("x", "edited by hand"), None);
    }
}

//! How long backups are kept, in words and as spans on a scale of days.

use backup_policy::{Lifecycle, Rule};

use crate::words;

/// What becomes of a backup or a copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Retention {
    /// In which storage it is, and for how long, in order.
    pub stays: Vec<Stay>,
    /// The same in words: "30 days, then in cold storage until day 366".
    pub words: String,
}

/// A stay in one kind of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stay {
    /// The kind of storage.
    pub storage: Storage,
    /// The day on which it begins; the backup is made on day 0.
    pub from: u64,
    /// The day on which it ends, if it does.
    pub to: Option<u64>,
}

/// Where a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Storage {
    /// In ordinary storage.
    Warm,
    /// The same, for restores to any point in time.
    Continuous,
    /// In cold storage or an archive.
    Cold,
}

impl Storage {
    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Storage::Warm => "warm",
            Storage::Continuous => "continuous",
            Storage::Cold => "cold",
        }
    }
}

impl Retention {
    /// What becomes of a rule's backups.
    pub fn of_backups(rule: &Rule<'_>) -> Retention {
        let storage = if rule.is_continuous() {
            Storage::Continuous
        } else {
            Storage::Warm
        };
        let lifecycle = rule.lifecycle();
        let mut retention = Retention::of(days(&lifecycle), lifecycle.is_archived(), storage);
        if rule.is_continuous() {
            retention.words = format!("{}, to any point in time", retention.words);
        }
        retention
    }

    /// What becomes of a copy.
    pub fn of_copies(lifecycle: &Lifecycle<'_>) -> Retention {
        Retention::of(days(lifecycle), lifecycle.is_archived(), Storage::Warm)
    }

    fn of((cold, delete): (Option<u64>, Option<u64>), archived: bool, first: Storage) -> Retention {
        let stay = |storage, from, to| Stay { storage, from, to };
        let until = |days: u64| words::days_of_retention(days);
        // A move that would come after the deletion never happens.
        let cold = cold.filter(|cold| delete.is_none_or(|delete| *cold < delete));
        let name = if archived {
            "archived"
        } else {
            "in cold storage"
        };
        let (stays, words) = match (cold, delete) {
            (None, None) => (vec![stay(first, 0, None)], "kept for ever".into()),
            (None, Some(delete)) => (
                vec![stay(first, 0, Some(delete))],
                format!("kept {}", until(delete)),
            ),
            (Some(cold), None) => (
                vec![stay(first, 0, Some(cold)), stay(Storage::Cold, cold, None)],
                format!("kept for ever, {name} after {}", until(cold)),
            ),
            (Some(cold), Some(delete)) => (
                vec![
                    stay(first, 0, Some(cold)),
                    stay(Storage::Cold, cold, Some(delete)),
                ],
                format!("kept {}, {name} after {}", until(delete), until(cold)),
            ),
        };
        Retention { stays, words }
    }

    /// The last day that is certain: the end, or the beginning of what has no end.
    pub fn last_day(&self) -> u64 {
        let last = self.stays.last();
        last.map_or(0, |stay| stay.to.unwrap_or(stay.from))
    }
}

fn days(lifecycle: &Lifecycle<'_>) -> (Option<u64>, Option<u64>) {
    (lifecycle.cold_after_days(), lifecycle.delete_after_days())
}

/// A scale on which a day and ten years can both be seen: logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    end: f64,
}

/// Marks of the scale: days, and what they are called.
const TICKS: [(u64, &str); 6] = [
    (1, "1 day"),
    (7, "1 week"),
    (30, "1 month"),
    (365, "1 year"),
    (2555, "7 years"),
    (36500, "100 years"),
];

impl Scale {
    /// A scale on which everything can be seen up to this day, and at least a year.
    pub fn up_to(longest: u64) -> Scale {
        Scale {
            // A little more, so that an end differs from none.
            end: days_as_number(longest.max(366)) * 1.3,
        }
    }

    /// Where a day is, in percent of the scale's length.
    pub fn at(&self, day: u64) -> f64 {
        let share = days_as_number(day).ln_1p() / self.end.ln_1p();
        (share.min(1.0) * 1000.0).round() / 10.0
    }

    /// The marks that are on it, with their places.
    pub fn ticks(&self) -> Vec<(&'static str, f64)> {
        let on_it = TICKS
            .iter()
            .filter(|(day, _)| days_as_number(*day) <= self.end);
        on_it.map(|(day, name)| (*name, self.at(*day))).collect()
    }
}

/// Days as the scale computes with them. AWS takes at most as many as 32 bits can hold.
fn days_as_number(days: u64) -> f64 {
    f64::from(u32::try_from(days).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(storage: Storage, from: u64, to: Option<u64>) -> Stay {
        Stay { storage, from, to }
    }

    #[test]
    fn every_lifecycle_has_its_stays() {
        use Storage::{Cold, Warm};
        for (cold, delete, words, stays) in [
            (
                None,
                Some(35),
                "kept 35 days",
                vec![stay(Warm, 0, Some(35))],
            ),
            (None, None, "kept for ever", vec![stay(Warm, 0, None)]),
            (
                Some(30),
                Some(2557),
                "kept 2557 days (7 years), in cold storage after 30 days",
                vec![stay(Warm, 0, Some(30)), stay(Cold, 30, Some(2557))],
            ),
            (
                Some(1),
                None,
                "kept for ever, in cold storage after 1 day",
                vec![stay(Warm, 0, Some(1)), stay(Cold, 1, None)],
            ),
            // AWS takes it, and the backup is gone before it would be moved.
            (
                Some(60),
                Some(60),
                "kept 60 days",
                vec![stay(Warm, 0, Some(60))],
            ),
        ] {
            let retention = Retention::of((cold, delete), false, Warm);
            assert_eq!((retention.words.as_str(), retention.stays), (words, stays));
        }
    }

    #[test]
    fn the_scale_grows_and_holds_everything() {
        for longest in [0, 35, 366, 2557, 36_500, u64::MAX] {
            let scale = Scale::up_to(longest);
            assert_eq!(scale.at(0), 0.0);
            let days = [1, 7, 30, 365, 2555];
            for pair in days.windows(2) {
                assert!(
                    scale.at(pair[0]) <= scale.at(pair[1]),
                    "{longest}: {pair:?}"
                );
            }
            assert!(scale.at(longest) <= 100.0, "{longest}");
            assert!(
                longest == u64::MAX || scale.at(longest) < 100.0,
                "{longest}"
            );
            assert!(
                scale
                    .ticks()
                    .iter()
                    .all(|(_, at)| (0.0..=100.0).contains(at)),
                "{longest}"
            );
        }
        let names = |longest| Scale::up_to(longest).ticks().len();
        assert_eq!((names(35), names(2557), names(40_000)), (4, 5, 6));
    }

    #[test]
    fn the_last_day_is_the_last_certain_one() {
        let last = |cold, delete| Retention::of((cold, delete), false, Storage::Warm).last_day();
        assert_eq!(
            (last(None, Some(35)), last(Some(30), None), last(None, None)),
            (35, 30, 0)
        );
    }
}

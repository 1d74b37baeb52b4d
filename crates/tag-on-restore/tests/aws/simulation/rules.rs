//! What must hold, by a naive reading of the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::restores::{Fate, Restore, may};
use crate::world::{Tags, World, Written};

/// User tags that fit on a resource.
const ROOM: usize = 50;

/// Calls for one message: five attempts of everything, with fifty tags written one by one.
pub const MOST_CALLS: usize = 300;

/// Longer than an invocation lasts.
const INVOCATION: Duration = Duration::from_secs(120);

/// Every value that a key ever had on a resource.
#[derive(Default)]
pub struct Values(BTreeMap<(String, String), BTreeSet<String>>);

impl Values {
    pub fn note(&mut self, arn: &str, tags: &Tags) {
        for (key, value) in tags {
            let values = self.0.entry((arn.to_owned(), key.clone())).or_default();
            values.insert(value.clone());
        }
    }

    fn has(&self, arn: &str, key: &str, value: &str) -> bool {
        let values = self.0.get(&(arn.to_owned(), key.to_owned()));
        values.is_some_and(|values| values.contains(value))
    }
}

/// What is wrong with a write.
pub fn write(it: &Written, restores: &[Restore], values: &Values) -> Vec<String> {
    let arn = it.arn.as_str();
    let of = restores.iter().find(|restore| {
        restore.fate == Fate::Tagged && restore.written().iter().any(|it| *it == arn)
            || restore.fate == Fate::Denied && restore.parts.iter().any(|it| it.arn == arn)
            || restore.fate == Fate::Denied && restore.target == arn
    });
    let Some(restore) = of else {
        return vec![format!("{arn} is not to be tagged: {:?}", it.tags)];
    };
    let mut broken = Vec::new();
    for (key, value) in &it.tags {
        let sources = restore.sources(arn);
        if !may(arn, key) {
            broken.push(format!("`{key}` may not be copied to {arn}"));
        }
        if !sources.iter().any(|source| values.has(source, key, value)) {
            broken.push(format!("`{key}` = `{value}` of {arn} is of no source"));
        }
    }
    match &it.read {
        None => broken.push(format!("{arn} was written to without being read")),
        Some((read, at)) => {
            let there = it.tags.keys().filter(|key| read.contains_key(*key));
            broken.extend(there.map(|key| format!("`{key}` was on {arn} already")));
            if it.at - *at > INVOCATION {
                broken.push(format!(
                    "{arn} was read at {at:?} and written to at {:?}",
                    it.at
                ));
            }
        }
    }
    broken
}

/// Keys that somebody else wrote between the function's reading and its writing.
pub fn overtaken(it: &Written) -> usize {
    it.tags
        .keys()
        .filter(|key| it.before.contains_key(*key))
        .count()
}

/// Keys that AWS refuses, and those that a line says were refused alone or had no room.
pub fn left_out(line: Option<&Value>, refused: &BTreeSet<String>) -> BTreeSet<String> {
    let named = line.map(|line| ["invalidKeys", "droppedKeys"].map(|name| line[name].as_array()));
    let named = named.into_iter().flatten().flatten().flatten();
    let named = named.filter_map(|key| key.as_str().map(str::to_owned));
    refused.iter().cloned().chain(named).collect()
}

/// What a restore's resources lack.
pub fn missing(restore: &Restore, world: &World, refused: &BTreeSet<String>) -> Vec<String> {
    let mut missing = Vec::new();
    for arn in restore.written() {
        if !world.has(arn) {
            continue;
        }
        let has = world.tags_of(arn);
        let system = |key: &str| key.to_ascii_lowercase().starts_with("aws:");
        // What is refused takes a place in the plan, which nothing else gets.
        if has.keys().filter(|key| !system(key)).count() + refused.len() >= ROOM {
            continue;
        }
        // A part gets what the whole has and what its snapshot has, and through the whole the rest.
        let sources: Vec<&String> = match restore.parts.iter().find(|it| it.arn == *arn) {
            Some(part) => std::iter::once(&restore.target)
                .chain(&part.snapshot)
                .collect(),
            None => restore.sources(arn),
        };
        let keys = sources
            .into_iter()
            .flat_map(|source| world.tags_of(source).into_keys());
        let keys: BTreeSet<String> = keys.collect();
        let lacks =
            |key: &String| may(arn, key) && !has.contains_key(key) && !refused.contains(key);
        missing.extend(
            keys.into_iter()
                .filter(lacks)
                .map(|key| format!("`{key}` of {arn}")),
        );
    }
    missing
}

/// Values that are the live source's where the recovery point has others.
pub fn second_best(restore: &Restore, world: &World, own: &Tags) -> Vec<String> {
    let (has, point) = (
        world.tags_of(&restore.target),
        world.tags_of(&restore.recovery_point),
    );
    let differs = |(key, value): &(&String, &String)| {
        !own.contains_key(*key)
            && may(&restore.target, key)
            && has.get(*key).is_some_and(|it| it != *value)
    };
    let differ = point.iter().filter(differs);
    differ
        .map(|(key, _)| format!("`{key}` of {}: {has:?}", restore.target))
        .collect()
}

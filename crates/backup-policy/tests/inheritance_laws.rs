//! Laws of inheritance, and the merge against a model that is as naive as it can be: it looks at
//! every path of every policy anew on every level, in the words of the rules.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use backup_policy::{Account, Content, Instant, Organization, Policy, Unit, changes};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A policy of some type: keys at most three deep, from so few that policies meet.
fn content() -> impl Strategy<Value = Value> {
    let word = || {
        prop::sample::select(vec![
            json!("1"),
            json!(1),
            json!("2"),
            json!("3"),
            json!(true),
        ])
    };
    let words = move || prop::collection::vec(word(), 0..4).prop_map(Value::from);
    let operator = prop_oneof![
        3 => words().prop_map(|value| ("@@assign", value)),
        2 => word().prop_map(|value| ("@@assign", value)),
        4 => words().prop_map(|value| ("@@append", value)),
        3 => words().prop_map(|value| ("@@remove", value)),
        3 => controls().prop_map(|value| ("@@operators_allowed_for_child_policies", value)),
    ];
    let leaf = prop::collection::vec(operator, 0..4).prop_map(|members| members_of(&members));
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop::sample::select(vec!["a", "b", "B", "c"]);
        let child = (key, inner);
        (
            prop::collection::vec(child, 0..4),
            prop::option::weighted(0.3, controls()),
        )
            .prop_map(|(mut members, controls)| {
                let controls = controls.map(|it| ("@@operators_allowed_for_child_policies", it));
                members.extend(controls);
                members_of(&members)
            })
    });
    tree.prop_map(|tree| json!({"t": tree}))
}

fn controls() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["@@assign", "@@append", "@@remove"]);
    prop_oneof![
        Just(json!(["@@none"])),
        Just(json!(["@@all"])),
        prop::collection::btree_set(word, 1..3).prop_map(|words| words.into_iter().collect()),
    ]
}

fn members_of(members: &[(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (key, value) in members {
        object.entry(*key).or_insert_with(|| value.clone());
    }
    Value::Object(object)
}

/// Policies for the root, two units below each other, and an account.
fn levels() -> impl Strategy<Value = Vec<Vec<Value>>> {
    prop::collection::vec(prop::collection::vec(content(), 0..4), 4)
}

fn organization(levels: &[Vec<Value>]) -> Organization {
    let mut policies = BTreeMap::new();
    let mut attach = |level: usize| -> Vec<String> {
        let contents = levels[level].iter().enumerate();
        contents
            .map(|(index, content)| {
                let id = format!("p-{level}-{index}");
                let policy = Policy {
                    name: id.clone(),
                    content: content.clone(),
                };
                policies.insert(id.clone(), policy);
                id
            })
            .collect()
    };
    let lower = Unit {
        id: "ou-2".into(),
        policies: attach(2),
        accounts: vec![
            account("000000000002", Vec::new()),
            account("000000000003", attach(3)),
        ],
        ..Unit::default()
    };
    let upper = Unit {
        id: "ou-1".into(),
        policies: attach(1),
        accounts: vec![account("000000000001", Vec::new())],
        organizational_units: vec![lower],
        ..Unit::default()
    };
    let root = Unit {
        id: "r-0".into(),
        policies: attach(0),
        organizational_units: vec![upper],
        ..Unit::default()
    };
    Organization {
        read_at: None,
        policy_type: "SOME_POLICY".into(),
        root,
        policies,
    }
}

fn account(id: &str, policies: Vec<String>) -> Account {
    Account {
        id: id.into(),
        name: id.into(),
        policies,
    }
}

/// What the account `000000000003` gets.
fn merged(levels: &[Vec<Value>]) -> Value {
    let organization = organization(levels);
    let effective = organization
        .effective_policies(Instant::UNIX_EPOCH)
        .unwrap();
    effective
        .account("000000000003")
        .unwrap()
        .effective
        .merged()
}

type Path = Vec<String>;

/// The model: what is known about every path.
#[derive(Clone, Default)]
struct Model {
    known: BTreeSet<Path>,
    allowed: BTreeMap<Path, BTreeSet<String>>,
    values: BTreeMap<Path, Value>,
}

impl Model {
    fn may(&self, path: &Path, operator: &str) -> bool {
        self.allowed
            .get(path)
            .is_none_or(|allowed| allowed.contains(operator))
    }

    /// A key that is new below a place needs `@@append` there; so does each key on the way.
    fn may_speak(&self, path: &Path) -> bool {
        (1..=path.len()).all(|length| {
            let known = self.known.contains(&path[..length]);
            let parent = path[..length - 1].to_vec();
            let parent_is_new = !self.known.contains(&parent);
            known || parent_is_new || self.may(&parent, "@@append")
        })
    }

    fn level(&self, policies: &[Value]) -> Model {
        let mut after = self.clone();
        after.known.insert(Vec::new());
        // Everything that the policies of this level say: policy by policy, path by path.
        let mut said: Vec<(Path, &Map<String, Value>)> = Vec::new();
        for policy in policies {
            speak(policy, Vec::new(), &mut said);
        }
        said.retain(|(path, _)| self.may_speak(path));
        for (path, _) in &said {
            after.known.insert(path.clone());
        }
        let paths: BTreeSet<&Path> = said.iter().map(|(path, _)| path).collect();
        for path in paths {
            let here = || said.iter().filter(|(said, _)| said == path);
            let what = |operator: &'static str| {
                here().filter_map(move |(_, members)| members.get(operator))
            };
            // 1. The first attached @@assign wins.
            if self.may(path, "@@assign")
                && let Some(value) = what("@@assign").next()
            {
                after.values.insert(path.clone(), as_text(value));
            }
            // 2. Then all @@append, in order, nothing twice.
            for values in what("@@append").filter(|_| self.may(path, "@@append")) {
                let list = after
                    .values
                    .entry(path.clone())
                    .or_insert_with(|| json!([]));
                for value in as_text(values).as_array().unwrap() {
                    if let Some(list) = list.as_array_mut()
                        && !list.contains(value)
                    {
                        list.push(value.clone());
                    }
                }
            }
            // 3. Then all @@remove.
            for values in what("@@remove").filter(|_| self.may(path, "@@remove")) {
                let gone = as_text(values);
                if let Some(Value::Array(list)) = after.values.get_mut(path) {
                    list.retain(|value| !gone.as_array().unwrap().contains(value));
                }
            }
            // 4. What the levels below may do only shrinks.
            for words in what("@@operators_allowed_for_child_policies") {
                let all = ["@@assign", "@@append", "@@remove"];
                let words: Vec<&str> = words
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|word| word.as_str().unwrap())
                    .collect();
                let stays = all
                    .iter()
                    .filter(|one| words.contains(one) || words.contains(&"@@all"))
                    .filter(|one| after.may(path, one))
                    .map(|one| (*one).to_owned())
                    .collect();
                after.allowed.insert(path.clone(), stays);
            }
        }
        after
    }

    fn result(&self, path: &Path) -> Option<Value> {
        if let Some(value) = self.values.get(path) {
            return Some(value.clone());
        }
        let below = self
            .known
            .iter()
            .filter(|known| known.len() == path.len() + 1 && known.starts_with(path));
        let members: Map<String, Value> = below
            .filter_map(|known| Some((known.last()?.clone(), self.result(known)?)))
            .collect();
        (!members.is_empty()).then_some(Value::Object(members))
    }
}

fn speak<'p>(value: &'p Value, path: Path, said: &mut Vec<(Path, &'p Map<String, Value>)>) {
    let members = value.as_object().unwrap();
    said.push((path.clone(), members));
    for (key, value) in members.iter().filter(|(key, _)| !key.starts_with("@@")) {
        let mut path = path.clone();
        path.push(key.to_lowercase());
        speak(value, path, said);
    }
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(as_text).collect(),
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    }
}

/// A place that has a value and keys at once is malformed within one policy.
fn is_well_formed(content: &Value) -> bool {
    let organization = organization(&[vec![content.clone()], vec![], vec![], vec![]]);
    organization.check().is_ok()
}

proptest! {
    #[test]
    fn the_merge_is_what_the_naive_model_says(mut levels in levels()) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let model = levels.iter().fold(Model::default(), |model, level| model.level(level));
        let expected = model.result(&Vec::new()).unwrap_or_else(|| json!({}));
        prop_assert_eq!(merged(&levels), expected);
    }

    #[test]
    fn an_account_without_policies_has_what_its_unit_has(mut levels in levels()) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let organization = organization(&levels);
        let effective = organization.effective_policies(Instant::UNIX_EPOCH).unwrap();
        let [upper, bare, own] = effective.accounts.as_slice() else { panic!("three accounts") };
        if levels[2].is_empty() {
            prop_assert!(Arc::ptr_eq(&upper.effective, &bare.effective));
        }
        if levels[3].is_empty() {
            prop_assert!(Arc::ptr_eq(&bare.effective, &own.effective));
        }
    }

    #[test]
    fn an_account_gets_the_same_whatever_stands_beside_it(mut levels in levels(), choices in prop::collection::vec(any::<u8>(), 6)) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let mut organization = organization(&levels);
        let lower = &mut organization.root.organizational_units[0].organizational_units[0];
        let own = lower.accounts[1].policies.clone();
        for (number, choice) in choices.iter().enumerate() {
            let chosen = own.iter().enumerate().filter(|(index, _)| choice >> index & 1 == 1);
            let mut policies: Vec<String> = chosen.map(|(_, id)| id.clone()).collect();
            if choice >> 7 == 1 {
                policies.reverse();
            }
            lower.accounts.push(account(&format!("{:012}", 10 + number), policies));
        }
        let together = organization.effective_policies(Instant::UNIX_EPOCH).unwrap();
        for one in &together.accounts {
            let mut alone = organization.clone();
            let is_it = |account: &Account| account.id == one.account.id;
            let upper = &mut alone.root.organizational_units[0];
            upper.accounts.retain(is_it);
            upper.organizational_units[0].accounts.retain(is_it);
            let alone = alone.effective_policies(Instant::UNIX_EPOCH).unwrap();
            prop_assert_eq!(alone.accounts[0].to_value(), one.to_value());
        }
    }

    #[test]
    fn empty_policies_change_nothing(mut levels in levels(), level in 0..4usize, index in 0..4usize) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let before = merged(&levels);
        let index = index.min(levels[level].len());
        levels[level].insert(index, json!({}));
        prop_assert_eq!(merged(&levels), before);
    }

    #[test]
    fn every_value_is_in_the_policy_that_it_is_said_to_come_from(mut levels in levels()) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let organization = organization(&levels);
        let effective = organization.effective_policies(Instant::UNIX_EPOCH).unwrap();
        for account in &effective.accounts {
            for (path, content) in account.effective.root.values() {
                let (members, removed) = match content {
                    Content::Text(text) => (std::slice::from_ref(text), &[][..]),
                    Content::List(list) => (&list.members[..], &list.removed[..]),
                };
                for (one, operators) in members
                    .iter()
                    .map(|one| (one, &["@@assign", "@@append"][..]))
                    .chain(removed.iter().map(|one| (one, &["@@remove"][..])))
                {
                    let level = account.level(&one.origin).unwrap();
                    prop_assert!(level.policies.iter().any(|id| **id == *one.origin.policy));
                    let policy = &organization.policies[&*one.origin.policy];
                    let mut said = Vec::new();
                    speak(&policy.content, Vec::new(), &mut said);
                    let says_so = said.iter().filter(|(said, _)| *said == path).any(|(_, members)| {
                        operators.iter().filter_map(|operator| members.get(*operator)).any(|value| {
                            let value = as_text(value);
                            let text = json!(&*one.text);
                            value == text || value.as_array().is_some_and(|list| list.contains(&text))
                        })
                    });
                    prop_assert!(says_so, "{path:?} {one:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_below_changes_what_the_root_has_locked(mut levels in levels()) {
        // Policies of one type agree on whether `t` is a value or has keys.
        let has_keys = |content: &Value| {
            let members = content["t"].as_object().unwrap();
            !members.keys().any(|key| ["@@assign", "@@append"].contains(&key.as_str()))
        };
        for level in &mut levels {
            level.retain(|content| has_keys(content) && is_well_formed(content));
        }
        let locked = json!({"t": {"locked": {
            "@@assign": ["1"],
            "@@operators_allowed_for_child_policies": ["@@none"],
        }}});
        levels[0].insert(0, locked);
        let text = Value::from(levels[1..].iter().flatten().cloned().collect::<Vec<_>>());
        let text = text.to_string().replace("\"b\"", "\"locked\"");
        let below: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        levels[3] = below.into_iter().filter(is_well_formed).take(8).collect();
        prop_assume!(levels[3].iter().any(|content| content.to_string().contains("locked")));
        let merged = merged(&levels);
        if levels[0][1..].iter().all(|peer| peer["t"].get("locked").is_none()) {
            prop_assert_eq!(&merged["t"]["locked"], &json!(["1"]));
        }
    }

    #[test]
    fn what_changes_is_exactly_what_is_reported(mut old in levels(), mut new in levels()) {
        for level in old.iter_mut().chain(&mut new) {
            level.retain(is_well_formed);
        }
        let (old, new) = (organization(&old), organization(&new));
        let before = old.effective_policies(Instant::UNIX_EPOCH).unwrap();
        let after = new.effective_policies(Instant::UNIX_EPOCH).unwrap();
        prop_assert!(changes(&before, &before).is_empty());
        let changes = changes(&before, &after);
        for (old, new) in before.accounts.iter().zip(&after.accounts) {
            let flat = |account: &backup_policy::AccountPolicy<'_>| -> BTreeMap<Path, Value> {
                let values = account.effective.root.values().into_iter();
                let owned = |path: Vec<&str>| path.into_iter().map(str::to_owned).collect();
                values.map(|(path, content)| (owned(path), content.to_value())).collect()
            };
            let (mut patched, wanted) = (flat(old), flat(new));
            let change = changes.iter().find(|change| change.id() == new.account.id);
            for difference in change.iter().flat_map(|change| change.differences.iter()) {
                prop_assert_eq!(patched.remove(&difference.path), difference.before.clone());
                if let Some(value) = &difference.after {
                    patched.insert(difference.path.clone(), value.clone());
                }
            }
            prop_assert_eq!(patched, wanted);
        }
    }

    #[test]
    fn the_file_that_is_written_is_read_as_the_same(mut levels in levels()) {
        for level in &mut levels {
            level.retain(is_well_formed);
        }
        let organization = organization(&levels);
        let text = serde_json::to_string_pretty(&organization).unwrap();
        prop_assert_eq!(Organization::parse(&text).unwrap(), organization);
    }
}

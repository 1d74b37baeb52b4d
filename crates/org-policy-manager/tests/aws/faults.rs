//! The fault table: every call of a Create, an Update and a Delete fails in every way, CloudFormation
//! does what it then does, and the state is what it was, what was wanted, or what the answer names.
//!
//! The calls are those of a run without faults, so a call that the function learns to make joins
//! the table by itself. `docs/fault-table.md` is what this test found; `UPDATE_EXPECT=1` rewrites it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::stack::{Stack, succeeded};
use crate::world::{Answer, Change, Fault, MANAGEMENT, Organization, Policy, Way, World};

/// What is asked of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Create,
    Update,
    Delete,
}

/// A row of the table: a way to fail.
struct Failing {
    title: &'static str,
    way: Way,
    /// Whether every later call of the operation fails too, until the function has returned.
    for_good: bool,
    /// How often Lambda repeats the invocation when it fails.
    repeats: usize,
}

const fn failing(title: &'static str, way: Way, for_good: bool, repeats: usize) -> Failing {
    Failing {
        title,
        way,
        for_good,
        repeats,
    }
}

const WAYS: [Failing; 18] = [
    failing("throttled once", Way::Throttle, false, 2),
    failing("throttled for good", Way::Throttle, true, 2),
    failing("conflict once", Way::Conflict, false, 2),
    failing("conflict for good", Way::Conflict, true, 2),
    failing(
        "changes in progress for good",
        Way::ChangesInProgress,
        true,
        2,
    ),
    failing("refused once", Way::Refuse, false, 2),
    failing("refused for good", Way::Refuse, true, 2),
    failing("constraint, once", Way::Constrain, false, 2),
    failing("5xx once", Way::ServerError(503), false, 2),
    failing("5xx for good", Way::ServerError(500), true, 2),
    failing(
        "answer lost once, after the effect",
        Way::LostAfter,
        false,
        2,
    ),
    failing(
        "answer lost for good, after the effect",
        Way::LostAfter,
        true,
        2,
    ),
    failing(
        "no answer until the deadline, no effect",
        Way::Hang,
        true,
        2,
    ),
    failing(
        "no answer until the deadline, after the effect",
        Way::HangAfter,
        true,
        2,
    ),
    failing(
        "crash before the effect, retried",
        Way::CrashBefore,
        false,
        2,
    ),
    failing("crash after the effect, retried", Way::CrashAfter, false, 2),
    failing(
        "crash before the effect, never retried",
        Way::CrashBefore,
        false,
        0,
    ),
    failing(
        "crash after the effect, never retried",
        Way::CrashAfter,
        false,
        0,
    ),
];

/// The function's mark of a policy whose Create CloudFormation does not know to have succeeded.
const UNANSWERED: &str = "backup-org-policy:unanswered";

/// The properties before and after the Update.
pub fn properties(version: usize) -> Value {
    let unit = |n: usize| format!("ou-mod1-{n:08}");
    let (name, targets) = match version {
        1 => ("daily", [unit(1), unit(2), unit(3)]),
        _ => ("nightly", [unit(2), unit(3), unit(4)]),
    };
    json!({
        "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
        "PolicyName": name,
        "PolicyDescription": format!("version {version}"),
        "OrgManagementAccount": MANAGEMENT,
        "PolicyTargets": targets,
        "PolicyRegions": "eu-west-1, eu-central-1",
        "PolicyContent": content(version),
        "Tags": [{ "Key": "version", "Value": version.to_string() }],
    })
}

/// A complete plan that differs by version.
fn content(version: usize) -> Value {
    json!({ "plans": { "daily": {
        "rules": { "nightly": {
            "schedule_expression": { "@@assign": format!("cron(0 {version} ? * * *)") },
            "target_backup_vault_name": { "@@assign": "Vault" },
        } },
        "selections": { "tags": { "tagged": {
            "iam_role_arn": { "@@assign": "arn:aws:iam::$account:role/Backup" },
            "tag_key": { "@@assign": "backup" },
            "tag_value": { "@@assign": ["daily"] },
        } } },
    } } })
}

/// A world with other people's policies, and a stack just before the request.
async fn prepare(story: Story) -> (World, Stack) {
    let world = World::new();
    world.somebody(|it| {
        let [one, two, four] = [1, 2, 4].map(|n| it.unit(n));
        it.add_foreign_policy("somebody's first", &[&one, &two, &four]);
    });
    let mut stack = Stack::new(&world, "backup");
    if story != Story::Create {
        let answer = stack.create(&properties(1)).await;
        assert!(succeeded(&answer), "{answer:?}");
    }
    world.somebody(|it| {
        let [one, two, four] = [1, 2, 4].map(|n| it.unit(n));
        it.add_foreign_policy("somebody's second", &[&one, &two, &four]);
    });
    world.forget_calls();
    (world, stack)
}

impl Story {
    async fn ask(self, stack: &mut Stack) -> Option<Answer> {
        match self {
            Story::Create => stack.create(&properties(1)).await,
            Story::Update => stack.update(&properties(2)).await,
            Story::Delete => stack.delete().await,
        }
    }

    /// What follows a failure: CloudFormation's next request, or the user's second Delete.
    async fn follow(self, stack: &mut Stack) -> Option<Answer> {
        match self {
            Story::Create | Story::Update => stack.go_on().await.expect("a next request"),
            Story::Delete => stack.delete().await,
        }
    }
}

/// Everything of an organization that a failed request must leave as it was.
fn seen(organization: &Organization) -> (BTreeSet<(String, Vec<String>)>, Vec<Policy>) {
    let name = |id: &&str| organization.policies[*id].name.clone();
    let peers = organization.peers();
    let peers = peers
        .iter()
        .map(|(target, ids)| ((*target).to_owned(), ids.iter().map(name).collect()));
    let mut policies: Vec<Policy> = organization.policies.values().cloned().collect();
    for policy in &mut policies {
        // A Create that is repeated may make a second policy; the memory of earlier contents is
        // the function's own and may grow.
        (policy.id, policy.arn) = (String::new(), String::new());
        policy.tags.remove("backup-org-policy:accepted");
        policy.tags.remove(UNANSWERED);
    }
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    (peers.collect(), policies)
}

/// `before`, `after` or `between`; the order of peers, and the mark of a Create that nobody removed,
/// are told apart.
fn state(before: &Organization, after: &Organization, now: &Organization) -> String {
    let marked = |it: &Organization| {
        let mut tags = it.policies.values().flat_map(|it| it.tags.keys());
        tags.any(|it| it == UNANSWERED)
    };
    for (word, state) in [("before", before), ("after", after)] {
        let word = match marked(now) && !marked(state) {
            true => format!("{word}, marked as unanswered"),
            false => word.to_owned(),
        };
        if seen(now) == seen(state) {
            return word;
        }
        if seen(&now.unordered()) == seen(&state.unordered()) {
            return format!("{word}, last among its peers");
        }
    }
    "between".to_owned()
}

/// What an answer must name: of our policy, the parts and targets that differ from before; after a
/// Delete, all that is still there.
fn rest(story: Story, before: &Organization, now: &Organization) -> Vec<String> {
    let mut words = Vec::new();
    let ids: BTreeSet<&String> = before.policies.keys().chain(now.policies.keys()).collect();
    for id in ids.into_iter().filter(|id| !foreign(id, before)) {
        match (before.policies.get(id), now.policies.get(id)) {
            (Some(was), Some(is)) if story == Story::Update => {
                let parts = [
                    (was.name == is.name, "name"),
                    (was.description == is.description, "description"),
                    (was.content == is.content, "content"),
                    (was.tags == is.tags, "tag"),
                ];
                let differ = parts.iter().filter(|(same, _)| !same);
                words.extend(differ.map(|(_, word)| (*word).to_owned()));
                let (was, is) = (before.targets_of(id), now.targets_of(id));
                words.extend(was.symmetric_difference(&is).cloned());
            }
            _ => {
                words.push(id.clone());
                words.extend(now.targets_of(id));
            }
        }
    }
    words
}

/// One cell of the table, and the rules that are broken in it.
async fn cell(
    story: Story,
    call: &Call,
    failing: &Failing,
    after: &Organization,
) -> (String, Vec<String>) {
    let (world, mut stack) = prepare(story).await;
    let before = world.organization();
    stack.lambda.repeats = failing.repeats;
    world.inject(match failing.for_good {
        true => Fault::from_then_on(&call.operation, call.earlier, failing.way),
        false => Fault::once(&call.operation, call.earlier, failing.way),
    });
    let answers_before = world.answers().len();
    let answer = story.ask(&mut stack).await;
    world.heal();
    stack.lambda.repeats = 2;

    let mut broken = Vec::new();
    let answers = world.answers().split_off(answers_before);
    // A process that dies after it has answered lets Lambda repeat the request: it says the same.
    let dies = matches!(failing.way, Way::CrashBefore | Way::CrashAfter);
    if answers.len() != 1 && !dies && call.service != "cloudformation" {
        broken.push(format!("{} answers", answers.len()));
    }
    if answers.iter().any(|it| *it != answers[0]) {
        broken.push(format!("answers that differ: {answers:#?}"));
    }
    let now = world.organization();
    broken.extend(harm(story, &before, &now));
    let found = state(&before, after, &now);
    let mut cell = match &answer {
        Some(_) if succeeded(&answer) => format!("SUCCESS: {found}"),
        Some(it) if found == "between" => {
            broken.extend(unnamed(rest(story, &before, &now), it));
            broken.extend(overstated(&now, it));
            "FAILED: the answer names the rest".to_owned()
        }
        Some(it) => {
            if found.contains("peers") && !it.reason.contains("last among its peers") {
                broken.push(format!("the new order of peers is not said: {}", it.reason));
            }
            if it.reason.contains("left behind") {
                broken.push(format!("nothing is left behind: {}", it.reason));
            }
            format!("FAILED: {found}")
        }
        None => format!("no answer: {found}"),
    };
    if succeeded(&answer) {
        if !found.starts_with("after") {
            broken.push(format!("a success that is not what was wanted: {now:#?}"));
        }
        return (cell, broken);
    }
    let follow = story.follow(&mut stack).await;
    if !succeeded(&follow) {
        let reason = follow.map(|it| it.reason).unwrap_or_default();
        broken.push(format!("what CloudFormation did next failed: {reason}"));
    }
    let last = world.organization();
    broken.extend(harm(story, &before, &last));
    let at_last = state(&before, after, &last);
    let wanted = if story == Story::Delete {
        "after"
    } else {
        "before"
    };
    if !at_last.starts_with(wanted) {
        broken.push(format!("not {wanted} at last: {:#?}", last.policies));
    }
    if found != at_last {
        write!(cell, ", then {at_last}").unwrap();
    }
    (cell, broken)
}

/// What is left and an answer does not name.
fn unnamed(rest: Vec<String>, answer: &Answer) -> Vec<String> {
    let named =
        |word: &String| answer.reason.contains(word) || answer.physical_resource_id.contains(word);
    let words = rest.into_iter().filter(|word| !named(word));
    words
        .map(|word| format!("`{word}` is left, and the answer says {:?}", answer.reason))
        .collect()
}

/// Targets that an answer says the policy is still attached to, and it is not.
fn overstated(now: &Organization, answer: &Answer) -> Vec<String> {
    let Some((_, list)) = answer.reason.split_once("still attached to ") else {
        return Vec::new();
    };
    let list = list.split_once(':').map_or(list, |(list, _)| list);
    let id = answer.physical_resource_id.rsplit('/').next().unwrap();
    let attached = now.targets_of(id);
    let wrong = list
        .split(", ")
        .filter(|target| !attached.contains(*target));
    wrong
        .map(|target| format!("said to be left, and is not: {target}: {}", answer.reason))
        .collect()
}

/// Other people's policies must be as they were, and a target that both versions name must not
/// have lost the policy for a moment.
fn harm(story: Story, before: &Organization, now: &Organization) -> Vec<String> {
    let mut broken = Vec::new();
    let ids = now.policies.keys().chain(before.policies.keys());
    let ours: Vec<&String> = ids.filter(|id| !foreign(id, before)).collect();
    let others = |it: &Organization| ours.iter().fold(it.clone(), |it, id| it.without(id));
    if others(now) != others(before) {
        broken.push("other people's policies are touched".to_owned());
    }
    let kept = ["ou-mod1-00000002", "ou-mod1-00000003"];
    for (time, change) in now.history.iter().skip(before.history.len()) {
        if let Change::Detached { target, .. } = change
            && story == Story::Update
            && kept.contains(&target.as_str())
        {
            broken.push(format!("{target} lost the policy at {time:?}"));
        }
    }
    broken
}

fn foreign(id: &str, before: &Organization) -> bool {
    before
        .policies
        .get(id)
        .is_some_and(|it| it.name.starts_with("somebody's"))
}

/// A call of a run without faults.
struct Call {
    service: &'static str,
    operation: String,
    /// Calls of the same operation before it.
    earlier: usize,
    title: String,
}

/// The calls of a run without faults, and the state that it leaves.
async fn run(story: Story) -> (Vec<Call>, Organization) {
    let (world, mut stack) = prepare(story).await;
    let answer = story.ask(&mut stack).await;
    assert!(succeeded(&answer), "{story:?} without faults: {answer:?}");
    let calls = world.calls();
    let described = |n: usize| {
        let operation = &calls[n].operation;
        let about = calls[n].target.iter().map(|it| format!(" {it}"));
        Call {
            service: calls[n].service,
            operation: operation.clone(),
            earlier: calls[..n]
                .iter()
                .filter(|it| it.operation == *operation)
                .count(),
            title: about.fold(operation.clone(), |title, it| title + &it),
        }
    };
    (
        (0..calls.len()).map(described).collect(),
        world.organization(),
    )
}

/// Whether a service can fail so at all.
fn possible(call: &Call, way: Way) -> bool {
    let own = matches!(way, Way::Conflict | Way::ChangesInProgress | Way::Constrain);
    call.service == "organizations" || !own
}

#[tokio::test(start_paused = true)]
async fn every_call_fails_in_every_way() {
    let mut table = String::from(include_str!("faults.md"));
    let mut broken = String::new();
    for story in [Story::Create, Story::Update, Story::Delete] {
        let (calls, after) = run(story).await;
        assert!(calls.len() >= 6, "{story:?} makes {} calls", calls.len());
        writeln!(table, "\n## {story:?}\n").unwrap();
        let titles: Vec<&str> = calls.iter().map(|it| it.title.as_str()).collect();
        writeln!(table, "| | {} |", titles.join(" | ")).unwrap();
        writeln!(table, "|---|{}", "---|".repeat(calls.len())).unwrap();
        for failing in &WAYS {
            write!(table, "| {} |", failing.title).unwrap();
            for call in &calls {
                if !possible(call, failing.way) {
                    write!(table, " |").unwrap();
                    continue;
                }
                let (cell, rules) = cell(story, call, failing, &after).await;
                write!(table, " {cell} |").unwrap();
                for rule in rules {
                    let place = format!("{story:?}: {}: {}", call.title, failing.title);
                    writeln!(broken, "{place}: {cell}: {rule}").unwrap();
                }
            }
            writeln!(table).unwrap();
        }
    }
    assert!(broken.is_empty(), "{broken}");
    expect_test::expect_file!["../../../../docs/fault-table.md"].assert_eq(&table);
}

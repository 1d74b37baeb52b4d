//! The fault table: every call of a Create, an Update and a Delete fails in every way, CloudFormation
//! does what it then does, and the state is what it was, what was wanted, or what the answer names.
//!
//! The calls are those of a run without faults, so a call that the function learns to make joins
//! the table by itself. `docs/evidence/fault-table.md` is what this test found; `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::judge::{changed, harm, overstated, remaining, state, unnamed};
use crate::repeated;
use crate::stack::{Stack, succeeded};
use crate::template::{properties, properties_with};
use crate::world::{Answer, Fault, OTHER_MANAGEMENT, Organization, Way, World};

/// What is asked of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    Create,
    Update,
    /// An Update to another management account.
    Move,
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

/// The last rows: CloudFormation goes on before Lambda repeats the request.
const LATE: [(&str, Way); 2] = [
    (
        "crash before the effect, undone, then retried",
        Way::CrashBefore,
    ),
    (
        "crash after the effect, undone, then retried",
        Way::CrashAfter,
    ),
];

/// A world with other people's policies, and a stack just before the request.
pub async fn prepare(story: Story) -> (World, Stack) {
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

/// The first version's properties, in another organization.
fn elsewhere() -> Value {
    let changes = json!({ "OrgManagementAccount": OTHER_MANAGEMENT, "PolicyTargets": "r-mod2" });
    properties_with(1, changes)
}

impl Story {
    pub async fn ask(self, stack: &mut Stack) -> Option<Answer> {
        match self {
            Story::Create => stack.create(&properties(1)).await,
            Story::Update => stack.update(&properties(2)).await,
            Story::Move => stack.update(&elsewhere()).await,
            Story::Delete => stack.delete().await,
        }
    }

    /// What the answer must name when the state is neither before nor after.
    fn rest(self, before: &Organization, now: &Organization) -> Vec<String> {
        match self {
            Story::Update => changed(before, now),
            Story::Move | Story::Create | Story::Delete => remaining(before, now),
        }
    }

    /// The targets that must not lose the policy.
    fn kept(self) -> &'static [&'static str] {
        match self {
            Story::Update => &["ou-mod1-00000002", "ou-mod1-00000003"],
            Story::Move | Story::Create | Story::Delete => &[],
        }
    }

    /// What follows a failure: CloudFormation's next request, or the user's second Delete.
    async fn follow(self, stack: &mut Stack) -> Option<Answer> {
        match self {
            Story::Create | Story::Update | Story::Move => {
                stack.go_on().await.expect("a next request")
            }
            Story::Delete => stack.delete().await,
        }
    }
}

/// One cell of the table, and the rules that are broken in it.
async fn cell(
    story: Story,
    call: &Call,
    failing: &Failing,
    after: &Organization,
) -> (String, Vec<String>) {
    let (world, mut stack) = prepare(story).await;
    let before = world.both_organizations();
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
    if answers.len() != 1 && !dies && call.operation != "PUT answer" {
        broken.push(format!("{} answers", answers.len()));
    }
    if answers.iter().any(|it| *it != answers[0]) {
        broken.push(format!("answers that differ: {answers:#?}"));
    }
    let now = world.both_organizations();
    broken.extend(harm(&before, &now, story.kept()));
    let found = state(&before, after, &now);
    let mut cell = match &answer {
        Some(_) if succeeded(&answer) => format!("SUCCESS: {found}"),
        Some(it) if found == "between" => {
            broken.extend(unnamed(story.rest(&before, &now), it));
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
    let last = world.both_organizations();
    broken.extend(harm(&before, &last, story.kept()));
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

/// A call of a run without faults.
pub struct Call {
    service: &'static str,
    pub operation: String,
    /// Calls of the same operation before it.
    pub earlier: usize,
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
        world.both_organizations(),
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
    for story in [Story::Create, Story::Update, Story::Move, Story::Delete] {
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
        for (title, way) in LATE {
            write!(table, "| {title} |").unwrap();
            for call in &calls {
                let (cell, rules) = repeated::cell(story, call, way, &after).await;
                write!(table, " {cell} |").unwrap();
                for rule in rules {
                    writeln!(broken, "{story:?}: {}: {title}: {cell}: {rule}", call.title).unwrap();
                }
            }
            writeln!(table).unwrap();
        }
    }
    assert!(broken.is_empty(), "{broken}");
    expect_test::expect_file!["../../../../docs/evidence/fault-table.md"].assert_eq(&table);
}

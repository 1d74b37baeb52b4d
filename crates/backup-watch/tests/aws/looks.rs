//! Looks: absence is told once and ended once, and what could not be seen is said.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::world::{Fault, Function, ROLE, World};

pub const SHOP: &str = "444444444441";
pub const BANK: &str = "444444444442";
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];

/// Two accounts in which everything was made until the night of `until`, and noon of that day.
fn world(until: &str) -> World {
    let world = World::new(&format!("{until}T12:00:00Z"));
    {
        let mut state = world.lock();
        for (id, name) in [(SHOP, "shop"), (BANK, "bank")] {
            state
                .organization
                .accounts
                .insert(id.to_string(), name.to_string());
        }
    }
    for day in 0..8 {
        let at = world.now() - TimeDelta::hours(7) - TimeDelta::days(day);
        for region in REGIONS {
            night(&world, region, at, &[SHOP, BANK]);
        }
    }
    world
}

fn night(world: &World, region: &str, at: DateTime<Utc>, accounts: &[&str]) {
    let accounts: Vec<String> = accounts.iter().map(|it| (*it).to_string()).collect();
    world.lock().organization.run(region, at, &accounts, true);
}

/// Four looks a day, for so many days; nights are made in these accounts and Regions.
async fn days(world: &World, function: &Function, days: usize, made: &[(&str, &[&str])]) {
    for day in 0..days {
        for look in 0..4 {
            world.pass(TimeDelta::hours(6));
            if look == 2 {
                // It is 06:00.
                let at = world.now() - TimeDelta::hours(1);
                for (region, accounts) in made {
                    night(world, region, at, accounts);
                }
            }
            let request = format!("{day}-{look}-{}", world.now());
            function.look(&request).await.unwrap().unwrap();
        }
    }
}

const EVERYWHERE: [(&str, &[&str]); 2] =
    [("eu-west-1", &[SHOP, BANK]), ("us-east-1", &[SHOP, BANK])];

#[tokio::test(start_paused = true)]
async fn on_quiet_days_nothing_is_said() {
    let world = world("2026-01-10");
    let function = world.function().await;
    days(&world, &function, 3, &EVERYWHERE).await;
    assert_eq!(world.subjects(), [""; 0]);
    let metrics = world.lock().metrics.clone();
    let last = metrics.last().unwrap();
    for (name, count) in [
        ("LateAccounts", 0),
        ("InvalidAccounts", 0),
        ("NotLookedAt", 0),
        ("CompletedBackups", 14),
        ("CompletedCopies", 14),
        ("CompletedRestores", 14),
        ("FailedJobs", 6),
    ] {
        assert_eq!(last[name], count, "{last}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_stops_in_one_region_is_told_once_and_once_more_when_it_goes_on() {
    let world = world("2026-01-10");
    let function = world.function().await;
    let stopped = [("eu-west-1", &[SHOP, BANK][..]), ("us-east-1", &[BANK][..])];
    days(&world, &function, 20, &stopped).await;
    assert_eq!(
        world.subjects(),
        ["shop: a backup of daily/nightly is missing in us-east-1"]
    );
    days(&world, &function, 2, &EVERYWHERE).await;
    assert_eq!(
        world.subjects()[1..],
        ["shop: a backup of daily/nightly is there again in us-east-1"]
    );
    let email = world.lock().published[0].email.clone();
    assert!(
        email.contains("the newest began 2026-01-10 05:00 UTC"),
        "{email}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_was_changed_makes_nobody_late() {
    let world = world("2026-01-10");
    let function = world.function().await;
    world.lock().organization.updated = Some("2026-01-12T00:00:00Z".parse().unwrap());
    // The night of the 11th is missing, by a schedule that came to be on the 12th.
    days(&world, &function, 1, &[]).await;
    days(&world, &function, 2, &EVERYWHERE).await;
    assert_eq!(world.subjects(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_makes_does_not_say_that_a_plan_works() {
    let world = world("2026-01-10");
    let function = world.function().await;
    let since = "2026-01-11T00:00:00Z".parse().unwrap();
    let by_hand = [(SHOP.to_string(), since)].into();
    world.lock().organization.by_hand = by_hand;
    days(&world, &function, 3, &EVERYWHERE).await;
    let missing = "shop: a backup of daily/nightly is missing in";
    assert_eq!(
        world.subjects(),
        REGIONS.map(|region| format!("{missing} {region}"))
    );
}

#[tokio::test(start_paused = true)]
async fn where_aws_has_no_policy_in_force_or_does_not_say_nobody_is_called_late() {
    for (code, blind) in [
        ("EffectivePolicyNotFoundException", json!([])),
        (
            "AccessDeniedException",
            json!(["when policies of accounts that seem late were changed"]),
        ),
    ] {
        let world = crashed_world();
        world.fail("DescribeEffectivePolicy", usize::MAX, Fault::Code(code));
        let function = world.function().await;
        let answer = function.look("look").await.unwrap().unwrap();
        assert_eq!(
            (&answer["late"], &answer["not_looked_at"]),
            (&json!(0), &blind)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_policy_is_told_with_awss_reason() {
    let world = world("2026-01-10");
    let function = world.function().await;
    world.lock().organization.invalid.push(BANK.to_string());
    days(&world, &function, 2, &EVERYWHERE).await;
    world.lock().organization.invalid.clear();
    days(&world, &function, 1, &EVERYWHERE).await;
    assert_eq!(
        world.subjects(),
        [
            "bank: AWS withholds the backup policy: the merged policy is invalid",
            "bank: the backup policy is valid again",
        ]
    );
    let email = world.lock().published[0].email.clone();
    assert!(
        email.contains("ELEMENTS_TOO_MANY: too many plans (in plans)"),
        "{email}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_half_way_is_said_and_nothing_of_it_counts_as_well_or_late() {
    let world = world("2026-01-10");
    let many: Vec<String> = (0..1500).map(|number| format!("5{number:011}")).collect();
    let at = world.now() - TimeDelta::hours(7);
    world.lock().organization.run("eu-west-1", at, &many, true);
    let function = world.function().await;
    // The second page of the backups of one Region, for good.
    world.fail_after("ListBackupJobs", 8, 1, Fault::Code("AccessDeniedException"));
    let answer = function.look("look-1").await.unwrap().unwrap();
    let not_looked_at = answer["not_looked_at"].as_array().unwrap();
    assert_eq!(not_looked_at.len(), 1, "{answer}");
    assert_eq!(
        world.subjects(),
        ["backups could not be looked at everywhere"]
    );
    // Six hours later everything is seen, the part that was missing too.
    world.pass(TimeDelta::hours(6));
    let answer = function.look("look-2").await.unwrap().unwrap();
    assert_eq!(answer["not_looked_at"], json!([]));
    assert_eq!(world.subjects()[1..], ["everything can be looked at again"]);
    days(&world, &function, 1, &EVERYWHERE).await;
    assert_eq!(world.subjects().len(), 2, "{:?}", world.subjects());
}

#[tokio::test(start_paused = true)]
async fn what_was_late_stays_told_while_its_region_cannot_be_seen() {
    let world = world("2026-01-10");
    let function = world.function().await;
    let stopped = [("eu-west-1", &[SHOP, BANK][..]), ("us-east-1", &[BANK][..])];
    days(&world, &function, 3, &stopped).await;
    world.fail("ListCopyJobs", 1000, Fault::Code("AccessDeniedException"));
    days(&world, &function, 2, &stopped).await;
    world.lock().clear_faults();
    days(&world, &function, 2, &stopped).await;
    assert_eq!(
        world.subjects(),
        [
            "shop: a backup of daily/nightly is missing in us-east-1",
            "backups could not be looked at everywhere",
            "everything can be looked at again",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_assumed_is_told_once_with_what_to_check() {
    let world = world("2026-01-10");
    let function = world.configured(&[("MANAGEMENT_ROLE_ARN", ROLE)]).await;
    world.fail("AssumeRole", 1000, Fault::Code("AccessDenied"));
    days(&world, &function, 2, &EVERYWHERE).await;
    assert_eq!(
        world.subjects(),
        ["backups could not be looked at everywhere"]
    );
    let email = world.lock().published[0].email.clone();
    assert!(
        email.contains("not looked at: the organization: AssumeRole failed"),
        "{email}"
    );
    assert!(email.contains("trusts the function's role"), "{email}");
    world.lock().clear_faults();
    days(&world, &function, 1, &EVERYWHERE).await;
    assert_eq!(world.subjects().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_that_passes_is_waited_for() {
    let world = world("2026-01-10");
    let function = world.function().await;
    for operation in [
        "ListBackupJobs",
        "ListAccountsForParent",
        "GetItem",
        "PutItem",
    ] {
        world.fail(operation, 3, Fault::Code("ThrottlingException"));
    }
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(answer["not_looked_at"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_dies_at_any_call_leaves_nothing_untold() {
    let calls = {
        let world = crashed_world();
        world.function().await.look("count").await.unwrap().unwrap();
        world.lock().calls.len()
    };
    assert!(calls > 40, "{calls}");
    // To die before a call is to die after the one before.
    for number in 1..=calls {
        let world = crashed_world();
        let function = world.function().await;
        world.fail_nth(number, Fault::CrashAfter);
        assert_eq!(function.look("one").await, None);
        world.pass(TimeDelta::hours(6));
        let function = world.function().await;
        function.look("two").await.unwrap().unwrap();
        let subjects = world.subjects();
        let told = |what: &str| subjects.iter().filter(|it| it.contains(what)).count();
        for what in ["shop: a backup", "bank: AWS withholds"] {
            assert!((1..=2).contains(&told(what)), "{number}: {subjects:?}");
        }
        assert!(
            subjects.len() <= 3,
            "only one is told twice: {number} {subjects:?}"
        );
    }
}

/// Backups of one account are missing in one Region, and another's policy is invalid.
pub fn crashed_world() -> World {
    let world = world("2026-01-10");
    world.lock().organization.invalid.push(BANK.to_string());
    let at = world.now() + TimeDelta::hours(17);
    for day in 0..3 {
        let at = at + TimeDelta::days(day);
        night(&world, "eu-west-1", at, &[SHOP, BANK]);
        night(&world, "us-east-1", at, &[BANK]);
    }
    world.pass(TimeDelta::days(3));
    world
}

#[tokio::test(start_paused = true)]
async fn two_looks_at_a_time_are_one_and_lambdas_second_attempt_goes_on() {
    let world = crashed_world();
    let function = world.function().await;
    let (one, two) = tokio::join!(function.look("one"), function.look("two"));
    let answers = [one.unwrap().unwrap(), two.unwrap().unwrap()];
    let idle = answers.iter().filter(|it| it["under_way"] == true).count();
    assert_eq!((idle, world.subjects().len()), (1, 2), "{answers:?}");
    // Who died with the turn gets it back a minute later, under the same request's id.
    let world = crashed_world();
    world.fail("ListRoots", 1, Fault::CrashBefore);
    assert_eq!(world.function().await.look("one").await, None);
    world.pass(TimeDelta::minutes(1));
    let function = world.function().await;
    let other = function.look("other").await.unwrap().unwrap();
    assert_eq!(other, json!({"under_way": true}));
    function.look("one").await.unwrap().unwrap();
    assert_eq!(world.subjects().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_used_fails_the_look_so_that_lambda_tries_again() {
    let world = crashed_world();
    let function = world.function().await;
    world.fail("PutItem", 1000, Fault::Code("AccessDeniedException"));
    let error = function.look("one").await.unwrap().unwrap_err();
    assert!(
        error.contains("the look did not end: PutItem failed"),
        "{error}"
    );
    world.lock().clear_faults();
    function.look("one").await.unwrap().unwrap();
    assert_eq!(world.subjects().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn names_are_known_to_messages_from_the_first_look_on() {
    let world = world("2026-01-10");
    let function = world.function().await;
    let event = crate::world::failed("e-1", SHOP, world.now());
    function.look("look").await.unwrap().unwrap();
    function.batch("r", &[event]).await;
    assert_eq!(
        world.subjects(),
        ["shop: backup of EBS failed: Access Denied"]
    );
}

/// What a look in which something never answers did not look at.
fn not_looked_at(answer: &serde_json::Value) -> Vec<&str> {
    let all = answer["not_looked_at"].as_array().unwrap().iter();
    all.map(|it| it.as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_region_that_never_answers_keeps_no_other_from_being_looked_at() {
    let world = crashed_world();
    // The first Region.
    for operation in [
        "ListBackupJobs",
        "ListCopyJobs",
        "ListBackupJobSummaries",
        "ListCopyJobSummaries",
        "ListRestoreJobSummaries",
    ] {
        world.fail_in("eu-west-1", operation, Fault::Hang);
    }
    let function = world.function().await;
    let answer = function.look("look").await.unwrap().unwrap();
    let blind = not_looked_at(&answer);
    assert!(
        !blind.is_empty() && blind.iter().all(|it| it.contains("in eu-west-1")),
        "{answer}"
    );
    let subjects = world.subjects();
    for what in [
        "shop: a backup",
        "bank: AWS withholds",
        "could not be looked at everywhere",
    ] {
        assert!(subjects.iter().any(|it| it.contains(what)), "{subjects:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_aws_calls_invalid_may_never_come_and_the_jobs_are_looked_at() {
    for operation in [
        "ListAccountsWithInvalidEffectivePolicy",
        "ListEffectivePolicyValidationErrors",
    ] {
        let world = crashed_world();
        let others = (0..8).map(|n| format!("55555555555{n}"));
        world.lock().organization.invalid.extend(others);
        world.fail(operation, usize::MAX, Fault::Hang);
        let function = world.function().await;
        let answer = function.look("look").await.unwrap().unwrap();
        assert!(
            not_looked_at(&answer)
                .iter()
                .all(|it| it.contains("withholds")),
            "{answer}"
        );
        let subjects = world.subjects();
        assert!(
            subjects.iter().any(|it| it.contains("shop: a backup")),
            "{subjects:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_never_answers_is_named_and_the_jobs_are_kept() {
    let world = crashed_world();
    world.fail("ListRoots", usize::MAX, Fault::Hang);
    let function = world.function().await;
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(
        not_looked_at(&answer),
        ["the organization's accounts and policies"]
    );
    let email = world.lock().published[0].email.clone();
    assert!(email.contains("ListRoots"), "{email}");
}

#[tokio::test(start_paused = true)]
async fn whatever_never_answers_the_next_look_begins_and_tells() {
    let operations = [
        "AssumeRole",
        "ListRoots",
        "ListPolicies",
        "ListBackupJobs",
        "GetItem",
        "PutItem",
        "UpdateItem",
        "Publish",
        "ListCopyJobSummaries",
    ];
    // The template's figure, and less than the attempts of one call take.
    for (lasts, operation) in [300, 60]
        .iter()
        .flat_map(|it| operations.map(|op| (*it, op)))
    {
        let lasts = Duration::from_secs(lasts);
        let world = crashed_world();
        let role = [("MANAGEMENT_ROLE_ARN", ROLE)];
        let function = world.configured(&role).await;
        world.fail(operation, usize::MAX, Fault::Hang);
        let payload = json!({"action": "look"});
        let ended = function.invoke_for(lasts, "one", &payload).await;
        let ended = ended.unwrap_or_else(|| panic!("{operation}: Lambda ended it"));
        let is_reading = operation.starts_with("List");
        assert!(ended.is_ok() || !is_reading, "{operation}: {ended:?}");
        world.lock().clear_faults();
        world.pass(TimeDelta::hours(6));
        let answer = function.look("two").await.unwrap().unwrap();
        assert_eq!(answer["not_looked_at"], json!([]), "{operation}: {answer}");
        let subjects = world.subjects();
        for what in ["a backup of daily", "AWS withholds"] {
            assert!(
                subjects.iter().any(|it| it.contains(what)),
                "{operation}: {subjects:?}"
            );
        }
    }
}

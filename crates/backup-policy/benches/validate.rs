//! How long it takes to check the largest policy that AWS allows.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark may stop at the first surprise"
)]

use backup_policy::{Document, Instant, MAX_CHARACTERS, character_count, validate};

fn main() {
    divan::main();
}

fn now() -> Instant {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

/// A policy of just under 10,000 characters: plans like those of the solution.
fn largest_policy() -> String {
    let plan = |number: usize| {
        let vault = "arn:aws:backup:eu-central-1:333333333333:backup-vault:CentralVault";
        format!(
            r#""plan{number}":{{"regions":{{"@@assign":["eu-west-1","eu-central-1"]}},"rules":{{"nightly":{{"schedule_expression":{{"@@assign":"cron(0 5 ? * * *)"}},"start_backup_window_minutes":{{"@@assign":"60"}},"complete_backup_window_minutes":{{"@@assign":"1200"}},"target_backup_vault_name":{{"@@assign":"Vault"}},"lifecycle":{{"delete_after_days":{{"@@assign":"35"}}}},"copy_actions":{{"{vault}":{{"target_backup_vault_arn":{{"@@assign":"{vault}"}},"lifecycle":{{"delete_after_days":{{"@@assign":"35"}}}}}}}}}}}},"selections":{{"tags":{{"tagged":{{"iam_role_arn":{{"@@assign":"arn:aws:iam::$account:role/BackupRole"}},"tag_key":{{"@@assign":"backup"}},"tag_value":{{"@@assign":["daily"]}}}}}}}}}}"#
        )
    };
    let policy = |plans: usize| {
        let plans: Vec<String> = (0..plans).map(plan).collect();
        format!("{{\"plans\":{{{}}}}}", plans.join(","))
    };
    let fits = |text: &String| character_count(text) <= MAX_CHARACTERS;
    (1..).map(policy).take_while(fits).last().unwrap()
}

#[divan::bench]
fn parse(bencher: divan::Bencher) {
    let text = largest_policy();
    bencher.bench(|| Document::parse(divan::black_box(&text)));
}

#[divan::bench]
fn validate_without_findings(bencher: divan::Bencher) {
    let document = Document::parse(&largest_policy()).unwrap();
    assert!(validate(&document, now()).is_empty());
    bencher.bench(|| validate(divan::black_box(&document), now()));
}

#[divan::bench]
fn validate_with_a_mistake_in_every_key(bencher: divan::Bencher) {
    let text = largest_policy()
        .replace("_backup", "_bakup")
        .replace("@@assign", "@@asign");
    let document = Document::parse(&text).unwrap();
    assert!(validate(&document, now()).len() > 100);
    bencher.bench(|| validate(divan::black_box(&document), now()));
}

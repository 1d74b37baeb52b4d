//! Medians, and the two tables made of them.

use crate::{restores, story};
use anyhow::{Context, Result};
use std::fmt::Write;
use std::time::Duration;

/// What one start of a function gave.
#[derive(Default)]
pub struct Run {
    pub ready: Duration,
    pub cpu_until_first_answer: Option<Duration>,
    pub peak_memory: u64,
    /// For each step its duration and the AWS calls.
    pub steps: Vec<(Duration, Vec<String>)>,
}

/// All runs of all functions.
#[derive(Default)]
pub struct Figures {
    pub empty: Vec<Run>,
    pub policies: Vec<Run>,
    pub restores: Vec<Run>,
}

/// One line of the first table: how to read the figure from a run, and what we aim for.
struct Line {
    name: &'static str,
    unit: f64,
    figure: fn(&Run) -> Option<f64>,
    aim: Option<Aim>,
}

enum Aim {
    RatioAtMost(f64),
    /// In megabytes.
    MemoryAtMost(f64),
}

const MEGABYTE: f64 = 1_000_000.0;
const MILLISECOND: f64 = 0.001;

const LINES: [Line; 6] = [
    Line {
        name: "start to ready, ms",
        unit: MILLISECOND,
        figure: |run| Some(run.ready.as_secs_f64()),
        aim: None,
    },
    Line {
        name: "first call, ms",
        unit: MILLISECOND,
        figure: first_call,
        aim: None,
    },
    Line {
        name: "start plus first call, ms",
        unit: MILLISECOND,
        figure: |run| Some(run.ready.as_secs_f64() + first_call(run)?),
        aim: Some(Aim::RatioAtMost(3.0)),
    },
    Line {
        name: "CPU time until then, ms",
        unit: MILLISECOND,
        figure: |run| run.cpu_until_first_answer.map(|time| time.as_secs_f64()),
        aim: None,
    },
    Line {
        name: "later calls, mean, ms",
        unit: MILLISECOND,
        figure: later_calls,
        aim: None,
    },
    Line {
        name: "peak memory, MB",
        unit: MEGABYTE,
        figure: |run| Some(run.peak_memory as f64),
        aim: Some(Aim::MemoryAtMost(12.0)),
    },
];

fn first_call(run: &Run) -> Option<f64> {
    run.steps.first().map(|(took, _)| took.as_secs_f64())
}

fn later_calls(run: &Run) -> Option<f64> {
    let (_, later) = run.steps.split_first()?;
    Some(
        later
            .iter()
            .map(|(took, _)| took.as_secs_f64())
            .sum::<f64>()
            / later.len() as f64,
    )
}

/// All tables, ready to paste.
pub fn markdown(figures: &Figures) -> Result<String> {
    let mut text = format!(
        "Medians of {} starts each, alternating. Ratio: to the empty function.\n",
        figures.empty.len()
    );
    let policies = story::STEPS.map(|step| step.name);
    let restores = restores::STEPS.map(|step| step.name);
    for (name, steps, runs) in [
        ("org-policy-manager", &policies[..], &figures.policies),
        ("tag-on-restore", &restores[..], &figures.restores),
    ] {
        one(&mut text, name, steps, &figures.empty, runs)?;
    }
    Ok(text)
}

/// The two tables of one function.
fn one(text: &mut String, name: &str, steps: &[&str], empty: &[Run], runs: &[Run]) -> Result<()> {
    writeln!(
        text,
        "\n| | empty function | {name} | ratio | aim |\n|---|--:|--:|--:|---|"
    )?;
    for line in LINES {
        let median = |runs: &[Run]| median(runs.iter().filter_map(line.figure).collect());
        let (Some(empty), Some(ours)) = (median(empty), median(runs)) else {
            continue;
        };
        let (empty, ours) = (empty / line.unit, ours / line.unit);
        let ratio = ours / empty;
        let aim = line.aim.map(|aim| aim.judge(ours, ratio));
        let aim = aim.unwrap_or_default();
        writeln!(
            text,
            "| {} | {empty:.2} | {ours:.2} | {ratio:.1} | {aim} |",
            line.name
        )?;
    }
    writeln!(
        text,
        "\n| {name}: request | ms | AWS calls | which |\n|---|--:|--:|---|"
    )?;
    for (number, step) in steps.iter().enumerate() {
        let runs = runs.iter().filter_map(|run| run.steps.get(number));
        let took = median(runs.clone().map(|(took, _)| took.as_secs_f64()).collect());
        let calls = runs
            .clone()
            .map(|(_, calls)| calls)
            .next()
            .context("no run")?;
        let took = took.context("no run")? / MILLISECOND;
        writeln!(
            text,
            "| {step} | {took:.2} | {} | {} |",
            calls.len(),
            listed(calls)
        )?;
    }
    Ok(())
}

impl Aim {
    fn judge(&self, ours: f64, ratio: f64) -> String {
        let (aim, met) = match self {
            Aim::RatioAtMost(limit) => (format!("ratio at most {limit:.1}"), ratio <= *limit),
            Aim::MemoryAtMost(limit) => (format!("at most {limit:.0} MB"), ours <= *limit),
        };
        format!("{aim}: {}", if met { "met" } else { "MISSED" })
    }
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let upper = figures.get(figures.len() / 2)?;
    let lower = figures.get((figures.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

/// Calls in their order, repetitions counted. Very many are sorted, to be counted together.
fn listed(calls: &[String]) -> String {
    let mut calls = calls.to_vec();
    if calls.len() > 20 {
        calls.sort();
    }
    let groups = calls.chunk_by(|a, b| a == b).filter_map(|group| {
        let call = group.first()?;
        Some(if group.len() == 1 {
            call.clone()
        } else {
            format!("{call} ×{}", group.len())
        })
    });
    groups.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_in_the_middle_whatever_the_order() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0]), Some(5.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn calls_are_counted_where_they_repeat() {
        let calls = ["AssumeRole", "AttachPolicy", "AttachPolicy", "AssumeRole"].map(String::from);
        assert_eq!(listed(&calls), "AssumeRole, AttachPolicy ×2, AssumeRole");
        assert_eq!(listed(&[]), "");
    }

    #[test]
    fn an_aim_says_whether_it_is_met() {
        assert_eq!(
            Aim::RatioAtMost(3.0).judge(9.0, 3.0),
            "ratio at most 3.0: met"
        );
        assert_eq!(
            Aim::RatioAtMost(3.0).judge(9.0, 3.1),
            "ratio at most 3.0: MISSED"
        );
        assert_eq!(
            Aim::MemoryAtMost(12.0).judge(8.3, 9.0),
            "at most 12 MB: met"
        );
        assert_eq!(
            Aim::MemoryAtMost(12.0).judge(12.1, 1.0),
            "at most 12 MB: MISSED"
        );
    }
}

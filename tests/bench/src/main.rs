#![doc = include_str!("../README.md")]

mod aws;
mod certificates;
mod lambda;
mod organizations;
mod restores;
mod server;
mod story;
mod table;

use crate::aws::Aws;
use crate::lambda::{Environment, Function};
use crate::table::{Figures, Run};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: bench ORG-POLICY-MANAGER TAG-ON-RESTORE EMPTY-FUNCTION [RUNS]
  ORG-POLICY-MANAGER  the packaged org-policy-manager: the `bootstrap` from its zip
  TAG-ON-RESTORE      the packaged tag-on-restore
  EMPTY-FUNCTION      the packaged empty-function
  RUNS                how often each is started (20)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<()> {
    let ([policies, restores, empty], runs) = arguments()?;
    let folder = temporary_folder()?;
    let certificates = certificates::make(&folder)?;
    let aws = Aws::start(&certificates).await?;
    let environment = Environment::new(&aws, &certificates.bundle);
    let mut figures = Figures::default();
    // The first run of each only brings the files into memory.
    for run in 0..=runs {
        let nothing = one(&empty, &environment, &aws, Expect::Nothing).await?;
        let policies = one(&policies, &environment, &aws, Expect::Success).await?;
        let restores = restored(&restores, &environment, &aws).await?;
        if run > 0 {
            figures.empty.push(nothing);
            figures.policies.push(policies);
            figures.restores.push(restores);
        }
    }
    std::fs::remove_dir_all(&folder).context("the temporary folder cannot be removed")?;
    write!(std::io::stdout(), "{}", table::markdown(&figures)?)?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    /// CloudFormation hears SUCCESS after each request.
    Success,
    /// CloudFormation hears nothing.
    Nothing,
}

/// Starts a function, tells it the whole story, and measures.
async fn one(binary: &Path, environment: &Environment, aws: &Aws, expect: Expect) -> Result<Run> {
    aws.reset();
    let mut function = Function::start(binary, environment).await?;
    let mut run = Run {
        ready: function.ready,
        ..Run::default()
    };
    let mut policy = None;
    for (number, step) in story::STEPS.iter().enumerate() {
        let event = step.event(number, policy.as_deref(), &aws.answer_url());
        let took = function
            .invoke(&event)
            .await
            .with_context(|| format!("`{}`", step.name))?;
        if run.cpu_until_first_answer.is_none() {
            run.cpu_until_first_answer = function.cpu_time();
        }
        let (calls, answers) = aws.take();
        if expect == Expect::Success {
            let answer = match answers.as_slice() {
                [answer] => answer,
                answers => bail!("`{}` was answered {} times", step.name, answers.len()),
            };
            if answer["Status"] != "SUCCESS" {
                bail!("`{}` failed: {answer}", step.name);
            }
            policy = answer["PhysicalResourceId"].as_str().map(str::to_owned);
        }
        run.steps.push((took, calls));
    }
    run.peak_memory = function.peak_memory()?;
    function.stop().await?;
    Ok(run)
}

/// Starts `tag-on-restore`, hands it all restores, and measures.
async fn restored(binary: &Path, environment: &Environment, aws: &Aws) -> Result<Run> {
    aws.reset();
    let mut function = Function::start(binary, environment).await?;
    let mut run = Run {
        ready: function.ready,
        ..Run::default()
    };
    for step in &restores::STEPS {
        let context = || format!("`{}`", step.name);
        let took = function.invoke(&step.event()).await;
        let took = took.with_context(context)?;
        if run.cpu_until_first_answer.is_none() {
            run.cpu_until_first_answer = function.cpu_time();
        }
        let (calls, _) = aws.take();
        step.check(&calls).with_context(context)?;
        run.steps.push((took, calls));
    }
    run.peak_memory = function.peak_memory()?;
    function.stop().await?;
    Ok(run)
}

fn arguments() -> Result<([PathBuf; 3], usize)> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (binaries, runs) = match arguments.as_slice() {
        [policies, restores, empty] => ([policies, restores, empty], 20),
        [policies, restores, empty, runs] => (
            [policies, restores, empty],
            runs.parse().ok().filter(|runs| *runs > 0).context(USAGE)?,
        ),
        _ => bail!("{USAGE}"),
    };
    for binary in binaries {
        if !Path::new(binary).is_file() {
            bail!("`{binary}` is not there: `make bench` packages all three functions first");
        }
    }
    Ok((binaries.map(PathBuf::from), runs))
}

fn temporary_folder() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
    std::fs::create_dir(&folder)
        .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    Ok(folder)
}

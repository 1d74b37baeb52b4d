//! `backupctl in-force`: did AWS take the policies?

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::bail;
use backup_policy::Instant;
use backup_reading::organizations::Tags;
use backup_status::Seen;
use backup_status::merge::{InForce, Invalid, merges};
use clap::Args;
use tokio::time::{Instant as Clock, sleep};

use super::doctor::look::seen;
use super::doctor::print;
use crate::aws::connection::Access;
use crate::aws::progress::Progress;
use crate::doctor::diagnosis::{Reached, reached_by, taken_checks};
use crate::doctor::facts::Protection;
use crate::plan::present::Present;
use crate::plan::steps::owned;
use crate::report::Format;

/// How long between two rounds of questions. Our choice: AWS has merged 2 to 20 seconds after a change
/// in recordings, and says nowhere how long it may take.
const PAUSE: Duration = Duration::from_secs(5);

/// Ask AWS whether it took the policies of a stack.
///
/// AWS merges policies some time after a change, withholds a merged policy that is invalid, and no
/// deployment and no job fails by it. This waits until AWS has merged, and compares what it has in
/// force with our merge, in every account that a policy of the stack reaches. Exits with 0 if AWS has
/// in force what is attached, with 1 if it withholds it or has something else, and with 2 if it cannot be
/// asked.
#[derive(Args)]
pub struct Arguments {
    /// The stack whose policies are meant; they bear its name in their tags
    #[arg(long, value_name = "NAME", default_value = "aws-backup-org-policy")]
    stack: String,

    /// How many seconds to wait for AWS to merge, at most
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=3600))]
    wait: u64,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Prints what AWS has in force.
///
/// # Errors
/// The organization cannot be read, or its policies cannot be merged.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (reached, invalid) = super::wait_for(ask(arguments))?;
    print(
        &taken_checks(&arguments.stack, &reached, &invalid),
        arguments.format,
    )
}

async fn ask(arguments: &Arguments) -> anyhow::Result<(Vec<Reached>, Invalid)> {
    let connection = arguments.access.connect().await?;
    let organizations = connection.organizations();
    let progress = Progress::begin();
    let (landscape, _) = organizations
        .landscape(Tags::Read, &progress.counter())
        .await?;
    let present = Present::live(&landscape, true);
    let merges = match merges(&present.organization, Instant::from(SystemTime::now())) {
        Seen::There(merges) => merges,
        Seen::Missing => bail!("the policies cannot be merged"),
        Seen::Unknown(why) => bail!("the policies cannot be merged: {why}"),
    };
    let policies: BTreeSet<&str> = owned(&present, &arguments.stack).map(|it| it.0).collect();
    let accounts = reached_by(&present.organization, &policies);
    let mut reached: Vec<Reached> = accounts
        .into_iter()
        .map(|(id, (name, policies))| {
            let ours = match merges.get(&id) {
                Some(merge) => Seen::There(merge.clone()),
                None => Seen::Missing,
            };
            let theirs = Seen::Missing;
            Reached {
                id,
                name,
                policies,
                protection: Protection { ours, theirs },
            }
        })
        .collect();
    let invalid = settle(
        &mut reached,
        Duration::from_secs(arguments.wait),
        async || Ok(organizations.invalid().await?),
        async |account| {
            progress.add("answers of AWS", 1);
            seen(organizations.in_force(account).await)
        },
    )
    .await?;
    Ok((reached, invalid))
}

/// Asks for each account until AWS's answer cannot change any more, or the time is over. What AWS calls
/// invalid is asked for after the accounts, so that it is not older than what is compared with it.
async fn settle(
    reached: &mut [Reached],
    at_most: Duration,
    invalid: impl AsyncFn() -> anyhow::Result<Invalid>,
    in_force: impl AsyncFn(&str) -> Seen<Option<InForce>>,
) -> anyhow::Result<Invalid> {
    let end = Clock::now() + at_most;
    let mut unsettled: Vec<&mut Reached> = reached.iter_mut().collect();
    loop {
        for account in &mut unsettled {
            account.protection.theirs = in_force(&account.id).await;
        }
        let found = invalid().await?;
        unsettled.retain(|account| !account.is_settled(&found));
        if unsettled.is_empty() || Clock::now() + PAUSE > end {
            return Ok(found);
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use backup_status::merge::Merge;

    fn reached() -> Reached {
        let merge = Merge {
            document: json!({"plans": {"daily": {"regions": ["eu-west-1"]}}}),
            problems: Vec::new(),
            plans: vec!["daily".to_owned()],
            expected: Vec::new(),
        };
        Reached {
            id: "444444444441".to_owned(),
            name: String::new(),
            policies: vec!["daily".to_owned()],
            protection: Protection {
                ours: Seen::There(Arc::new(merge)),
                theirs: Seen::Missing,
            },
        }
    }

    /// AWS has merged after so many questions; how many were asked, whether it agreed, and after how long.
    async fn asked(merged_after: u32, at_most: u64) -> (u32, bool, u64) {
        let questions = Cell::new(0);
        let mut all = [reached()];
        let begin = Clock::now();
        let invalid = settle(
            &mut all,
            Duration::from_secs(at_most),
            async || Ok(Invalid::new()),
            async |_| {
                questions.set(questions.get() + 1);
                let document = match questions.get() > merged_after {
                    true => json!({"plans": {"daily": {"regions": ["eu-west-1"]}}}),
                    false => json!({}),
                };
                let updated = None;
                Seen::There(Some(InForce { document, updated }))
            },
        );
        let invalid = invalid.await.unwrap();
        let agrees = all[0].is_settled(&invalid);
        (questions.get(), agrees, begin.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn it_waits_until_aws_has_merged_and_no_longer_than_it_may() {
        assert_eq!(asked(0, 300).await, (1, true, 0));
        assert_eq!(asked(3, 300).await, (4, true, 15));
        assert_eq!(asked(u32::MAX, 60).await, (13, false, 60));
        assert_eq!(asked(u32::MAX, 0).await, (1, false, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_asked_is_an_error() {
        let mut all = [reached()];
        let failed = settle(
            &mut all,
            Duration::ZERO,
            async || bail!("AccessDenied"),
            async |_| Seen::Missing,
        );
        assert_eq!(failed.await.unwrap_err().to_string(), "AccessDenied");
    }
}

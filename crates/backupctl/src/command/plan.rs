//! `backupctl plan`: what a deployment would change, before it does.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use aws_sdk_organizations::types::PolicyTypeStatus;
use backup_policy::{Document, Organization};
use backup_reading::organizations::Tags;
use clap::Args;

use crate::aws::connection::Access;
use crate::aws::progress::Progress;
use crate::check::parse;
use crate::input::read;
use crate::locks::Lock;
use crate::parameters::Parameters;
use crate::plan::asked::{self, Asked};
use crate::plan::present::Present;
use crate::plan::wanted::{Sources, Wanted, reasons, wanted};
use crate::plan::{Judging, Plan, answer, json, plan, text};
use crate::report::Format;
use crate::template;

/// Show what a change of backup policies would mean, before it is made.
///
/// Deploying a template's policies, or what is asked: to attach a policy, to detach it, to give it
/// another content. Policy by policy and account by account, against a live organization or a
/// snapshot of one; nothing is changed. Exits with 0 if nothing speaks against the change, with 1 if
/// it would fail, take an account's last backup plan, or make an account's merged policy invalid, and
/// with 2 if the plan cannot be made.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("question").args(["attach", "detach"]).multiple(true).conflicts_with("template"))]
pub struct Arguments {
    /// The CloudFormation template, in JSON or YAML
    #[arg(value_name = "TEMPLATE", required_unless_present_any = ["attach", "detach", "content"])]
    template: Option<PathBuf>,

    /// Ask what attaching a policy would change; policy and target by id, name or the end of a path
    #[arg(long, value_name = "POLICY=TARGET")]
    attach: Vec<String>,

    /// Ask what detaching a policy would change
    #[arg(long, value_name = "POLICY=TARGET")]
    detach: Vec<String>,

    /// Ask what another content of a policy would change; with a template, the content of a resource
    /// that has it in S3
    #[arg(long, value_name = "POLICY=FILE")]
    content: Vec<String>,

    /// Values for the template's parameters, as for `aws cloudformation` or as names and values
    #[arg(long, value_name = "FILE", requires = "template")]
    parameters: Option<PathBuf>,

    /// The solution's aws-backup-ssm-targets.json: the SSM parameters that it becomes, and beside it
    /// the vaults' locks
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,

    /// What a locked vault takes, by name, or by ARN if it is another account's, such as Vault=7-3660; can be given several times
    #[arg(long, value_name = "VAULT=MIN-MAX")]
    lock: Vec<Lock>,

    /// The stack that the template is deployed as
    #[arg(long, value_name = "NAME", default_value = "aws-backup-org-policy")]
    stack: String,

    /// A file of `backupctl snapshot` instead of the live organization
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "role_arn", "endpoint_url"])]
    organization: Option<PathBuf>,

    /// Accept that accounts lose their last backup plan
    #[arg(long)]
    allow_loss: bool,

    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Prints the plan.
///
/// # Errors
/// A file cannot be used, AWS refuses a call, what matters is known only at deployment, or what is
/// asked names something that is not there.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now().into();
    let mut parameters = match &arguments.parameters {
        None => Parameters::default(),
        Some(path) => Parameters::parse(&read(path)?).with_context(|| using(path))?,
    };
    let given = parameters.clone();
    let (locks, missing) = super::locks(
        arguments.targets.as_deref(),
        &arguments.lock,
        &mut parameters,
    )?;
    let by = Judging {
        allow_loss: arguments.allow_loss,
        locks: &locks,
        now,
    };
    let mut made = match &arguments.template {
        Some(template) => {
            let wanted = declared(arguments, template, parameters, &given)?;
            let present = present(arguments)?;
            plan(&present, &wanted, &arguments.stack, &by)
        }
        None => {
            let present = present(arguments)?;
            let asked = asked(arguments, &present.organization)?;
            let steps = asked::steps(&present, &asked, now)
                .map_err(|errors| anyhow!("{}", errors.join("; ")))?;
            answer(&present, steps, &by)
        }
    };
    if let Ok(made) = &mut made {
        for file in missing {
            made.notes.push(format!(
                "not looked at: the vault's lock in `{file}`, which is not beside the targets"
            ));
        }
        if locks.is_empty() {
            made.notes.push(
                "not looked at: the vaults' locks: give them with `--targets` or `--lock`"
                    .to_owned(),
            );
        }
    }
    print(made, arguments.format)
}

/// Prints a plan, and fails if there is a finding.
pub(super) fn print(made: Result<Plan, Vec<String>>, format: Format) -> anyhow::Result<ExitCode> {
    let made =
        made.map_err(|errors| anyhow!("the organization cannot be used: {}", errors.join("; ")))?;
    let printed = match format {
        Format::Text => text::text(&made),
        Format::Json => format!("{:#}\n", json::json(&made)),
    };
    std::io::stdout()
        .write_all(printed.as_bytes())
        .context("cannot write to standard output")?;
    Ok(ExitCode::from(u8::from(!made.findings.is_empty())))
}

/// The organization as it is.
fn present(arguments: &Arguments) -> anyhow::Result<Present> {
    match &arguments.organization {
        Some(path) => Ok(Present {
            organization: snapshot(path)?,
            live: None,
        }),
        None => super::wait_for(live(&arguments.access)),
    }
}

/// What is asked, with policies and targets by their ids.
fn asked(arguments: &Arguments, organization: &Organization) -> anyhow::Result<Vec<Asked>> {
    let mut asked = Vec::new();
    let mut errors = Vec::new();
    let moves = |given: &String| -> Result<(String, String), String> {
        let (policy, target) = asked::policy_and(organization, given)?;
        Ok((policy, asked::target(organization, target)?))
    };
    let contents = |given: &String| -> anyhow::Result<Asked> {
        let (policy, file) = asked::policy_and(organization, given).map_err(|it| anyhow!(it))?;
        let path = Path::new(file);
        let document = asked::content(path, &read(path)?).map_err(|error| anyhow!(error))?;
        Ok(Asked::Content(policy, document))
    };
    for given in &arguments.content {
        match contents(given) {
            Ok(one) => asked.push(one),
            Err(error) => errors.push(format!("`--content {given}`: {error:#}")),
        }
    }
    for given in &arguments.attach {
        match moves(given) {
            Ok((policy, target)) => asked.push(Asked::Attach(policy, target)),
            Err(error) => errors.push(format!("`--attach {given}`: {error}")),
        }
    }
    for given in &arguments.detach {
        match moves(given) {
            Ok((policy, target)) => asked.push(Asked::Detach(policy, target)),
            Err(error) => errors.push(format!("`--detach {given}`: {error}")),
        }
    }
    if !errors.is_empty() {
        bail!("{}", errors.join("; "));
    }
    Ok(asked)
}

fn using(path: &Path) -> String {
    format!("cannot use `{}`", path.display())
}

/// The policies of the template.
fn declared(
    arguments: &Arguments,
    path: &Path,
    mut parameters: Parameters,
    given: &Parameters,
) -> anyhow::Result<Vec<Wanted>> {
    let name = path.display().to_string();
    let document: Document = parse(&name, &read(path)?)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| using(path))?;
    if !template::is_template(&document) {
        bail!(
            "`{name}` is not a CloudFormation template: name one that declares backup policies, or ask \
             with `--content POLICY={name}` what this content would change"
        );
    }
    parameters.complete("AWS::StackName", &arguments.stack);
    let mut contents = BTreeMap::new();
    for given in &arguments.content {
        let Some((resource, file)) = given.split_once('=') else {
            bail!("`--content {given}` has no `=`: write `--content ID=FILE`");
        };
        contents.insert(resource.to_owned(), read(Path::new(file))?);
    }
    if let Some(path) = &arguments.parameters {
        let takes = template::names(document.value(), &parameters);
        let wrong = given.strangers(&format!("`{name}`"), &takes);
        if !wrong.is_empty() {
            return Err(anyhow!("{}", wrong.join("; "))).with_context(|| using(path));
        }
    }
    let expanded = template::expand(&document, &parameters);
    if let Some(finding) = expanded.findings.first() {
        bail!("no plan can be made for `{name}`: {finding}");
    }
    let unread = template::unread(&expanded.document, &parameters);
    if !unread.is_empty() {
        bail!("no plan can be made for `{name}`: {}", unread.join("; "));
    }
    let found = template::policies(&expanded.document, &parameters);
    if found.is_empty() {
        bail!("`{name}` declares no backup policy: name a template that does");
    }
    if let Some(id) = contents
        .keys()
        .find(|id| found.iter().all(|it| it.id != **id))
    {
        bail!("`--content` names `{id}`, which is no backup policy of `{name}`: correct the id");
    }
    let sources = Sources {
        parameters,
        contents,
        stack: arguments.stack.clone(),
    };
    let now = SystemTime::now().into();
    let (mut wants, mut unknown) = (Vec::new(), Vec::new());
    for found in &found {
        match wanted(found, &sources, now) {
            Ok(wanted) => wants.push(wanted),
            Err(reasons) => unknown.extend(reasons),
        }
    }
    if !unknown.is_empty() {
        bail!("no plan can be made for `{name}`: {}", reasons(&unknown));
    }
    Ok(wants)
}

pub(super) fn snapshot(path: &Path) -> anyhow::Result<Organization> {
    Organization::parse(&read(path)?)
        .map_err(|errors| {
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            anyhow!("{}", texts.join("; "))
        })
        .with_context(|| format!("cannot use `{}`", path.display()))
}

async fn live(access: &Access) -> anyhow::Result<Present> {
    let connection = access.connect().await?;
    let organizations = connection.organizations();
    let progress = Progress::begin();
    let (landscape, status) = organizations
        .landscape(Tags::Read, &progress.counter())
        .await?;
    let mut present = Present::live(&landscape, status == Some(PolicyTypeStatus::Enabled));
    present.organization.read_at = Some(SystemTime::now().into());
    Ok(present)
}

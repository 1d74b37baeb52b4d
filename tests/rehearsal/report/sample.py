"""Results for tests of report and page: one that held, one that failed, one that is hostile."""

from dataclasses import replace

from .result import (
    FAILED,
    LEFT_OUT,
    OK,
    PARTS,
    Account,
    Action,
    Caller,
    Execution,
    NotRun,
    Policy,
    Result,
    Rule,
    Snapshot,
    Stage,
)

REGIONS = ("eu-central-1", "eu-west-1", "eu-north-1")
COPY = "arn:aws:backup:eu-west-1:333333333333:backup-vault:AWSBackupSolutionCentralVault"
EVERYWHERE = dict.fromkeys(REGIONS, PARTS)
NOWHERE = dict.fromkeys(REGIONS, ())
DAILY = "org-daily-backup-policy"

HELD = Result(
    title="The rehearsal",
    began="2026-11-23 03:34 UTC",
    seconds=125.4,
    stages=(
        Stage("check the target values", OK, 0.5),
        Stage("the first commit goes through the pipeline", OK, 121.5),
        Stage("remove the home account's stacks", OK, 3.4),
    ),
    snapshot=Snapshot(
        REGIONS,
        (
            Account(
                "222222222222",
                "home",
                ("platforms",),
                NOWHERE,
                stacks=(("eu-central-1", "aws-backup-codepipeline", "CREATE_COMPLETE"),),
                holdings=(
                    ("role", "", "CloudFormationRole"),
                    (
                        "bucket",
                        "eu-central-1",
                        "aws-backup-s3-bucket-artifactbucket",
                    ),
                ),
            ),
            Account("444444444442", "member-2", ("workloads", "production"), EVERYWHERE, (DAILY,)),
            Account("666666666666", "newcomer", (), dict.fromkeys(REGIONS, PARTS[:3])),
        ),
        (
            Policy(
                DAILY,
                ("workloads", "sandboxes"),
                REGIONS,
                ("backup=daily",),
                (
                    Rule(
                        "OrgDailyBackupPlan",
                        "OrgDailyBackupRule",
                        "cron(0 5 ? * * *)",
                        "AWSBackupSolutionVault",
                        "40 days",
                        (COPY,),
                    ),
                ),
            ),
        ),
        (
            Execution(
                "CreatePipeline",
                "Succeeded",
                121.0,
                (
                    Action("Source", "Source", "Succeeded", 0.4),
                    Action("Validate", "ValidateTemplates", "Succeeded", 100.4),
                ),
            ),
            Execution(
                "CloudWatchEvent",
                "Succeeded",
                59.8,
                (Action("Source", "Source", "Succeeded", 0.2),),
            ),
        ),
    ),
    seen="before stage 3",
    not_run=(NotRun("make validate-online", 2, "it fetches tools and rules from the network"),),
    callers=(Caller("CloudFormationRole", 1, 1093, 0), Caller("stacksets-exec", 5, 193, 15)),
    root_calls=("AssumeRole", "CreateRole"),
    look=(("page", "target/rehearsal.html"),),
)

BROKEN = replace(
    HELD,
    stages=(
        HELD.stages[0],
        Stage(
            "the first commit goes through the pipeline",
            FAILED,
            44.3,
            "the pipeline Failed: Validate/ValidateTemplates: exit status 2\n    1 failed",
        ),
        Stage("remove the home account's stacks", LEFT_OUT),
    ),
    denials=("User: a is not authorized to perform: sts:AssumeRole on resource: b",),
)

_EVIL = "</td></script><img src=x onerror=alert(1)>&amp;\"'" + 60 * "x"


def _spoil(value):
    if isinstance(value, str):
        return _EVIL
    if isinstance(value, tuple):
        return tuple(_spoil(item) for item in value)
    if isinstance(value, dict):
        return {_EVIL: _spoil(next(iter(value.values())))}
    if hasattr(value, "__dataclass_fields__"):
        kept = ("outcome",)
        return replace(
            value,
            **{
                name: _spoil(getattr(value, name))
                for name in value.__dataclass_fields__
                if name not in kept
            },
        )
    return value


# Every text of it is markup.
EVIL = _spoil(replace(BROKEN, snapshot=replace(BROKEN.snapshot, regions=REGIONS[:1])))
EVIL_TEXT = _EVIL

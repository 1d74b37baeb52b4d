"""What is under way is named until it ends, and a reset leaves nothing of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ..backup.restoring import VAULT, Account
from ..delivery import delivery_world
from ..events.test_deliveries import create_function, queue
from ..functions.test_functions import log_lines
from ..stack_sets import stack_set_world
from ..stacks import CAPABILITIES, create, custom, template
from ..world import HOME, MANAGEMENT, MEMBER, REGION, ROOT, World, eventually

EMULATOR = Path(__file__).parents[2]
# Their threads are waited for by one that is under way.
JOINED = {"delivery/pipelines/execution.py", "stack_sets/rollout.py"}
# It does nothing until the parent has died.
WATCHING = {"frame/parent.py"}


def under_way(world: World) -> list[str]:
    """What is under way, in words."""
    return [entry["what"] for entry in world.control("GET", "under-way")]


def begins(world: World, words: str) -> bool:
    """Whether something is under way that is named so."""
    return any(what.startswith(words) for what in under_way(world))


def start_waiting_stack(world: World) -> str:
    """A stack whose custom resource is never answered."""
    world.upload_function()
    world.client("cloudformation", HOME).create_stack(
        StackName="stack",
        TemplateBody=template(Thing=custom(OnCreate="silent", ServiceTimeout=3600)),
        Capabilities=CAPABILITIES,
    )
    return f"an operation of the stack arn:aws:cloudformation:{REGION}:{HOME}:stack/stack/"


def start_hanging_function(world: World) -> str:
    """A stack that is complete, and a function that goes on after its answer."""
    world.upload_function()
    create(world, template(Thing=custom(OnCreate="success hang")))
    stack = f"arn:aws:cloudformation:{REGION}:{HOME}:stack/stack/"
    return f"an event for the function function: Create of Thing in {stack}"


def start_restore(world: World) -> str:
    """A restore that takes an hour."""
    account = Account(world)
    account.backup.create_backup_vault(BackupVaultName=VAULT)
    point = account.back_up(account.source("DynamoDB", {}))
    world.control("POST", "restore-settings", {"seconds": 3600})
    job = account.backup.start_restore_job(
        RecoveryPointArn=point,
        Metadata={"targetTableName": "restored"},
        IamRoleArn=f"arn:aws:iam::{MEMBER}:role/AWSBackupSolutionRole",
    )["RestoreJobId"]
    return f"the restore job {job}"


def start_approval(world: World) -> str:
    """A pipeline that waits for a person."""
    delivery_world.prepare(world)
    approval = delivery_world.action("Approve", "Approval/Manual", {})
    client = world.client("codepipeline", HOME)
    client.create_pipeline(pipeline=delivery_world.pipeline(("Approval", [approval])))
    (execution,) = client.list_pipeline_executions(pipelineName="pipeline")[
        "pipelineExecutionSummaries"
    ]
    return f"execution {execution['pipelineExecutionId']} of the pipeline pipeline"


def start_build(world: World) -> str:
    """A build that takes a minute, and whose pipeline waits for it."""
    delivery_world.prepare(
        world, {"build.yml": "version: 0.2\nphases: {build: {commands: [sleep 60]}}"}
    )
    delivery_world.project(world)
    build = delivery_world.action("Build", "Build/CodeBuild", {"ProjectName": "project"})
    client = world.client("codepipeline", HOME)
    client.create_pipeline(pipeline=delivery_world.pipeline(("Build", [build])))
    return "the build project:"


def start_roll_out(world: World) -> str:
    """A stack set's operation whose member is slow."""
    home = stack_set_world.delegate(world)
    stack_set_world.create(home)
    world.fault("cloudformation", "CreateStack", "slow", delay_ms=600_000)
    operation = home.create_stack_instances(
        StackSetName="set",
        DeploymentTargets={"OrganizationalUnitIds": [stack_set_world.SANDBOXES]},
        Regions=[REGION],
        **stack_set_world.DELEGATED,
    )["OperationId"]
    return f"CREATE of the stack set set, operation {operation}"


def test_nothing_is_under_way_at_the_start(world: World) -> None:
    assert under_way(world) == []


@pytest.mark.parametrize(
    "start",
    [
        start_waiting_stack,
        start_hanging_function,
        start_restore,
        start_approval,
        start_build,
        start_roll_out,
    ],
    ids=lambda start: start.__name__.removeprefix("start_"),
)
def test_what_goes_on_is_named_and_a_reset_ends_it(
    world: World, start: Callable[[World], str]
) -> None:
    name = start(world)
    eventually(lambda: begins(world, name))
    world.control("POST", "reset", {})
    assert under_way(world) == []


def test_an_event_is_under_way_until_the_last_try_has_failed(world: World) -> None:
    world.upload_function()
    create(world, template(Thing=custom(OnCreate="success raise")))
    eventually(lambda: under_way(world) == [])
    assert log_lines(world, "function").count("heard Create") == 3


def test_a_call_is_under_way_until_it_is_answered(world: World) -> None:
    world.fault("organizations", "ListRoots", "slow", delay_ms=600_000)
    asking = threading.Thread(target=world.client("organizations").list_roots)
    asking.start()
    wanted = f"organizations ListRoots of arn:aws:iam::{MANAGEMENT}:root"
    eventually(lambda: wanted in under_way(world))
    world.mend()
    asking.join()
    assert under_way(world) == []


def test_messages_are_under_way_until_a_function_is_done_with_them(world: World) -> None:
    account = Account(world)
    create_function(account)
    attributes = {"VisibilityTimeout": "360"}
    url = account.sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{MEMBER}:work"
    account.sqs.send_message(QueueUrl=url, MessageBody="one")
    assert under_way(world) == [], "nobody reads this queue"
    account.sqs.purge_queue(QueueUrl=url)
    getattr(account, "lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="worker"
    )
    missing = {"role": "worker", "action": "sqs:ReceiveMessage"}
    world.control("POST", "permissions", {"without": [missing]})
    account.sqs.send_message(QueueUrl=url, MessageBody="exit")
    assert under_way(world) == [f"messages of the queue {arn}: 1 visible, 0 at work in a function"]
    world.control("POST", "permissions", {"without": []})
    eventually(lambda: under_way(world) == [])
    # It was given back, and comes again when its visibility timeout is over.
    assert queue(world, "work") == {"visible": 0, "at_work": 0, "hidden": 1}


def test_a_policy_type_is_under_way_until_it_is_enabled(world: World) -> None:
    world.settings(policy_type_delay=3600)
    world.client("organizations").enable_policy_type(RootId=ROOT, PolicyType="BACKUP_POLICY")
    assert under_way(world) == ["BACKUP_POLICY of o-rehearsal01: PENDING_ENABLE"]
    world.settings(policy_type_delay=0)
    assert under_way(world) == []


def test_nothing_is_started_past_the_list() -> None:
    starts = re.compile(r"threading\.Thread\(|create_task\(|ensure_future\(")
    sources = (path for path in EMULATOR.rglob("*.py") if EMULATOR / "tests" not in path.parents)
    found = {
        path.relative_to(EMULATOR).as_posix() for path in sources if starts.search(path.read_text())
    }
    assert found == {"frame/under_way.py"} | JOINED | WATCHING


def test_every_stack_that_is_there_is_listed(world: World) -> None:
    world.upload_function()
    create(world, template())
    there = {"account": HOME, "region": REGION, "name": "stack"}
    assert world.control("GET", "stacks") == [there | {"status": "CREATE_COMPLETE"}]
    world.client("cloudformation", HOME).delete_stack(StackName="stack")
    eventually(lambda: world.control("GET", "stacks") == [])

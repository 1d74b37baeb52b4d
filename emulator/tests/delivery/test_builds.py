"""Builds: a buildspec's phases in a shell, with the project's role and variables."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ..world import HOME, World, error_of, eventually
from .delivery_world import build, log, prepare, project

SPEC = "version: 0.2\n"


def phases(found: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {entry["phaseType"]: entry.get("phaseStatus", "") for entry in found["phases"]}


@pytest.fixture
def ready(world: World) -> World:
    prepare(world)
    project(
        world,
        environmentVariables=[
            {"name": "OF_PROJECT", "value": "project"},
            {"name": "OVERRIDDEN", "value": "project"},
        ],
    )
    return world


def test_phases_run_in_order_with_one_state(ready: World) -> None:
    found = build(
        ready,
        SPEC
        + "env: {exported-variables: [SEEN]}\n"
        + "phases:\n"
        + "  install: {commands: ['cd folder', 'export KEPT=kept']}\n"
        + "  pre_build: {commands: ['cat file.txt']}\n"
        + "  build: {commands: ['echo $KEPT in $(basename $PWD)']}\n"
        + "  post_build: {commands: ['export SEEN=\"$KEPT $CODEBUILD_BUILD_SUCCEEDING\"']}\n",
    )
    assert found["buildStatus"] == "SUCCEEDED", log(ready, found)
    assert phases(found)["POST_BUILD"] == "SUCCEEDED"
    assert "content" in log(ready, found)
    assert "kept in folder" in log(ready, found)
    assert found["exportedEnvironmentVariables"] == [{"name": "SEEN", "value": "kept 1"}]


def test_variables_of_the_start_win_over_those_of_the_project_and_the_buildspec(
    ready: World,
) -> None:
    names = ["OF_SPEC", "OF_PROJECT", "OVERRIDDEN", "GIVEN"]
    spec = (
        SPEC
        + f"env:\n  exported-variables: [{', '.join(names)}]\n"
        + "  variables: {OF_SPEC: spec, OF_PROJECT: spec, OVERRIDDEN: spec, GIVEN: spec}\n"
        + "phases: {build: {commands: ['true']}}\n"
    )
    found = build(ready, spec, OVERRIDDEN="start", GIVEN="start")
    values = {e["name"]: e["value"] for e in found["exportedEnvironmentVariables"]}
    assert values == {
        "OF_SPEC": "spec",
        "OF_PROJECT": "project",
        "OVERRIDDEN": "start",
        "GIVEN": "start",
    }


def test_variables_of_the_parameter_store_are_read_by_the_role(world: World) -> None:
    prepare(world)
    ssm = world.client("ssm", HOME)
    ssm.put_parameter(Name="/there", Type="String", Value="stored")
    kind = {"type": "PARAMETER_STORE"}
    project(world, environmentVariables=[{"name": "STORED", "value": "/there", **kind}])
    spec = SPEC + "env: {exported-variables: [STORED]}\nphases: {build: {commands: ['true']}}\n"
    found = build(world, spec)
    assert found["exportedEnvironmentVariables"] == [{"name": "STORED", "value": "stored"}]
    read = world.control("GET", "calls?service=ssm&operation=GetParameters")
    assert "assumed-role/codebuild/" in read[0]["principal"]
    ssm.delete_parameter(Name="/there")
    assert phases(build(world, spec))["DOWNLOAD_SOURCE"] == "FAILED"


def test_a_failing_command_fails_its_phase_and_says_which(ready: World) -> None:
    spec = (
        "phases:\n"
        "  build:\n    commands: ['true', 'exit 3', 'echo never']\n    finally: ['echo last']\n"
        "  post_build: {commands: ['echo after']}\n"
    )
    found = build(ready, SPEC + spec)
    assert found["buildStatus"] == "FAILED"
    assert phases(found)["BUILD"] == "FAILED"
    (failed,) = [entry for entry in found["phases"] if entry["phaseType"] == "BUILD"]
    message = failed["contexts"][0]["message"]
    assert message == "Error while executing command: exit 3. Reason: exit status 3"
    lines = log(ready, found)
    assert "last" in lines
    assert "after" in lines
    assert "never" not in lines


def test_nothing_runs_after_a_failed_install(ready: World) -> None:
    found = build(
        ready,
        SPEC + "phases: {install: {commands: ['false']}, build: {commands: ['echo never']}}",
    )
    assert "BUILD" not in phases(found)
    assert found["buildStatus"] == "FAILED"


def test_a_build_calls_aws_with_its_role_and_sees_nothing_of_this_machine(ready: World) -> None:
    found = build(
        ready,
        SPEC
        + "phases:\n  build:\n    commands:\n"
        + "      - env | cut -d= -f1 | sort | tr '\\n' ' '\n"
        + '      - test -n "$AWS_SESSION_TOKEN" && test -n "$AWS_ENDPOINT_URL"\n',
    )
    assert found["buildStatus"] == "SUCCEEDED"
    names = next(line for line in log(ready, found) if "AWS_ACCESS_KEY_ID" in line)
    assert "PYTHONPATH" not in names
    calls = ready.control("GET", "calls?service=logs&operation=PutLogEvents")
    expected = f"arn:aws:sts::{HOME}:assumed-role/codebuild/AWSCodeBuild-"
    assert calls[0]["principal"].startswith(expected)
    reads = ready.control("GET", "calls?service=s3&operation=GetObject")
    assert reads[0]["principal"].startswith(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{", "YAML_FILE_ERROR"),
        (SPEC, "has no phases"),
        ("version: 0.1\nphases: {}", "version 0.2"),
        (SPEC + "phases: {}\nreports: {a: {}}", "does not run reports"),
        (SPEC + "phases: {build: {runtime-versions: {python: 3.11}}}", "runtime-versions of build"),
        (SPEC + "phases: {}\nenv: {parameter-store: {A: b}}", "does not run parameter-store"),
    ],
)
def test_what_is_not_run_is_refused(ready: World, spec: str, expected: str) -> None:
    found = build(ready, spec)
    assert found["buildStatus"] == "FAILED"
    (failed,) = [entry for entry in found["phases"] if entry["phaseType"] == "DOWNLOAD_SOURCE"]
    context = failed["contexts"][0]
    assert expected in f"{context['statusCode']} {context['message']}"


X86 = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
ARM = "aws/codebuild/amazonlinux-aarch64-standard:3.0"


def _with_runtimes(world: World, image: str, runtimes: str) -> Any:
    project(world, name="pinned", image=image)
    phase = f"install: {{runtime-versions: {{{runtimes}}}, commands: ['true']}}"
    return build(world, SPEC + f"phases: {{{phase}}}", name="pinned")


@pytest.mark.parametrize(
    ("image", "runtimes"),
    [
        (X86, "python: 3.11, ruby: '3.2'"),
        (X86, "python: 3.x"),
        (X86, "python: latest"),
        (X86, "python: 3.11.9"),
        (ARM, "python: '3.13', rust: 1.94"),
    ],
)
def test_a_runtime_of_the_image_is_selected(ready: World, image: str, runtimes: str) -> None:
    found = _with_runtimes(ready, image, runtimes)
    assert found["buildStatus"] == "SUCCEEDED"
    version = runtimes.partition(",")[0].partition(": ")[2].strip("'")
    line = f"Selecting 'python' runtime version '{version}' based on manual selections..."
    assert line in log(ready, found)


@pytest.mark.parametrize(
    ("image", "runtimes", "expected"),
    [
        (
            X86,
            "python: 3.8",
            "Unknown runtime version named '3.8' of python. This build image has the following "
            "versions: 3.9, 3.10, 3.11, 3.12, 3.13, 3.14",
        ),
        # YAML reads a number.
        (X86, "python: 3.10", "Unknown runtime version named '3.1' of python."),
        (
            X86,
            "docker: 20",
            "Unknown runtime named 'docker'. This build image has the following runtimes: dotnet, "
            "golang, java, nodejs, php, python, ruby",
        ),
        (X86, "rust: 1.94", "Unknown runtime named 'rust'."),
        ("a/b:c", "python: 3.11", "the emulator does not know which runtimes the image a/b:c has"),
    ],
)
def test_a_runtime_that_the_image_lacks_fails_the_build(
    ready: World, image: str, runtimes: str, expected: str
) -> None:
    found = _with_runtimes(ready, image, runtimes)
    (failed,) = [entry for entry in found["phases"] if entry["phaseType"] == "DOWNLOAD_SOURCE"]
    assert failed["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"
    assert failed["contexts"][0]["message"].startswith(expected)


def test_commands_that_this_machine_cannot_run_are_recorded(ready: World, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("brought along")
    ready.control(
        "POST",
        "build-machine",
        {
            "not_run": ["^gem install"],
            "environment": {"BROUGHT": "yes"},
            "links": {".tools": str(tmp_path)},
        },
    )
    found = build(
        ready,
        SPEC
        + "phases:\n  install: {commands: ['gem install x']}\n"
        + "  build: {commands: ['cat .tools/tool; echo $BROUGHT']}\n",
    )
    assert found["buildStatus"] == "SUCCEEDED"
    assert "brought alongyes" in log(ready, found)
    (shown,) = ready.control("GET", "builds")
    assert shown["not_run"] == ["gem install x"]
    status, _, _ = ready.http("POST", "/_emulator/build-machine", body='{"links": {"a": "b"}}')
    assert status == 400


def test_a_kept_source_is_brought_up_to_date(ready: World, tmp_path: Path) -> None:
    ready.control("POST", "build-machine", {"workspace": str(tmp_path)})
    first = SPEC + "phases: {build: {commands: ['echo made > made']}}\n"
    assert build(ready, first)["buildStatus"] == "SUCCEEDED"
    kept = tmp_path / "project" / "folder" / "file.txt"
    before = kept.stat().st_mtime_ns
    (tmp_path / "project" / "stray").write_text("not of the source")
    second = SPEC + "phases: {build: {commands: ['cat made stray']}}\n"
    found = build(ready, second)
    assert found["buildStatus"] == "SUCCEEDED", log(ready, found)
    assert kept.stat().st_mtime_ns == before
    assert (tmp_path / "project" / "build.yml").stat().st_mtime_ns > before


def test_a_role_that_does_not_trust_codebuild(ready: World) -> None:
    ready.client("iam", HOME).delete_role_policy(RoleName="codebuild", PolicyName="policy")
    ready.client("iam", HOME).delete_role(RoleName="codebuild")
    found = build(ready, SPEC + "phases: {build: {commands: ['true']}}")
    assert phases(found)["PROVISIONING"] == "FAILED"
    assert found["buildStatus"] == "FAILED"


def test_a_build_is_stopped_with_all_that_it_started(ready: World) -> None:
    client = ready.client("codebuild", HOME)
    ready.client("s3", HOME)
    stopped = []

    def stop() -> None:
        (started,) = eventually(lambda: client.list_builds()["ids"])
        eventually(
            lambda: client.batch_get_builds(ids=[started])["builds"][0]["currentPhase"] == "BUILD"
        )
        stopped.append(client.stop_build(id=started)["build"]["id"])

    stopping = threading.Thread(target=stop)
    stopping.start()
    found = build(ready, SPEC + "phases: {build: {commands: ['sleep 600 & sleep 600']}}")
    stopping.join()
    assert found["buildStatus"] == "STOPPED"
    assert stopped == [found["id"]]


def test_a_build_needs_a_pipeline_and_a_project(ready: World) -> None:
    client = ready.client("codebuild", HOME)
    assert error_of(client.start_build, projectName="project")[0] == "InvalidInputException"
    unknown = error_of(client.start_build, projectName="nothing")[0]
    assert unknown == "ResourceNotFoundException"

"""The pipeline: its stages, what they deploy, and the builds they run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from deploy.pipeline.packages import FUNCTIONS
from deploy.pipeline.stack_sets import OPTIONS
from deploy.stacks import load_template
from deploy.targets import KEYS
from deploy.templates import VARIABLES
from model import ROOT, STACKS, Template, policies, statements, templates

PIPELINE = Template(ROOT / "cloudformation/home-account/aws-backup-codepipeline.yaml")
STAGES = (
    *("Source", "Validate", "UpdatePipeline", "Targets", "Templates", "PackageBuckets", "Packages"),
    *("MemberAccounts", "Functions", "OrgPolicy", "Verify"),
)
BUILDSPECS = sorted(ROOT.glob("buildspecs/*.yml"))


def stages() -> list[dict]:
    """The stages with every optional stage and action in place."""
    pipeline = PIPELINE.resources("AWS::CodePipeline::Pipeline")["Pipeline"]
    return [_with_options(stage) for stage in pipeline["Properties"]["Stages"]]


def _with_options(value):
    if isinstance(value, dict):
        if "Fn::If" in value:
            return _with_options(value["Fn::If"][1])
        return {key: _with_options(item) for key, item in value.items()}
    return [_with_options(item) for item in value] if isinstance(value, list) else value


def actions(provider: str) -> list[dict]:
    return [
        action
        for stage in stages()
        for action in stage["Actions"]
        if action["ActionTypeId"]["Provider"] == provider
    ]


def test_stages_come_in_their_order():
    assert tuple(stage["Name"] for stage in stages()) == STAGES


def test_every_stage_says_why():
    lines = PIPELINE.text.splitlines()
    for name in STAGES:
        position = next(
            number
            for number, line in enumerate(lines)
            if line.strip() == f"- Name: {name}" and "Actions" in lines[number + 1]
        )
        above = [line.strip() for line in lines[position - 3 : position]]
        assert any(line.startswith("#") for line in above), name


def test_pipeline_restarts_when_it_changed_itself_and_is_started_by_an_event():
    properties = PIPELINE.resources()["Pipeline"]["Properties"]
    assert properties["RestartExecutionOnUpdate"] is True
    source = properties["Stages"][0]["Actions"][0]["Fn::If"]
    assert source[1]["Configuration"]["PollForSourceChanges"] == "false"
    assert source[2]["Configuration"]["DetectChanges"] == "true"


def test_pipeline_is_made_last_or_it_would_run_while_its_stack_is_at_work():
    resources = PIPELINE.resources()

    def named(value) -> set[str]:
        if isinstance(value, dict):
            got = value.get("Fn::GetAtt", "")
            found = {value.get("Ref"), (got.split(".") if isinstance(got, str) else got)[0]}
            return found.union(*(named(item) for item in value.values()))
        if isinstance(value, list):
            return set().union(*(named(item) for item in value))
        return set(re.findall(r"\$\{(\w+)", value)) if isinstance(value, str) else set()

    before, waiting = set(), ["Pipeline"]
    while waiting:
        found = named(resources[waiting.pop()]) & set(resources) - before
        before |= found
        waiting += found
    assert before == set(resources) - {"Pipeline"}


def test_stacks_are_created_or_updated_and_never_replaced():
    for action in actions("CloudFormation"):
        assert action["Configuration"]["ActionMode"] == "CREATE_UPDATE", action["Name"]


def test_pipeline_deploys_the_stacks_that_are_listed_in_their_stages():
    deployed = {}
    for stage in stages():
        for action in stage["Actions"]:
            if action["ActionTypeId"]["Provider"] == "CloudFormation":
                configuration = action["Configuration"]
                template = configuration["TemplatePath"].removeprefix("Source::")
                deployed[configuration["StackName"]] = (template, f"pipeline, {stage['Name']}")
    itself = deployed.pop("aws-backup-codepipeline")
    assert itself[0] == "cloudformation/home-account/aws-backup-codepipeline.yaml"
    assert deployed == {
        stack.name: (stack.template, stack.by)
        for stack in STACKS
        if stack.by.startswith("pipeline")
    }


def test_every_stack_has_its_configuration_and_the_capabilities_it_needs():
    for action in actions("CloudFormation"):
        configuration = action["Configuration"]
        file = configuration["TemplateConfiguration"].removeprefix("Source::")
        assert file == f"cloudformation/parameters/{configuration['StackName']}.json"
        assert (ROOT / file).exists()
        template = Template(ROOT / configuration["TemplatePath"].removeprefix("Source::"))
        kinds = {resource["Type"] for resource in template.resources().values()}
        named = any(
            "RoleName" in role["Properties"]
            for role in template.resources("AWS::IAM::Role").values()
        )
        needed = (
            "CAPABILITY_NAMED_IAM"
            if named
            else "CAPABILITY_IAM"
            if any("::IAM::" in kind for kind in kinds)
            else None
        )
        assert configuration.get("Capabilities") == needed, action["Name"]
        overrides = json.loads(configuration.get("ParameterOverrides", "{}"))
        assert set(overrides) <= set(template.body.get("Parameters", {})), action["Name"]
        # The target values have no defaults: targets-check asks for each.
        given = set(KEYS if configuration["StackName"] == "aws-backup-ssm-targets" else overrides)
        required = {
            name for name, p in template.body.get("Parameters", {}).items() if "Default" not in p
        }
        assert required <= given, action["Name"]


def test_pipeline_role_may_touch_exactly_its_stacks_and_builds():
    (document,) = [
        d
        for key, _, _, kind, d in policies(PIPELINE)
        if key == "PipelineRole" and kind == "identity"
    ]
    by_sid = {statement["Sid"]: statement for statement in statements(document, PIPELINE)}
    allowed = {arn.split(":stack/")[1].removesuffix("/*") for arn in by_sid["Stacks"]["Resource"]}
    assert allowed == {action["Configuration"]["StackName"] for action in actions("CloudFormation")}
    assert len(by_sid["Builds"]["Resource"]) == len(projects())


def projects() -> dict[str, dict]:
    """The builds: name to (buildspec, template)."""
    return {
        resource["Properties"]["Name"]: {
            "spec": resource["Properties"]["Source"]["BuildSpec"],
            "template": template,
        }
        for template in templates()
        for resource in template.resources("AWS::CodeBuild::Project").values()
    }


def test_builds_use_existing_buildspecs_and_time_is_enough():
    used = {entry["spec"] for entry in projects().values()}
    assert used == {f"buildspecs/{path.name}" for path in BUILDSPECS}
    for template in templates():
        for key, resource in template.resources("AWS::CodeBuild::Project").items():
            properties = resource["Properties"]
            assert properties["TimeoutInMinutes"] >= 60, key
            assert properties["Environment"]["PrivilegedMode"] is False, key
            assert "EncryptionKey" in properties and "LogsConfig" in properties, key


def test_variables_between_actions_are_exported():
    exported = {}
    by_project = {name: entry["spec"] for name, entry in projects().items()}
    for action in actions("CodeBuild"):
        if "Namespace" in action:
            project = action["Configuration"]["ProjectName"]
            if isinstance(project, dict):
                project = PIPELINE.resources()[project["Ref"]]["Properties"]["Name"]
            spec = yaml.safe_load((ROOT / by_project[project]).read_text())
            exported[action["Namespace"]] = set(spec["env"]["exported-variables"])
    used = re.findall(r"#\{(\w+)\.(\w+)\}", PIPELINE.text)
    assert used
    for namespace, variable in used:
        assert variable in exported[namespace]
    assert exported["Templates"] == set(VARIABLES)


def test_org_policy_is_guarded_before_and_after():
    (stage,) = [stage for stage in stages() if stage["Name"] == "OrgPolicy"]
    steps = {action["RunOrder"]: action["Name"] for action in stage["Actions"]}
    assert steps == {
        1: "PrintPlan",
        2: "ApproveBackupPolicies",
        3: "RemoveFailedCreation",
        4: "DeployBackupOrgPolicy",
        5: "ProtectStack",
    }
    guards = {
        action["Name"]: json.loads(action["Configuration"]["EnvironmentVariables"])[0]["value"]
        for action in stage["Actions"]
        if "EnvironmentVariables" in action["Configuration"]
    }
    assert guards == {"RemoveFailedCreation": "before", "ProtectStack": "after"}


def test_stack_sets_are_verified_last_whatever_is_switched_off():
    action, policies = PIPELINE.resources()["Pipeline"]["Properties"]["Stages"][-1]["Actions"]
    condition, asks, nothing = policies["Fn::If"]
    assert (condition, nothing) == ("PlansOrgPolicy", {"Ref": "AWS::NoValue"})
    assert asks["Configuration"]["ProjectName"] == {"Ref": "PlanOrgPolicyProject"}
    variables = json.loads(asks["Configuration"]["EnvironmentVariables"])
    assert variables == [{"name": "PLAN", "value": "verify"}]
    assert action["Configuration"]["ProjectName"] == {"Ref": "GuardOrgPolicyProject"}
    variables = json.loads(action["Configuration"]["EnvironmentVariables"])
    assert variables == [{"name": "GUARD_STEP", "value": "verify"}]


def test_the_check_of_the_stack_sets_knows_which_can_be_switched_off():
    switched = {}

    def look(value, option=None):
        if isinstance(value, dict):
            if "Fn::If" in value:
                option = value["Fn::If"][0]
            elif "StackName" in value and option:
                switched[value["StackName"]] = option.replace("Deploys", "Deploy")
            value = list(value.values())
        for item in value if isinstance(value, list) else []:
            look(item, option)

    look(PIPELINE.resources()["Pipeline"]["Properties"]["Stages"])
    assert switched == OPTIONS
    assert set(OPTIONS.values()) <= set(PIPELINE.body["Parameters"])


##### Buildspecs

SECTIONS = {"version", "env", "phases", "cache"}


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.name)
def test_buildspec_is_valid(path):
    spec = yaml.safe_load(path.read_text())
    assert spec["version"] == 0.2
    assert set(spec) <= SECTIONS
    assert set(spec["phases"]) <= {"install", "pre_build", "build", "post_build"}
    for name, phase in spec["phases"].items():
        assert set(phase) <= {"commands"} | ({"runtime-versions"} if name == "install" else set())
        assert all(isinstance(command, str) for command in phase.get("commands", []))
    exported = spec.get("env", {}).get("exported-variables", [])
    assert set(exported) <= set(spec.get("env", {}).get("variables", {}))


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.name)
def test_buildspec_pins_the_runtimes_that_it_uses(path):
    """AWS's guide on available runtimes: "The default version can change". As text: 3.10 is 3.1."""
    runtimes = yaml.safe_load(path.read_text())["phases"]["install"]["runtime-versions"]
    ruby = {"ruby"} if "make validate-online" in path.read_text() else set()
    assert set(runtimes) == {"python"} | ruby
    assert all(isinstance(version, str) for version in runtimes.values())


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.name)
def test_buildspec_calls_make_targets_that_exist(path):
    makefiles = "\n".join(
        file.read_text() for file in (ROOT / "Makefile", ROOT / "tools/deploy/deploy.mk")
    )
    rules = set(re.findall(r"^([a-z][a-z-]*)(?: [a-z -]*)?:", makefiles, re.MULTILINE))
    patterns = set(re.findall(r"([a-z]+-)%", makefiles))
    called = re.findall(r"\bmake ([a-z-]+)", path.read_text())
    assert called
    for target in called:
        known = target in rules or target in {
            prefix + function for prefix in patterns for function in FUNCTIONS
        }
        assert known and target != "test", target


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.name)
def test_shell_of_the_buildspec(path):
    spec = yaml.safe_load(path.read_text())
    commands = [
        command for phase in spec["phases"].values() for command in phase.get("commands", [])
    ]
    names = {*spec.get("env", {}).get("variables", {}), "GUARD_STEP", "PLAN"}
    script = (
        "#!/bin/sh\n"
        + "".join(f"export {name}\n" for name in sorted(names))
        + "\n".join(commands)
        + "\n"
    )
    shellcheck(script)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("tools/deploy/build_machine/*.sh")), ids=lambda path: path.name
)
def test_shell_of_the_scripts(path):
    assert "set -euo pipefail" in path.read_text()
    shellcheck(path.read_text())


def shellcheck(script: str) -> None:
    program = Path(sys.executable).parent / "shellcheck"
    command = [program, "--shell=bash", "--exclude=SC1090,SC1091", "-"]
    result = subprocess.run(command, input=script, capture_output=True, text=True, env=os.environ)
    assert result.returncode == 0, result.stdout


def test_short_forms_are_read_as_cloudformation_reads_them():
    text = "A: !Ref X\nB: !GetAtt X.Arn\nC: !Sub '${X}-y'\nD: 2012-10-17\n"
    assert load_template(text) == {
        "A": {"Ref": "X"},
        "B": {"Fn::GetAtt": ["X", "Arn"]},
        "C": {"Fn::Sub": "${X}-y"},
        "D": "2012-10-17",
    }

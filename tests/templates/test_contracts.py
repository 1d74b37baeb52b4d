"""What templates, parameter files and builds promise each other."""

import json
import re

import pytest
from deploy.pipeline import packages
from deploy.removal.own_stacks import PACKAGE_PARAMETERS
from deploy.stacks import DEMO
from deploy.templates import VARIABLES
from documents import documents
from model import ROOT, STACKS, Template, as_list, imports, policies, statements, templates
from names import NAMES, definitions

BY_NAME = {stack.name: stack for stack in STACKS}
STACK = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)


def template_of(stack) -> Template:
    return Template(stack.template_path)


##### Names


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names]
)
def test_name_is_given_exactly_once(kind, name):
    given = [found.file for found in definitions() if (found.kind, found.name) == (kind, name)]
    assert len(given) == 1, given


@pytest.mark.shipped
def test_documents_are_up_to_date():
    stale = [path.name for path, text in documents().items() if path.read_text() != text]
    assert stale == [], "run: make baseline-tables"


##### Stacks


def test_every_template_is_deployed():
    deployed = {stack.template for stack in (*STACKS, DEMO)} | {stack.child for stack in STACKS}
    assert [template.name for template in templates() if template.name not in deployed] == []


def test_every_stack_has_its_template():
    files = [file for stack in STACKS for file in (stack.template, stack.child) if file]
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_imports_follow_their_exports_in_the_same_account():
    exported: dict[str, tuple[str, int]] = {}
    for position, stack in enumerate(STACKS):
        for name in imports(template_of(stack).body):
            assert name in exported, f"{stack.name} imports {name}, which no earlier stack exports"
            assert exported[name][0] == stack.account, (
                f"{stack.name} imports {name} from another account"
            )
        for output in template_of(stack).body.get("Outputs", {}).values():
            if "Export" in output:
                exported[output["Export"]["Name"]] = (stack.account, position)


@STACK
def test_template_fits_a_request(stack):
    assert len(template_of(stack).text.encode()) <= 51_200


@STACK
def test_needs_are_stacks(stack):
    assert set(stack.needs) <= set(BY_NAME)


##### Parameters


def test_no_test_that_the_pipeline_runs_reads_its_users_values():
    """Or it would judge them: that is for `make values-check`. See conftest.py."""
    for stack in STACKS:
        if stack.parameter_file.exists():
            with pytest.raises(AssertionError, match=r"is its user's: mark the test `shipped`"):
                stack.parameters()


def test_parameters_are_described_and_bounded():
    for template in templates():
        for name, definition in template.body.get("Parameters", {}).items():
            where = f"{template.name} {name}"
            assert len(definition.get("Description", "")) > 20, where
            bounded = {"AllowedValues", "AllowedPattern", "MinValue"} & set(definition)
            assert bounded or definition["Type"] != "String", where


def test_sections_have_one_order():
    order = [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Conditions",
        "Resources",
        "Outputs",
    ]
    for template in templates():
        sections = list(template.body)
        assert sections == [name for name in order if name in sections], template.name
        assert template.body["Description"].startswith("Backup and Recovery with AWS Backup"), (
            template.name
        )


def test_parameter_groups_name_every_parameter():
    for template in templates():
        groups = (
            template.body.get("Metadata", {})
            .get("AWS::CloudFormation::Interface", {})
            .get("ParameterGroups", [])
        )
        named = [name for group in groups for name in group["Parameters"]]
        assert named == [*dict.fromkeys(named)], template.name
        assert set(named) == set(template.body.get("Parameters", {})), template.name


##### SSM parameters


def test_every_ssm_parameter_that_is_read_is_written():
    written = {found.name for found in definitions() if found.kind == "SSM parameter"}
    read = set()
    for template in templates():
        for definition in template.body.get("Parameters", {}).values():
            if definition["Type"].startswith("AWS::SSM::Parameter"):
                read.add(definition["Default"])
    code = [*ROOT.glob("tools/deploy/**/*.py"), *ROOT.glob("crates/*/src/**/*.rs")]
    for path in code:
        read |= set(re.findall(r'"(/backup/[a-z/-]+[a-z])"', path.read_text()))
    assert read - written == set()


def test_only_publishing_writes_the_package_parameters():
    names = set(PACKAGE_PARAMETERS)
    for template in templates():
        for resource in template.resources("AWS::SSM::Parameter").values():
            assert resource["Properties"]["Name"] not in names
    role = Template(ROOT / "cloudformation/home-account/CloudFormationRole.yaml")
    for _, _, _, _kind, document in policies(role):
        for statement in statements(document, role):
            if "ssm:PutParameter" in as_list(statement["Action"]):
                assert not [
                    arn
                    for arn in as_list(statement["Resource"])
                    if "deployed" in arn or arn.endswith("/backup/*")
                ]


##### Stack sets

STACK_SETS = [stack for stack in STACKS if stack.child]


@pytest.mark.parametrize("stack", STACK_SETS, ids=lambda stack: stack.name)
def test_stack_set_gives_its_child_what_it_takes(stack):
    ((_, resource),) = template_of(stack).resources("AWS::CloudFormation::StackSet").items()
    given = {entry["ParameterKey"] for entry in resource["Properties"].get("Parameters", [])}
    declared = Template(ROOT / stack.child).body.get("Parameters", {})
    required = {name for name, definition in declared.items() if "Default" not in definition}
    assert given <= set(declared)
    assert required <= given
    # Bounds and defaults stand in both templates: they must be the same.
    parent = template_of(stack).body["Parameters"]
    for name in given & set(parent):
        for what in ("Default", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue"):
            if parent[name]["Type"].startswith("AWS::SSM"):
                continue
            assert parent[name].get(what) == declared[name].get(what), f"{name} {what}"


@pytest.mark.parametrize("stack", STACK_SETS, ids=lambda stack: stack.name)
def test_stack_set_allows_the_iam_resources_of_its_child(stack):
    ((_, resource),) = template_of(stack).resources("AWS::CloudFormation::StackSet").items()
    roles = Template(ROOT / stack.child).resources("AWS::IAM::Role")
    named = any("RoleName" in role["Properties"] for role in roles.values())
    expected = ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"] if roles else []
    assert resource["Properties"].get("Capabilities", []) == expected


def test_member_stack_sets_keep_backups():
    for stack in STACK_SETS:
        ((_, resource),) = template_of(stack).resources("AWS::CloudFormation::StackSet").items()
        properties = resource["Properties"]
        assert properties["ManagedExecution"] == {"Active": True}
        assert "${TemplateKey}" in json.dumps(properties["TemplateURL"])
        if properties["PermissionModel"] == "SERVICE_MANAGED":
            # Only the function's stack holds nothing that must outlive it.
            assert properties["AutoDeployment"] == {
                "Enabled": True,
                "RetainStacksOnAccountRemoval": stack.name != "stackset-aws-backup-tagonrestore",
            }
            assert properties["CallAs"] == {"Ref": "CallAs"}
        else:
            # A Region that fails does not undo the others: one account is in each.
            assert template_of(stack).body["Parameters"]["FailureToleranceCount"]["Default"] == 1


##### Publishing


def test_published_functions_are_the_builds():
    for function, parameter in packages.FUNCTIONS.items():
        assert (ROOT / f"buildspecs/{function}.yml").exists()
        assert f"/backup/lambda/{parameter}/deployed-package" in PACKAGE_PARAMETERS


def test_child_template_variables_are_the_stack_sets():
    assert set(VARIABLES.values()) == {stack.name for stack in STACK_SETS}


##### Logs


def test_the_chosen_level_is_the_functions_and_lambda_drops_no_line():
    """By Lambda's rule a line without a time of its own is INFO, whatever level it names."""
    functions = [
        function["Properties"]
        for template in templates()
        for function in template.resources("AWS::Lambda::Function").values()
    ]
    assert len(functions) == 3
    for function in functions:
        assert function["LoggingConfig"]["ApplicationLogLevel"] == "TRACE"
        assert function["Environment"]["Variables"]["RUST_LOG"] == {"Ref": "LogLevel"}

"""What templates, parameter files and builds promise each other."""

import json
import re

import pytest
from deploy import packages
from deploy.accounts import PACKAGE_PARAMETERS
from deploy.stacks import PARAMETERS, TAG
from deploy.targets import KEYS
from deploy.templates import VARIABLES
from documents import documents
from mission import FEATURES, NAMES, definitions
from model import ROOT, STACKS, Template, as_list, imports, policies, statements, templates

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


def test_everything_is_deployed_unless_somebody_says_otherwise():
    switches = BY_NAME["aws-backup-codepipeline"].parameters()
    assert (switches["DeployTagOnRestore"], switches["DeployMemberAccounts"]) == ("true", "true")


def test_features_are_carried():
    assert len(FEATURES) == 12
    missing = [file for _, files in FEATURES for file in files if not (ROOT / file).exists()]
    assert missing == []


def test_documents_are_up_to_date():
    stale = [path.name for path, text in documents().items() if path.read_text() != text]
    assert stale == [], "run: make baseline-tables"


##### Stacks


def test_every_template_is_deployed():
    deployed = {stack.template for stack in STACKS} | {stack.child for stack in STACKS}
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


@STACK
def test_parameter_file_fits_its_template(stack):
    declared = template_of(stack).body.get("Parameters", {})
    values = stack.parameters()
    assert set(values) <= set(declared)
    for name, value in values.items():
        definition = declared[name]
        if stack.name == "aws-backup-ssm-targets" or name == stack.left_open():
            continue  # placeholders, which make targets-check refuses, and what is not wanted
        assert isinstance(value, str)
        if "AllowedValues" in definition:
            assert value in [str(allowed) for allowed in definition["AllowedValues"]], name
        if "AllowedPattern" in definition:
            assert re.search(definition["AllowedPattern"], value), name
        if definition["Type"] == "Number":
            assert (
                definition.get("MinValue", 0) <= int(value) <= definition.get("MaxValue", 10**6)
            ), name


def test_every_parameter_file_belongs_to_a_stack():
    used = {stack.parameter_file for stack in STACKS}
    assert [path.name for path in PARAMETERS.glob("*.json") if path not in used] == []


def test_parameter_files_are_what_codepipeline_takes():
    for path in PARAMETERS.glob("*.json"):
        document = json.loads(path.read_text())
        assert set(document) == {"Parameters", "Tags"}, path.name
        assert document["Tags"] == {TAG["Key"]: TAG["Value"]}, path.name


def test_the_pipeline_gets_all_its_values_from_its_file():
    """It updates itself: a value that the file lacks would depend on how it was made."""
    stack = BY_NAME["aws-backup-codepipeline"]
    assert set(stack.parameters()) == set(template_of(stack).body["Parameters"])


def test_source_and_pipeline_agree():
    source, pipeline = (
        BY_NAME[name].parameters() for name in ("aws-backup-codecommit", "aws-backup-codepipeline")
    )
    for name in ("SourceProvider", "BranchName"):
        assert source[name] == pipeline[name]


def test_both_stacks_of_the_policy_manager_agree():
    role, function = (
        BY_NAME[name].parameters()
        for name in ("aws-backup-backuporgpolicymanager-role", "aws-backup-backuporgpolicymanager")
    )
    assert role["DelegatedAdministrator"] == function["DelegatedAdministrator"]


def test_retention_fits_the_vault_locks():
    """A retention outside a lock's bounds makes every job fail."""
    policy = BY_NAME["aws-backup-org-policy"].parameters()
    for name in ("aws-backup-solution-central-account", "stackset-aws-backup-member-accounts"):
        lock = BY_NAME[name].parameters()
        for retention in ("DailyRetentionDays", "MonthlyRetentionDays"):
            assert int(lock["VaultLockMinRetentionDays"]) <= int(policy[retention])
            assert int(policy[retention]) <= int(lock["VaultLockMaxRetentionDays"])


def test_retention_fits_the_air_gapped_vault():
    """Copies to a vault that is not there would fail every night."""
    policy = BY_NAME["aws-backup-org-policy"].parameters()
    vault = BY_NAME["aws-backup-solution-central-air-gapped-vault"]
    if policy["CopyToAirGappedVault"] == "true":
        assert vault.left_open() is None
        for retention in ("DailyRetentionDays", "MonthlyRetentionDays"):
            assert int(vault.parameters()["MinRetentionDays"]) <= int(policy[retention])
            assert int(policy[retention]) <= int(vault.parameters()["MaxRetentionDays"])
    else:
        assert policy["CopyToAirGappedVault"] == "false"


def test_the_target_file_has_the_keys_that_are_checked():
    assert tuple(BY_NAME["aws-backup-ssm-targets"].parameters()) == KEYS


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
    code = [*ROOT.glob("tools/deploy/*.py"), *ROOT.glob("crates/*/src/**/*.rs")]
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


def test_member_stack_sets_keep_backups_and_do_not_stop_at_one_account():
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
            # A roll-out that stops is undone in the healthy accounts, too.
            assert stack.parameters()["FailureTolerancePercentage"] == "100"
            declared = template_of(stack).body["Parameters"]["FailureTolerancePercentage"]
            assert declared["Default"] == 100
            assert int(stack.parameters()["MaxConcurrentPercentage"]) > 1


##### Publishing


def test_published_functions_are_the_builds():
    for function, parameter in packages.FUNCTIONS.items():
        assert (ROOT / f"buildspecs/{function}.yml").exists()
        assert f"/backup/lambda/{parameter}/deployed-package" in PACKAGE_PARAMETERS


def test_child_template_variables_are_the_stack_sets():
    assert set(VARIABLES.values()) == {stack.name for stack in STACK_SETS}

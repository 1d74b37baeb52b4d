"""The policy manager's templates and code agree: actions, variables, properties, names."""

import re
import sys

import pytest
from deploy.stacks import load_template
from model import ROOT

sys.path.append(str(ROOT / "tests"))

from kit.templates import (  # noqa: E402
    MANAGEMENT_ROLE,
    actions,
    management_statements,
    resources,
    statements,
)

TEMPLATES = ROOT / "cloudformation"
SOURCE = ROOT / "crates" / "org-policy-manager" / "src"
ROLE = TEMPLATES / "home-account" / "aws-backup-backuporgpolicymanager-role.yaml"
FUNCTION = TEMPLATES / "home-account" / "aws-backup-backuporgpolicymanager.yaml"
ORG_POLICY = TEMPLATES / "home-account" / "aws-backup-org-policy.yaml"
# The calls of AWS Organizations whose policy type AWS checks (Service Authorization Reference).
WITH_POLICY_TYPE = {
    "AttachPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "DescribePolicy",
    "DetachPolicy",
    "EnablePolicyType",
    "ListPolicies",
    "ListTargetsForPolicy",
    "UpdatePolicy",
}


def delegated_statements():
    """What the function's own role allows when the organization delegates to it."""
    return statements([resources(ROLE)["ManageBackupPolicies"]["Properties"]])


@pytest.mark.parametrize(
    "found", [management_statements(), delegated_statements()], ids=["management", "delegated"]
)
def test_the_role_allows_the_calls_that_the_function_makes_and_no_more(found):
    allowed = actions(found)
    assert len(allowed) == len(set(allowed))
    assert {action.split(":")[0] for action in allowed} == {"organizations"}
    assert {action.split(":")[1] for action in allowed} == organizations_calls()


def organizations_calls():
    """The calls of the SDK in the function's only adapter, as AWS names them."""
    code = (SOURCE / "organizations.rs").read_text().split("#[cfg(test)]")[0]
    names = re.findall(r"\bself\s*\.client\s*\.([a-z_]+)\(\)", code)
    operations = {"".join(part.capitalize() for part in name.split("_")) for name in names}
    return operations - {"Clone"}


@pytest.mark.parametrize(
    "found", [management_statements(), delegated_statements()], ids=["management", "delegated"]
)
def test_every_statement_is_bound_to_backup_policies(found):
    assert len({statement["Sid"] for statement in found}) == len(found)
    for statement in found:
        names = {action.split(":")[1] for action in actions([statement])}
        if names <= WITH_POLICY_TYPE:
            assert statement["Condition"] == {
                "StringEquals": {"organizations:PolicyType": "BACKUP_POLICY"}
            }
        elif names != {"ListRoots"}:
            assert statement["Resource"]["Fn::Sub"].endswith(":policy/*/backup_policy/*")


def test_the_delegated_statements_are_those_of_the_management_account():
    own = str(management_statements()).replace("${AWS::AccountId}", "${OrgManagementAccount}")
    assert str(delegated_statements()) == own


def test_only_the_functions_role_may_assume_the_management_role():
    (trust,) = resources(MANAGEMENT_ROLE)["OrgAdminRole"]["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    role = resources(ROLE)["PolicyManagerRole"]["Properties"]["RoleName"]
    assert trust["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"].endswith(f":role/{role}")


def test_the_function_may_assume_the_role_that_the_management_account_has():
    name = resources(MANAGEMENT_ROLE)["OrgAdminRole"]["Properties"]["RoleName"]
    (statement,) = statements([resources(ROLE)["AssumeManagementRole"]["Properties"]])
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Resource"]["Fn::Sub"].endswith(f":role/{name}")
    variables = function()["Environment"]["Variables"]
    assert variables["ORG_ADMIN_ROLE_NAME"] == name


def function():
    """The function's properties."""
    return resources(FUNCTION)["PolicyManager"]["Properties"]


def test_the_function_gets_the_variables_that_it_reads():
    source = (SOURCE / "config.rs").read_text()
    read = set(re.findall(r'^pub const ([A-Z_]+): &str = "\1";', source, re.M))
    # The one that only tests may set.
    assert "CUSTOM_RESOURCE_RESPONSE_ORIGIN" in read
    read -= {"CUSTOM_RESOURCE_RESPONSE_ORIGIN"}
    assert set(function()["Environment"]["Variables"]) == read | {"RUST_LOG"}


def test_no_template_lets_answers_go_elsewhere():
    for template in ROOT.glob("cloudformation/**/*.yaml"):
        assert "CUSTOM_RESOURCE_RESPONSE_ORIGIN" not in template.read_text(), template


def test_the_function_runs_and_writes_where_its_role_lets_it():
    found = resources(FUNCTION)
    role = resources(ROLE)["PolicyManagerRole"]["Properties"]["RoleName"]
    assert found["PolicyManager"]["Properties"]["Role"]["Fn::Sub"].endswith(f":role/{role}")
    assert found["OperationPolicy"]["Properties"]["Roles"] == [role]
    assert found["PolicyManager"]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "LogGroup"}


def test_three_attempts_of_the_function_fit_into_the_service_timeout():
    attempts = 1 + resources(FUNCTION)["FailureDestination"]["Properties"]["MaximumRetryAttempts"]
    # Lambda waits one minute before the second attempt and two before the third.
    needed = attempts * function()["Timeout"] + 60 + 120
    for policy in policies().values():
        assert needed <= policy["Properties"]["ServiceTimeout"] <= 3600


def policies():
    """The sample policies."""
    found = resources(ORG_POLICY)
    return {k: v for k, v in found.items() if v["Type"] == "Custom::BackupOrgPolicy"}


def test_the_function_knows_the_properties_of_the_sample_policies():
    source = (ROOT / "crates" / "policy-resource" / "src" / "properties.rs").read_text()
    names = re.search(r"pub const NAMES: \[&str; \d+\] = \[(.*?)\];", source, re.S)[1]
    known = set(re.findall(r'"(\w+)"', names))
    assert policies()
    for policy in policies().values():
        assert set(policy["Properties"]) <= known


def test_the_attributes_in_the_outputs_exist():
    outputs = load_template(ORG_POLICY.read_text())["Outputs"].values()
    wanted = {output["Value"]["Fn::GetAtt"][1] for output in outputs}
    source = "".join(path.read_text() for path in SOURCE.glob("*.rs"))
    assert wanted
    for name in wanted:
        assert f'"{name}"' in source

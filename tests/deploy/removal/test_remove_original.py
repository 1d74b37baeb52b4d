"""The original's stacks are told from ours, and go without what holds something."""

import pytest
from deploy import accounts
from deploy.problem import Problem
from deploy.removal import original, remove_original
from deploy.stacks import BY_NAME, ROOT, STACKS, load_template
from fakes import CloudFormation, Iam, Session, Sts, client_error

HOME, MANAGEMENT, CENTRAL = "222222222222", "111111111111", "333333333333"
FOLDER = ROOT / "tests" / "rehearsal" / "original"


def theirs(name):
    """One of the rehearsal's templates with the original's logical ids."""
    return (FOLDER / f"{name}.yaml").read_text()


@pytest.mark.parametrize("stack", [stack.name for stack in STACKS])
def test_none_of_our_stacks_is_taken_for_the_originals(stack):
    ours = load_template(BY_NAME[stack].template_path.read_text())
    assert not original.is_original(stack, ours)
    # An import makes it of the resources alone.
    del ours["Description"]
    assert not original.is_original(stack, ours) or set(ours["Resources"]) <= original.SHARED


@pytest.mark.parametrize(
    ("stack", "template"),
    [
        ("aws-backup-org-policy", "org-policy"),
        ("aws-backup-codepipeline-cloudformation-role", "cloudformation-role"),
        ("aws-cloudformation-stackset-admin-role", "stackset-roles"),
        ("aws-backup-solution-central-account", "central-account"),
        (original.BESIDES, "service-managed"),
    ],
)
def test_the_originals_stack_is_known(stack, template):
    assert original.is_original(stack, load_template(theirs(template)))


class Cloud(CloudFormation):
    """An account's stacks, and the two stack sets with these accounts in them."""

    def __init__(self, stacks, members=None):
        super().__init__(dict.fromkeys(stacks, "CREATE_COMPLETE"))
        self.bodies = {name: (text, []) for name, text in stacks.items()}
        self.members = members or {}
        self.gone = []

    def describe_stack_resources(self, StackName):
        kind, physical = "AWS::CodePipeline::Pipeline", "backup-recovery-aws-backup"
        return {"StackResources": [{"ResourceType": kind, "PhysicalResourceId": physical}]}

    def get_paginator(self, operation):
        return Instances(self) if operation == "list_stack_instances" else super().get_paginator("")

    def delete_stack_set(self, StackSetName, CallAs):
        assert CallAs == "DELEGATED_ADMIN"
        self.gone.append(StackSetName)


class Instances:
    def __init__(self, cloud):
        self.cloud = cloud

    def paginate(self, StackSetName, CallAs):
        if StackSetName not in self.cloud.members:
            raise client_error("ListStackInstances", "StackSetNotFoundException")
        accounts = self.cloud.members[StackSetName]
        return [{"Summaries": [{"Account": account} for account in accounts]}]


class Pipelines:
    def __init__(self, status):
        self.status = status

    def list_pipeline_executions(self, pipelineName):
        assert pipelineName == "backup-recovery-aws-backup"
        return {"pipelineExecutionSummaries": [{"status": self.status}]}


def remove(targets, printed, cloud, account=HOME, apply=True, pipeline="Succeeded"):
    clients = {
        "sts": Sts(account),
        "cloudformation": cloud,
        "codepipeline": Pipelines(pipeline),
        "iam": Iam({}),
    }
    remove_original.remove(Session(clients), targets, apply, printed.append)


PIPELINE = {"aws-backup-codepipeline": theirs("codepipeline")}


def test_without_apply_it_says_what_goes_and_what_stays(targets, printed):
    cloud = Cloud(PIPELINE | {"aws-backup-org-policy": theirs("org-policy")})
    remove(targets, printed, cloud, apply=False)
    assert printed[:3] == [
        "aws-backup-codepipeline: would be deleted",
        "aws-backup-org-policy: would be deleted",
        "  kept rOrgDailyBackUpPolicy (Custom::OrgPolicy): "
        "the backup policies stay attached, and backups go on",
    ]
    assert printed[-1] == "nothing was changed; add APPLY=1 to do this"
    assert cloud.requests == []


def test_a_stack_of_ours_stays(targets, printed):
    ours = BY_NAME["aws-backup-codepipeline"].template_path.read_text()
    cloud = Cloud({"aws-backup-codepipeline": ours})
    remove(targets, printed, cloud)
    assert cloud.requests == []
    assert printed == [
        "aws-backup-codepipeline: not the original's, stays",
        "no stack of the original is in this account and Region",
    ]


def test_a_pipeline_that_runs_is_waited_for(targets, printed):
    cloud = Cloud(PIPELINE)
    with pytest.raises(Problem, match="it runs, and would deploy again what is removed"):
        remove(targets, printed, cloud, pipeline="InProgress")
    assert cloud.requests == []
    remove(targets, printed, cloud)
    assert cloud.requests == [("delete", "aws-backup-codepipeline")]


def test_a_stack_set_goes_when_no_account_is_in_it(targets, printed):
    cloud = Cloud({}, {original.VAULTS: ["444444444441"], original.ROLES: []})
    remove(targets, printed, cloud)
    assert cloud.gone == [original.ROLES]
    assert "  ACCOUNT=444444444441" in printed


def test_the_central_account_has_another_command(targets, printed):
    with pytest.raises(Problem, match="make adopt-central, in the members make adopt-account"):
        remove(targets, printed, Cloud({}), account=CENTRAL)


def test_nothing_of_ours_is_deployed_over_the_original(targets, printed):
    name = "aws-backup-backuporgpolicymanager-mangement-role"
    cloud = Cloud({name: theirs("management-role")})
    clients = {"sts": Sts(MANAGEMENT), "cloudformation": cloud, "iam": Iam({})}
    for apply in (False, True):
        with pytest.raises(Problem, match="it is the original .*; docs/moving.md is the way"):
            accounts.deploy_management(Session(clients), targets, apply, printed.append)
    assert cloud.requests == []

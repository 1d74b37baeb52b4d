"""Which stacks make the central, the management and the home account.

Nothing is changed without `apply`: what would be done is printed, in the words in which it is done.
"""

from collections.abc import Callable

from botocore.exceptions import ClientError

from . import cloudformation
from .pipeline import source
from .preparing import linked_role, regions
from .preview import preview
from .problem import Problem, aws_reason
from .removal import original
from .stacks import BY_NAME, STACKS, Stack, load_template
from .targets import Targets


def require_account(session, expected: str, what: str) -> str:
    """Stops when the credentials belong to another account. Returns the caller's ARN."""
    caller = session.client("sts").get_caller_identity()
    if caller["Account"] != expected:
        raise Problem(
            f"account {caller['Account']}",
            f"the {what} account is {expected}",
            "use a profile of that account: PROFILE=NAME",
        )
    return caller["Arn"]


def require_region(session, expected: str) -> None:
    if session.region_name != expected:
        raise Problem(
            f"Region `{session.region_name}`",
            f"the central vault is in {expected}",
            f"add REGION={expected}",
        )


def deploy_central(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """The central account: its roles, its vault and key, the air-gapped vault if it is wanted."""
    caller = require_account(session, targets.central_account, "central")
    require_region(session, targets.central_region)
    computed = central_values(session, targets, caller)
    changes = _linked_role(session, apply, say)
    client = session.client("cloudformation")
    for stack in _wanted("make deploy-central", say):
        changes |= _deploy(client, stack, computed, apply, say)
    if not apply:
        say_nothing_was_done(changes, say)
        return
    found = cloudformation.output(
        client, "aws-backup-solution-central-account", "CentralBackupVaultArn"
    )
    if found != targets.central_vault_arn:
        raise Problem(
            "CentralBackupVaultArn",
            f"the vault's ARN is {found}",
            "write it into aws-backup-ssm-targets.json",
        )
    say(f"central vault: {found}")


def central_values(session, targets: Targets, caller: str) -> dict[str, str]:
    """What is computed for the central account's stacks."""
    return {
        "pOrganizationId": targets.organization,
        "OrganizationId": targets.organization,
        "HomeAccountId": targets.home_account,
        "DeployingPrincipal": deploying_principal(session, caller),
    }


def deploy_management(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """The management account: the policy manager's role, and the SCPs that have targets."""
    require_account(session, targets.management_account, "management")
    computed = {
        "BackupAndRecoveryHomeAccountId": targets.home_account,
        "HomeAccountId": targets.home_account,
        "CentralBackupVaultArn": targets.central_vault_arn,
        "OrganizationId": targets.organization,
    }
    changes = False
    for stack in _wanted("make deploy-management", say):
        for region, where in places(session, targets, stack):
            client = session.client("cloudformation", region_name=region)
            changes |= _deploy(
                client, stack, computed, apply, lambda line, where=where: say(line + where)
            )
    if not apply:
        say_nothing_was_done(changes, say)


def deploy_home(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """The home account up to the pipeline, which deploys the rest."""
    require_account(session, targets.home_account, "home")
    source.require_committed()
    principals = stack_set_principals(regions.require_enabled(session, targets.regions, "home"))
    computed = {
        "ServicePrincipals": ",".join(principals),
        "AdministratorAccountId": targets.home_account,
        "ArchiveKey": source.ARCHIVE_KEY,
        "OrganizationId": targets.organization,
        "Watch": _deploy_watch(),
    }
    client = session.client("cloudformation")
    if source.is_to_be_made(client):
        source.require_seed(session)
    # The pipeline itself may delete none of its stacks.
    changes = False
    for stack in [stack for stack in STACKS if stack.by.startswith("pipeline")]:
        original.require_ours(client, stack.name)
        if not apply and cloudformation.status(client, stack.name) == "ROLLBACK_COMPLETE":
            changes = True
            say(f"{stack.name}: its creation failed; what is left of it would be removed")
        elif apply and cloudformation.clear(client, stack.name, say):
            say(f"{stack.name}: retry the stage {stack.by.removeprefix('pipeline, ')}")
    for stack in _wanted("make deploy-home", say):
        role = {
            "aws-cloudformation-stackset-admin-role": "AWSCloudFormationStackSetAdministrationRole",
            "aws-cloudformation-stackset-execution-role": "AWSCloudFormationStackSetExecutionRole",
        }.get(stack.name)
        if role and not cloudformation.is_there(client, stack.name) and role_exists(session, role):
            if role == "AWSCloudFormationStackSetAdministrationRole":
                require_trust(session, role, principals)
            say(f"{stack.name}: skipped, this account has a role {role} already")
            continue
        if stack.name == source.STACK and source.is_to_be_made(client):
            source.upload(session, client, apply, say)
        changes |= _deploy(client, stack, computed, apply, say)
        if not apply:
            continue
        if stack.name == source.STACK:
            source.say_connection(session, client, say)
        if stack.name == "aws-backup-notifications":
            topic = cloudformation.output(client, stack.name, "TopicArn")
            say(f"what is reported is sent to the subscribers of {topic}")
            if computed["Watch"] == "true":
                say("  in words, by BackupWatch; until the pipeline has deployed it, reports wait")
    if not apply:
        if changes:
            say("then the pipeline backup-recovery-with-aws-backup would deploy the rest")
        if cloudformation.is_there(client, source.STACK):
            source.say_push(session, say)
        say_nothing_was_done(changes, say)
        return
    say(
        "the pipeline backup-recovery-with-aws-backup now deploys the rest; watch it in the "
        "console or with"
    )
    say(
        "  aws codepipeline list-pipeline-executions --pipeline-name "
        "backup-recovery-with-aws-backup --max-items 1"
    )
    source.say_push(session, say)


def _deploy_watch() -> str:
    """The pipeline's option: the reports go where the pipeline puts who reads them."""
    pipeline = BY_NAME["aws-backup-codepipeline"]
    declared = load_template(pipeline.template_path.read_text())["Parameters"]["DeployWatch"]
    return pipeline.parameters().get("DeployWatch", declared["Default"])


def deploying_principal(session, arn: str) -> str:
    """The caller as the end of an IAM ARN, as `aws:PrincipalArn` will show it.

    A session's ARN lacks its role's path, so the role is looked up.
    """
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    if kind != "assumed-role":
        return f"{kind}/{rest}" if rest else kind
    name = rest.partition("/")[0]
    try:
        found = session.client("iam").get_role(RoleName=name)["Role"]["Arn"]
    except ClientError:
        # Without iam:GetRole: single sign-on's roles are the ones with a path.
        return (
            f"role/aws-reserved/sso.amazonaws.com/*{name}"
            if name.startswith("AWSReservedSSO_")
            else f"role/{name}"
        )
    return found.split(":", 5)[5]


def role_exists(session, name: str) -> bool:
    try:
        session.client("iam").get_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise Problem(
            f"role `{name}`", aws_reason(error), "grant iam:GetRole to who deploys"
        ) from error
    return True


def stack_set_principals(opt_in: list[str]) -> list[str]:
    """Who assumes the administration role: CloudFormation, and its own name in opt-in Regions.

    CloudFormation User Guide, "Grant self-managed permissions".
    """
    return [f"cloudformation{region}.amazonaws.com" for region in ["", *(f".{r}" for r in opt_in)]]


def require_trust(session, role: str, principals: list[str]) -> None:
    """A role that somebody else made is not changed, but it has to trust the services."""
    document = session.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    statements = document["Statement"]
    trusted: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        trusted |= {services} if isinstance(services, str) else set(services)
    if missing := [name for name in principals if name not in trusted]:
        raise Problem(
            f"role `{role}`",
            f"it was here before and does not trust {', '.join(missing)}",
            "add that to its trust policy: stack sets need it",
        )


def _wanted(by: str, say) -> list[Stack]:
    wanted = []
    for stack in [stack for stack in STACKS if stack.by == by]:
        name = stack.left_open()
        if name is None:
            wanted.append(stack)
        else:
            say(f"{stack.name}: skipped, {stack.parameter_file.name} names no {name}")
    return wanted


def places(session, targets: Targets, stack: Stack) -> list[tuple[str, str]]:
    """Where the stack is deployed: Regions, and how each is named if there are several."""
    if stack.everywhere:
        return [(region, f" in {region}") for region in targets.regions]
    if stack.beside_organizations:
        region = organizations_region(session.region_name)
        return [(region, f" in {region}")]
    return [(session.region_name, "")]


def organizations_region(region: str) -> str:
    """Where AWS Organizations, and so its events, are in the partition of a Region.

    By AWS's published endpoints (botocore, `organizations`): one in each partition.
    """
    if region.startswith("cn-"):
        return "cn-northwest-1"
    return "us-gov-west-1" if region.startswith("us-gov-") else "us-east-1"


def _deploy(client, stack: Stack, computed: dict[str, str], apply: bool, say) -> bool:
    """Deploys the stack, or says what that would do. Whether anything changes."""
    original.require_ours(client, stack.name)
    template = stack.template_path.read_text()
    do = cloudformation.deploy if apply else preview
    return do(client, stack.name, template, values(stack, template, computed), say)


def values(stack: Stack, template: str, computed: dict[str, str]) -> dict[str, str]:
    """The parameter file's values, and of the computed ones those that the template declares."""
    declared = cloudformation.load_template(template).get("Parameters", {})
    return stack.parameters() | {key: value for key, value in computed.items() if key in declared}


def _linked_role(session, apply: bool, say) -> bool:
    """AWS Backup's own role in the account. Whether it is made, or would be."""
    if apply:
        made = linked_role.make(session.client("iam"))
        say(f"role {linked_role.NAME}: {'made' if made else 'there already'}")
        return made
    there = role_exists(session, linked_role.NAME)
    say(f"role {linked_role.NAME}: {'there already' if there else 'would be made'}")
    return not there


def say_nothing_was_done(changes: bool, say) -> None:
    """The last line of every preview."""
    if changes:
        say("nothing was changed; add APPLY=1 to do this")
    else:
        say("nothing to do: everything is as the files here have it")

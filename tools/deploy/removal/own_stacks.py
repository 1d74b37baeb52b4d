"""How an account's stacks go again, and what stays behind.

Nothing is deleted without `apply`: what would be is printed.
"""

from collections.abc import Callable

from .. import cloudformation
from ..accounts import places, require_account
from ..pipeline.packages import FUNCTIONS
from ..preparing import linked_role
from ..stacks import STACKS
from ..targets import Targets

PACKAGE_PARAMETERS = tuple(
    f"/backup/lambda/{function}/{what}"
    for function in FUNCTIONS.values()
    for what in ("deployed-package", "deployed-hash")
)

# What stays behind, and why: printed before and after a deletion.
STAYS = {
    "central": (
        "vault AWSBackupSolutionCentralVault, key and alias AWSBackupSolutionCentralKey, and the "
        "air-gapped vault: they hold and decrypt the copies",
        "role AWSBackupSolutionCentralAccountRole: expiry and restores need it",
        f"role {linked_role.NAME}: it is AWS Backup's, and used by all that AWS Backup does",
    ),
    "management": (
        "backup policies made by hand, and the settings of make prepare-organization: others "
        "may use them",
    ),
    "home": (
        "vaults, keys and roles AWSBackupSolution* in the member accounts: they hold and "
        "decrypt the backups",
        f"role {linked_role.NAME} of each member account: it is AWS Backup's own",
        "the artifact bucket and the package buckets: S3 deletes no bucket with objects in it",
        "the key of aws-backup-codepipeline-kms: it decrypts the repository and past artifacts",
        "the key of aws-backup-notifications: retained like every key; remove it by hand",
        "repository backup-recovery-with-aws-backup: the history of what was deployed",
    ),
}


def destroy(
    session, targets: Targets, account: str, apply: bool, say: Callable[[str], None]
) -> None:
    """Deletes an account's stacks in reverse order. Without `apply` only says what it would do."""
    expected = {
        "central": targets.central_account,
        "management": targets.management_account,
        "home": targets.home_account,
    }[account]
    require_account(session, expected, account)
    order = [stack for stack in reversed(STACKS) if stack.account == account]
    if account == "home":
        # First the pipeline, or a commit would bring back what goes.
        order.sort(key=lambda stack: stack.name != "aws-backup-codepipeline")
    found = [
        (session.client("cloudformation", region_name=region), stack.name, where)
        for stack in order
        for region, where in places(session, targets, stack)
    ]
    present = [at for at in found if cloudformation.status(*at[:2]) is not None]
    for client, name, where in present:
        if apply:
            if name == "aws-backup-org-policy":
                client.update_termination_protection(
                    StackName=name, EnableTerminationProtection=False
                )
            cloudformation.delete(client, name, say)
        else:
            say(f"would delete {name}{where}")
    if account == "home" and apply:
        session.client("ssm").delete_parameters(Names=list(PACKAGE_PARAMETERS))
        say("parameters of the packages: deleted")
    if not present:
        say("no stack of the solution is in this account and Region")
    for what in STAYS[account]:
        say(f"stays: {what}")
    if not apply and present:
        say("nothing was changed; add APPLY=1 to delete")

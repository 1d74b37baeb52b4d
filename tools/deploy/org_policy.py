"""What surrounds the deployment of the stack aws-backup-org-policy in the pipeline.

That stack is every backup policy of the organization: nothing here deletes one that exists.
"""

from collections.abc import Callable

from . import cloudformation
from .problem import Problem

STACK = "aws-backup-org-policy"


def guard(client, step: str, say: Callable[[str], None]) -> None:
    """`before`: removes what a failed creation left. `after`: turns on termination protection."""
    found = cloudformation.status(client, STACK)
    if step == "after":
        if found is None:
            raise Problem(
                f"stack `{STACK}`", "it does not exist", "see the pipeline's action before this one"
            )
        client.update_termination_protection(StackName=STACK, EnableTerminationProtection=True)
        say(f"{STACK}: termination protection is on")
    elif found == "ROLLBACK_COMPLETE":
        say(f"{STACK}: its creation failed and was undone; removing the empty stack")
        cloudformation.delete(client, STACK, say)
    elif found == "UPDATE_ROLLBACK_FAILED":
        raise Problem(
            f"stack `{STACK}`",
            f"it is {found}",
            "follow the runbook in docs/deployment.md, troubleshooting",
        )
    else:
        say(f"{STACK}: {found or 'not there yet'}, nothing to remove")

"""The stack aws-backup-org-policy: what surrounds its deployment in the pipeline, and past it.

That stack is every backup policy of the organization: nothing here deletes one that exists.
"""

from collections.abc import Callable

from .. import cloudformation
from ..accounts import require_account, say_nothing_was_done
from ..preview import preview
from ..problem import Problem
from ..stacks import BY_NAME
from ..targets import Targets
from . import parameter_files

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


def deploy(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """Brings the policies to the files that lie here, for when the pipeline's builds cannot run.

    Only what exists is changed, and with the role that the stack has: the pipeline's.
    """
    require_account(session, targets.home_account, "home")
    errors = parameter_files.check(parameter_files.read())
    if errors:
        raise Problem("parameter files", "; ".join(errors), "correct them and run this again")
    client = session.client("cloudformation")
    if cloudformation.status(client, STACK) is None:
        raise Problem(f"stack `{STACK}`", "it does not exist", "let the pipeline make it first")
    stack = BY_NAME[STACK]
    template = stack.template_path.read_text()
    if not apply:
        say_nothing_was_done(preview(client, STACK, template, stack.parameters(), say), say)
        return
    cloudformation.deploy(client, STACK, template, stack.parameters(), say)
    say("commit and push the same, or the pipeline's next run takes it back")

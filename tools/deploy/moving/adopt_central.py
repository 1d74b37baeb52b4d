"""Takes over vault, key, alias and role that the central account has already.

They are in the original's stacks, or in none, after `make destroy-central` for instance. Each step
looks first, so a run that was interrupted is simply repeated. `make deploy-central` then brings the
stacks to their templates.
"""

from collections.abc import Callable

from .. import cloudformation
from ..accounts import central_values, require_account, require_region, say_nothing_was_done, values
from ..removal import letting_go, original
from ..stacks import STACKS, Stack, load_template
from ..targets import Targets
from . import retained


def adopt(session, targets: Targets, apply: bool, say: Callable[[str], None]) -> None:
    """Goes through the central account's stacks. Without `apply` only says what it would do."""
    caller = require_account(session, targets.central_account, "central")
    require_region(session, targets.central_region)
    computed = central_values(session, targets, caller)
    changes = False
    for stack in STACKS:
        if stack.account == "central" and _keeps(stack):
            changes |= _adopt(session, stack, computed, apply, say)
    if apply:
        say("now make deploy-central APPLY=1, which brings them to the templates here")
    else:
        say_nothing_was_done(changes, say)


def _keeps(stack: Stack) -> bool:
    """Whether the template holds something that can be imported."""
    kept = retained.keeps(load_template(stack.template_path.read_text()))
    return bool(kept) and {resource["Type"] for resource in kept.values()} <= set(retained.WORDS)


def _adopt(session, stack: Stack, computed: dict[str, str], apply: bool, say) -> bool:
    client = session.client("cloudformation")
    template = stack.template_path.read_text()
    there = cloudformation.is_there(client, stack.name)
    foreign = there and original.is_original(stack.name, letting_go.template(client, stack.name))
    if there and not foreign:
        say(f"ok       {stack.name}")
        return False
    document = load_template(template)
    found = retained.find(session, session.region_name, document)
    if not found:
        say(f"-        {stack.name}: there is nothing to take over; make deploy-central makes it")
        return False
    step = "take what is there out of the original's stack" if foreign else "import what is there"
    say(f"missing  {stack.name}: {step}{', and import it' if foreign else ''}")
    say(f"           {', '.join(str(one) for one in found)}")
    if not apply:
        return True
    if foreign:
        retained.take_out(client, stack.name, say)
    retained.take_over(client, stack.name, document, values(stack, template, computed), found, say)
    return True

"""``python -m rehearsal.taken``: a rehearsal without one granted action must be refused it.

One rehearsal for each action, ended by the first refusal. It is what `make rehearsal-permissions`
works out for all actions at once, done in earnest.
"""

import argparse
import sys

from kit.emulator import Emulator
from kit.interruption import temporary_folder

from ..console.console import Console
from ..guard import FAILED, guarded
from ..names import CannotRehearse
from ..recorder import Recorder
from ..report.result import Snapshot
from ..scene import prepare
from .permissions import checked
from .role_names import role_name

# Minutes, and nothing that a permission of ours decides.
NOT_RUN = ["^make validate-templates$"]


def main():
    """Take each action away in turn."""
    parser = argparse.ArgumentParser(
        prog="make rehearsal-permissions WITHOUT=", description=__doc__
    )
    parser.add_argument("grants", nargs="+", metavar="ROLE/ACTION", help="as the table has them")
    parser.add_argument("--verbose", action="store_true", help="show all that commands say")
    arguments = parser.parse_args()
    return guarded("the rehearsal", lambda: run(arguments))


def run(arguments):
    """One rehearsal after another; the exit status."""
    console = Console(verbose=arguments.verbose)
    reported = []
    for grant in arguments.grants:
        role, _, action = grant.partition("/")
        if ":" not in action:
            raise CannotRehearse(f"`{grant}` is not of the form ROLE/SERVICE:ACTION")
        console.say(f"\nwithout {action} of {role}", "bold")
        reported.append((grant, without(console, role, action)))
    console.say("\nTaken away", "bold")
    for grant, (_, words) in reported:
        console.say(f"   {grant}: {words}")
    return 0 if all(refused for _, (refused, _) in reported) else FAILED


def without(console, role, action):
    """A rehearsal without an action of a role: whether it was refused just that, and in words."""
    with temporary_folder("rehearsal-") as folder, Emulator() as emulator:
        story = prepare(folder, emulator, console, prebuilt=True, not_run=NOT_RUN)
        # Behind the name stands what CloudFormation makes up.
        emulator.leave_out((f"{role}*", action))
        recorder = Recorder(console, Snapshot)
        held = recorder.run(story.stages(), checked(emulator, lambda: None))
        return outcome(held, emulator.denials(), emulator.permissions(), role, action)


def outcome(held, denials, ledger, role, action):
    """Whether a rehearsal was refused the action that it lacked, and what came of it in words."""
    if denial := first_denial(denials, role, action):
        return True, denial
    if not held:
        return False, "NOT SHOWN: a stage failed for another reason, which is above"
    if role not in {role_name(entry["role"].rpartition("/")[2]) for entry in ledger["roles"]}:
        return False, "NOT SHOWN: no role of this name has asked for anything"
    return False, "NOT MISSED: every stage held"


def first_denial(denials, role, action):
    """The sentence of the first refusal of this action to this role; None without one."""
    for denial in denials:
        session = denial["principal"].rpartition(":")[2].split("/")
        if denial["action"] == action and len(session) > 1 and role_name(session[1]) == role:
            return f"{denial['message']} ({denial['via']})"
    return None


if __name__ == "__main__":
    sys.exit(main())

"""The command line behind `make acceptance`; see `deploy.mk`.

Exit status: 0, everything held; 1, something did not; 2, it was used wrongly, and nothing was done;
3, something is still to come, and the command says when to look again.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from deploy import targets
from deploy.problem import Problem, aws_reason
from deploy.stacks import ROOT

from . import jobs, report, run, undo
from .outcome import FAILED, MISSING
from .scene import CENTRAL, HOME, MANAGEMENT, MEMBER, Options, Scene, sessions
from .state import State
from .steps import STEPS

FAILED_STATUS, WRONG_USE, NOT_YET_STATUS, INTERRUPTED = 1, 2, 3, 130


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    # Until the accounts are found to be the right ones nothing is done.
    status = WRONG_USE
    with ExitStack() as stack:
        try:
            scene = _scene(options)
            stack.enter_context(scene.state.alone())
            status = FAILED_STATUS
            return _undo(scene, options) if options.undo else _run(scene, options)
        except Problem as problem:
            print(f"error: {problem}", file=sys.stderr)
        except ClientError as error:
            print(f"error: {error.operation_name}: {aws_reason(error)}", file=sys.stderr)
        except BotoCoreError as error:
            reason = " ".join(str(error).split())
            print(f"error: AWS could not be called: {reason}; check the profiles", file=sys.stderr)
        except KeyboardInterrupt:
            print("interrupted; run it again: it goes on from here", file=sys.stderr)
            return INTERRUPTED
    return status


def _scene(options) -> Scene:
    if options.profile:
        raise Problem(
            f"PROFILE={options.profile}",
            "four accounts take part",
            "name their profiles: MANAGEMENT_PROFILE, HOME_PROFILE, CENTRAL_PROFILE, "
            "MEMBER_PROFILE; without them they are management, home, central and member",
        )
    values = targets.load(options.targets)
    region = options.region or os.environ.get("AWS_REGION", "")
    profiles = {
        MANAGEMENT: options.management,
        HOME: options.home,
        CENTRAL: options.central,
        MEMBER: options.member,
    }
    regions = {
        MANAGEMENT: region,
        HOME: region,
        CENTRAL: values.central_region,
        MEMBER: options.member_region or values.regions[0],
    }
    chosen = Options(options.joiner, options.backup_tag, options.volume_key)
    state = State(options.state, values.organization)
    scene = Scene(values, sessions(profiles, regions), state, chosen)
    scene.require_accounts()
    return scene


def _run(scene: Scene, options) -> int:
    print(f"organization {scene.targets.organization}, run {scene.state.run}")
    print(f"state: {scene.state.file}{'' if scene.state.exists else ' (not there yet)'}")
    if options.apply:
        scene.state.data["place"] = scene.place
        scene.state.save()
    results = run.run(
        STEPS, scene, options.apply, options.wait, lambda found: report.tell(found, print)
    )
    stays = jobs.stays(scene) if scene.state.part("jobs") else []
    made = report.gather(scene, results, stays)
    for file in report.write(made, scene.state.folder, options.anonymous):
        print(f"report: {file}")
    if not options.apply and any(one.outcome.kind == MISSING for one in results):
        print("nothing was changed; add APPLY=1 to do this")
    print(f"{made['outcome']}{_and_then(results)}")
    return run.status(results)


def _and_then(results) -> str:
    if any(result.outcome.kind == FAILED for result in results):
        return ": put right what is named above, then run this again"
    return "" if run.status(results) == 0 else ": run this again as it says"


def _undo(scene: Scene, options) -> int:
    if not scene.state.exists:
        print(f"nothing to undo: there is no {scene.state.file}")
        return 0
    print(f"organization {scene.targets.organization}, run {scene.state.run}")
    return 0 if undo.undo(scene, options.apply, print) or not options.apply else NOT_YET_STATUS


def _account(text: str) -> str:
    if text and not targets.ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"`{text}` is no account id of twelve digits")
    return text


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="acceptance", description=__doc__)
    for who in (MANAGEMENT, HOME, CENTRAL, MEMBER):
        parser.add_argument(f"--{who}", default=who, help=f"AWS profile of the {who} account")
    parser.add_argument("--profile", default="", help=argparse.SUPPRESS)
    parser.add_argument("--region", default="", help="the pipeline's Region")
    parser.add_argument("--member-region", default="", help="of the resources to back up")
    parser.add_argument("--targets", type=Path, default=targets.FILE, help="the target values")
    parser.add_argument("--state", type=Path, default=ROOT / "acceptance", help="folder")
    parser.add_argument("--joiner", type=_account, default="", help="an account that may join")
    parser.add_argument("--backup-tag", default="daily", help="the value of the tag backup")
    parser.add_argument("--volume-key", default="", help="a customer managed key for the volume")
    parser.add_argument("--wait", type=float, default=20, help="seconds for what is under way")
    parser.add_argument("--apply", action="store_true", help="do what is missing")
    parser.add_argument("--undo", action="store_true", help="remove what the run has made")
    parser.add_argument("--anonymous", action="store_true", help="a report without ids")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

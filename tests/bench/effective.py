"""How long `backupctl effective` takes for a large organization, and how much memory it needs.

Every three accounts beside each other have a policy of their own that changes one of the root's
four plans, so that there are a third as many different results as accounts. There are as many units
and policies as AWS's quotas allow: 2,000 and 1,000.

    python tests/bench/effective.py target/tool/backupctl
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SIZES = (1_000, 10_000, 100_000)
NOW = "2026-01-15T12:00:00Z"
PLANS, UNITS, POLICIES = 4, 2_000, 1_000
VAULT = "arn:aws:backup:eu-central-1:333333333333:backup-vault:CentralVault"


def rule(schedule, days):
    values = {
        "schedule_expression": schedule,
        "start_backup_window_minutes": "60",
        "complete_backup_window_minutes": "1200",
        "target_backup_vault_name": "Vault",
    }
    life = {"delete_after_days": {"@@assign": days}}
    copy = {"target_backup_vault_arn": {"@@assign": VAULT}, "lifecycle": life}
    assigned = {key: {"@@assign": value} for key, value in values.items()}
    return assigned | {"lifecycle": life, "copy_actions": {VAULT: copy}}


def whole(number):
    """A plan."""
    role = "arn:aws:iam::$account:role/BackupRole"
    return {
        f"plan{number}": {
            "regions": {"@@assign": ["eu-west-1", "eu-central-1"]},
            "rules": {
                "nightly": rule("cron(0 5 ? * * *)", "35"),
                "monthly": rule("cron(0 5 1 * ? *)", "366"),
            },
            "selections": {
                "tags": {
                    "tagged": {
                        "iam_role_arn": {"@@assign": role},
                        "tag_key": {"@@assign": "backup"},
                        "tag_value": {"@@assign": ["daily"]},
                    }
                }
            },
        }
    }


def change(number):
    """What a policy further down changes of a plan."""
    return {
        f"plan{number % PLANS}": {
            "rules": {
                "nightly": {"lifecycle": {"delete_after_days": {"@@assign": str(number % 30 + 2)}}}
            },
            "selections": {"tags": {"tagged": {"tag_value": {"@@append": [f"team{number}"]}}}},
        }
    }


def organization(accounts):
    names = [f"p-{number:08}" for number in range(POLICIES)]
    contents = [change(number) if number >= PLANS else whole(number) for number in range(POLICIES)]
    own = names[PLANS:]
    units = [
        {"id": f"ou-bnch-{number:08}", "name": f"unit {number}", "policies": [], "accounts": []}
        for number in range(min(UNITS, accounts // 3))
    ]
    for number in range(accounts):
        unit, turn = number // 3 % len(units), number // 3 // len(units)
        # The unit's and the accounts' policy together are nobody else's.
        units[unit]["policies"] = [own[unit % len(own)]]
        units[unit]["accounts"].append(
            {
                "id": f"{number:012}",
                "name": f"account {number}",
                "policies": [own[(unit // len(own) + 2 * turn + unit + 1) % len(own)]],
            }
        )
    return {
        "policy_type": "BACKUP_POLICY",
        "root": {
            "id": "r-bnch",
            "name": "Root",
            "policies": names[:PLANS],
            "organizational_units": units,
        },
        "policies": {
            name: {"name": name, "content": {"plans": content}}
            for name, content in zip(names, contents, strict=True)
        },
    }


def measure(backupctl, file, form, output):
    """The seconds that it takes, those of the processor, and its peak in megabytes."""
    # Its peak counts that of what started it, which has to be small therefore.
    command = [backupctl, "effective", "--organization", file, "--at", NOW]
    command += ["--format", form, "--output", output]
    begin = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"backupctl ended with {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(backupctl):
    print("accounts  format  seconds  of the processor  MB of memory  MB written")
    with tempfile.TemporaryDirectory() as folder:
        for accounts in SIZES:
            file = pathlib.Path(folder) / "organization.json"
            subprocess.run([sys.executable, __file__, "--write", file, str(accounts)], check=True)
            for form in ("text", "json", "html"):
                output = pathlib.Path(folder) / f"output.{form}"
                took, busy, memory = measure(backupctl, file, form, output)
                written = output.stat().st_size / 1e6
                print(
                    f"{accounts:>8}  {form:<6}  {took:>7.2f}  {busy:>16.2f}"
                    f"  {memory:>12.0f}  {written:>10.1f}",
                    flush=True,
                )
                output.unlink()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--write", file, accounts]:
            pathlib.Path(file).write_text(json.dumps(organization(int(accounts))))
        case [backupctl]:
            main(backupctl)

"""`backupctl snapshot` writes the organization as it is."""

import json
from datetime import UTC, datetime

from kit.names import (
    HOME,
    MANAGEMENT,
    ORGANIZATION,
    ORGANIZATION_ROOT,
    PRODUCTION,
    SANDBOXES,
    WORKLOADS,
)

READS = {
    "sts:GetCallerIdentity",
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccountsForParent",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
    "organizations:ListPoliciesForTarget",
}


def read(text):
    """A snapshot without the moment at which it was read."""
    snapshot = json.loads(text)
    assert datetime.fromisoformat(snapshot.pop("read_at")).tzinfo == UTC
    return snapshot


def expected(organization):
    """The organization file of what the emulator really holds."""

    def attached(target):
        found = [
            (policy["targets"].index(target), policy["id"])
            for policy in organization["policies"]
            if target in policy["targets"]
        ]
        return [policy for _, policy in found]

    def node(place):
        units = [unit for unit in organization["units"] if unit["parent"] == place["id"]]
        accounts = [entry for entry in organization["accounts"] if entry["parent"] == place["id"]]
        return {
            "id": place["id"],
            "name": place["name"],
            "policies": attached(place["id"]),
            "organizational_units": [node(unit) for unit in sorted(units, key=by_id)],
            "accounts": [
                {"id": entry["id"], "name": entry["name"], "policies": attached(entry["id"])}
                for entry in sorted(accounts, key=by_id)
            ],
        }

    return {
        "policy_type": "BACKUP_POLICY",
        "root": node({"id": organization["root"], "name": "Root"}),
        "policies": {
            policy["id"]: {"name": policy["name"], "content": json.loads(policy["content"])}
            for policy in organization["policies"]
            if policy["type"] == "BACKUP_POLICY"
        },
    }


def by_id(place):
    return place["id"]


def create(organizations, name, *targets):
    content = json.dumps({"plans": {name: {}}})
    created = organizations.create_policy(
        Name=name, Description="", Type="BACKUP_POLICY", Content=content
    )
    policy = created["Policy"]["PolicySummary"]["Id"]
    for target in targets:
        organizations.attach_policy(PolicyId=policy, TargetId=target)
    return policy


def test_a_snapshot_is_the_organization(world):
    organizations = world.client("organizations")
    # More than a page of them, one attached to nothing.
    for number in range(23):
        create(
            organizations,
            f"policy-{number}",
            *[PRODUCTION, SANDBOXES][: number % 3 if number < 12 else 0],
        )
    result = world.run("snapshot")
    assert result.returncode == 0, result.stderr
    assert read(result.stdout) == expected(world.emulator.organization())
    assert set(world.calls()) - {"organizations:CreatePolicy", "organizations:AttachPolicy"} == (
        READS
    )


def test_policies_of_one_target_are_in_the_order_of_attachment(world):
    organizations = world.client("organizations")
    first = create(organizations, "first", WORKLOADS, ORGANIZATION_ROOT)
    second = create(organizations, "second", WORKLOADS, "444444444441")
    organizations.detach_policy(PolicyId=first, TargetId=WORKLOADS)
    organizations.attach_policy(PolicyId=first, TargetId=WORKLOADS)
    snapshot = json.loads(world.run("snapshot").stdout)
    root = snapshot["root"]
    workloads = next(unit for unit in root["organizational_units"] if unit["id"] == WORKLOADS)
    assert workloads["policies"] == [second, first]
    assert root["policies"] == [first]
    (member,) = workloads["accounts"]
    assert (member["id"], member["policies"]) == ("444444444441", [second])


def test_empty_pages_and_throttling_change_nothing(world):
    create(world.client("organizations"), "daily", WORKLOADS)
    world.emulator.inject(
        *(
            {"service": "organizations", "operation": operation, "kind": "throttle", "times": 2}
            for operation in ("ListRoots", "DescribePolicy", "ListAccountsForParent")
        )
    )
    with world.emulator.settings(page_size=1, empty_pages=True):
        result = world.run("snapshot")
    assert result.returncode == 0, result.stderr
    assert read(result.stdout) == expected(world.emulator.organization())
    # It took longer than a second, so progress was printed meanwhile.
    assert "\nread so far: " in result.stderr


def test_the_file_is_written_whole_or_not_at_all(world, tmp_path):
    file = tmp_path / "organization.json"
    result = world.run("snapshot", "--output", file)
    assert (result.returncode, result.stdout) == (0, "")
    # Who asked, and what the file holds.
    who, *_, holds = result.stderr.splitlines()
    assert who == (
        f"arn:aws:iam::{MANAGEMENT}:root, account {MANAGEMENT}, organization {ORGANIZATION}"
    )
    assert holds.startswith("5 organizational units, 7 accounts and 0 backup policies, as of 20")
    before = file.read_text()
    assert read(before) == expected(world.emulator.organization())
    world.emulator.inject({"service": "organizations", "operation": "ListRoots", "kind": "refuse"})
    result = world.run("snapshot", "--output", file)
    assert result.returncode == 2
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_from_another_account_through_a_role(world):
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = world.client("iam")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust))
    allowed = {
        "Effect": "Allow",
        "Action": sorted(READS - {"sts:GetCallerIdentity"}),
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName="Reader", PolicyName="Read", PolicyDocument=json.dumps(policy))
    role = f"arn:aws:iam::{MANAGEMENT}:role/Reader"
    result = world.run("snapshot", "--role-arn", role, account=HOME)
    assert result.returncode == 0, result.stderr
    assert read(result.stdout) == expected(world.emulator.organization())
    assert {call["principal"] for call in world.emulator.calls()[-3:]} == {
        f"arn:aws:sts::{MANAGEMENT}:assumed-role/Reader/backupctl"
    }
    assert world.emulator.denials() == []


def test_what_is_wrong_is_named_with_its_remedy(world):
    result = world.run("snapshot", account=HOME)
    assert result.returncode == 2
    assert result.stderr == (
        f"arn:aws:iam::{HOME}:root, account {HOME}, organization {ORGANIZATION}\n"
        f"error: organizations:ListRoots is denied to arn:aws:iam::{HOME}:root: "
        "AccessDeniedException: You don't have permissions to access this resource: "
        f"{HOME} is not the organization's management account: use credentials of {MANAGEMENT}, "
        "or of an account that the organization's resource policy delegates this to\n"
    )
    result = world.run("snapshot", "--role-arn", "arn:aws:iam::444444444441:role/Nobody")
    assert result.returncode == 2
    assert result.stderr.startswith(
        f"error: sts:AssumeRole is denied to User: arn:aws:iam::{MANAGEMENT}:root"
    ) or result.stderr.startswith("error: sts:AssumeRole is denied to these credentials")
    world.emulator.inject(
        {
            "service": "sts",
            "operation": "GetCallerIdentity",
            "kind": "refuse",
            "code": "ExpiredToken",
        }
    )
    result = world.run("snapshot")
    assert result.returncode == 2
    assert "sign in again (`aws sso login`, `aws login`)" in result.stderr
    world.emulator.inject(
        {"service": "organizations", "operation": "*", "kind": "throttle", "times": 9}
    )
    result = world.run("snapshot", AWS_MAX_ATTEMPTS="1")
    assert result.returncode == 2
    assert result.stderr.endswith("try again later\n")

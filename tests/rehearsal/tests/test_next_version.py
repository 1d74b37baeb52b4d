"""A deployed organization takes the next version by the guide's steps, from the last release.

The release's templates and commands are recorded in the repository (`make record-release`); its
functions are today's, with other bytes.
"""

import json
import re
import sys
import zipfile

import pytest
from kit.names import MEMBER, ROOT

from rehearsal.names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    PACKAGES,
)
from rehearsal.stages.protection import CENTRAL_PLACE, Place, Protection
from rehearsal.stages.story import FIRST, FIRST_REGIONS, copy_packages

from .conftest import rehearsal_in
from .evidence import expect_section
from .test_defects import tell

sys.path.append(str(ROOT / "tools"))

import record_release  # noqa: E402

STATEFUL = json.loads((ROOT / "tests" / "templates" / "stateful.json").read_text())
KEPT = {
    (logical_id, about["Type"])
    for resources in STATEFUL.values()
    for logical_id, about in resources.items()
}
# What the functions call since the release, and its roles do not grant.
NEW_CALLS = {
    ("BackupOrgPolicyManager", "ssm:GetParametersByPath"),
    ("BackupOrgPolicyManager", "ssm:PutParameter"),
}
PLACES = [*(Place(MEMBER, region) for region in FIRST_REGIONS), CENTRAL_PLACE]
# Where there are stacks.
EVERYWHERE = {
    (account, region)
    for account in (MANAGEMENT, HOME, CENTRAL, *FIRST)
    for region in (HOME_REGION, CENTRAL_REGION)
}


class Stacks:
    """Every stack of every account: its status, and the ids of what it must not replace."""

    def __init__(self, administrators):
        self.status, self.kept = {}, {}
        for account, region in EVERYWHERE:
            client = administrators.client("cloudformation", account, region)
            for stack in client.describe_stacks()["Stacks"]:
                name = stack["StackName"]
                self.status[account, region, name] = stack["StackStatus"]
                found = client.describe_stack_resources(StackName=name)["StackResources"]
                self.kept |= {
                    (account, region, name, one["LogicalResourceId"]): one["PhysicalResourceId"]
                    for one in found
                    if (one["LogicalResourceId"], one["ResourceType"]) in KEPT
                }


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """The release deployed, then what is here; what was seen."""
    folder = tmp_path_factory.mktemp("next")
    version, release = record_release.recorded()
    seen = {"version": version}
    with rehearsal_in(folder, release=release) as (story, emulator):
        for package in PACKAGES.values():
            # Other bytes, as the release's functions have: their stacks have to take the new ones.
            with zipfile.ZipFile(folder / "dist" / package.name, "a") as archive:
                archive.comment = version.encode()
        tell(story, "the first commit goes through the pipeline")
        protection = Protection(story.administrators, PLACES)
        seen["before"] = Stacks(story.administrators)
        emulator.forget_calls()

        story.checkout.take_next_version()
        copy_packages(folder / "dist")
        story.checkout.commit(f"Merge what came after {version}")
        story.check_targets()
        protection.expect(FIRST, "the merge")
        seen["previews"] = [
            story.commands.make(f"deploy-{name}", name, region)
            for name, region in (
                ("central", CENTRAL_REGION),
                ("management", HOME_REGION),
                ("home", HOME_REGION),
            )
        ]
        expect_new_calls_alone(emulator)
        for step, name in (
            (story.central, "`make deploy-central`"),
            (story.management, "`make deploy-management`"),
            (story.home, "`make deploy-home`"),
            (story.push, "the push"),
            (story.watch.succeed, "the pipeline's run"),
        ):
            step()
            protection.expect(FIRST, name)
        protection.restore()
        seen["report"] = protection.report()
        story.see_first()
        seen["after"] = Stacks(story.administrators)
        seen["calls"] = {(call["service"], call["operation"]) for call in emulator.calls()}
    return seen


def expect_new_calls_alone(emulator):
    """The functions are today's: the release's roles refuse what is new; that is forgotten."""
    refused = {
        (denial["principal"].split("/")[1], denial["action"]) for denial in emulator.take_denials()
    }
    if not refused <= NEW_CALLS:
        raise AssertionError(f"refused under the release: {refused - NEW_CALLS}")


def test_what_was_seen_after_every_step_is_written_down(taken):
    expect_section("To the next version", taken["report"])


def test_every_stack_takes_it(taken):
    ended = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
    bad = {where: status for where, status in taken["after"].status.items() if status not in ended}
    assert bad == {}
    assert set(taken["before"].status) <= set(taken["after"].status)
    assert "UPDATE_COMPLETE" in taken["after"].status.values()


def test_nothing_that_holds_backups_is_replaced(taken):
    assert len(taken["before"].kept) > 20
    after = {where: taken["after"].kept.get(where) for where in taken["before"].kept}
    assert after == taken["before"].kept


def test_no_policy_is_detached_or_deleted_on_the_way(taken):
    """What is promised after every step holds between them, too."""
    assert not taken["calls"] & {
        ("organizations", "DetachPolicy"),
        ("organizations", "DeletePolicy"),
    }


def test_the_previews_name_what_changes_and_make_nothing_anew(taken):
    """What is there already is updated or unchanged; only a stack that is new is created."""
    there = {name for _, _, name in taken["before"].status}
    created = set(re.findall(r"^(\S+): would be created", "\n".join(taken["previews"]), re.M))
    assert not created & there
    assert any("would be updated" in preview for preview in taken["previews"])

"""The guide's stop button detaches the two policies, keeps everything and prints the way back."""

import json
import re
import subprocess
import sys

import pytest
from kit.clients import client
from kit.environment import SECRET, environment
from kit.names import ROOT
from kit.wait import eventually

from rehearsal.names import MANAGEMENT, SANDBOXES, WORKLOADS

OURS = ("org-daily-backup-policy", "org-monthly-backup-policy")
THEIRS = "company-backups"
CONTENT = json.dumps({"plans": {}})


def loop():
    """The commands as the guide has them, behind the one that stops the pipeline's stage."""
    section = (ROOT / "docs/operating.md").read_text().split("## The stop button")[1]
    (block,) = re.findall(r"```console\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    first, commands = block.split("\n$ ")
    assert first.startswith("$ aws codepipeline disable-stage-transition ")
    return commands


@pytest.fixture
def shell(emulator, tmp_path):
    """Runs commands with the guide's profile and an `aws` that is the pinned one."""
    programs = tmp_path / "programs"
    programs.mkdir()
    aws = programs / "aws"
    aws.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awscli "$@"\n')
    aws.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(
        f"[profile management]\nregion = us-east-1\naws_access_key_id = {MANAGEMENT}\n"
        f"aws_secret_access_key = {SECRET}\n"
    )
    variables = environment(AWS_ENDPOINT_URL=emulator.url, AWS_CONFIG_FILE=str(config))
    variables["PATH"] = f"{programs}:{variables['PATH']}"

    def run(commands):
        done = subprocess.run(
            ["sh", "-e"], input=commands, env=variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_policies_are_detached_and_what_is_printed_attaches_them_again(emulator, shell):
    organizations = client(emulator.url, "organizations", MANAGEMENT)
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="BACKUP_POLICY")
    enabled = {"Type": "BACKUP_POLICY", "Status": "ENABLED"}
    eventually(
        lambda: enabled in organizations.list_roots()["Roots"][0]["PolicyTypes"],
        "backup policies were not enabled",
    )
    ids = {}
    for name in (*OURS, THEIRS):
        made = organizations.create_policy(
            Name=name, Type="BACKUP_POLICY", Content=CONTENT, Description=name
        )
        ids[name] = made["Policy"]["PolicySummary"]["Id"]
        for unit in (WORKLOADS, SANDBOXES):
            organizations.attach_policy(PolicyId=ids[name], TargetId=unit)

    def attached():
        return {
            name: {
                target["TargetId"]
                for target in organizations.list_targets_for_policy(PolicyId=number)["Targets"]
            }
            for name, number in ids.items()
        }

    before = attached()
    way_back = shell(loop())
    assert attached() == {**dict.fromkeys(OURS, set()), THEIRS: {WORKLOADS, SANDBOXES}}
    assert len(way_back.splitlines()) == 4
    shell(way_back)
    assert attached() == before

"""A release: the tag names the version, and the workflow's commands are this Makefile's."""

import re
import subprocess
import tarfile

import package
import pytest
import record_release
import release


@pytest.fixture
def root(tmp_path):
    (tmp_path / "Cargo.toml").write_text('[workspace.package]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3 - 2026-11-29\n")
    return tmp_path


def test_a_tag_that_names_the_version_is_released(root):
    release.check_tag("v1.2.3", root)


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.4", "v1.2", "v1.2.3-rc1"])
def test_another_tag_is_refused_by_name(root, tag):
    with pytest.raises(package.Refusal, match=re.escape(f"`{tag}` is not `v1.2.3`")):
        release.check_tag(tag, root)


def test_a_version_without_a_changelog_is_refused(root):
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.30\n\n## Unreleased\n")
    with pytest.raises(package.Refusal, match="CHANGELOG.md has no heading `## 1.2.3`"):
        release.check_tag("v1.2.3", root)


def test_a_version_whose_forerunner_is_not_recorded_is_refused(root, monkeypatch):
    """Or the way to the next version would be rehearsed from one that nobody has."""
    (root / "CHANGELOG.md").write_text("## 1.2.3\n\n## 1.2.2 - 2026-11-01\n\n## 1.2.1\n")
    monkeypatch.setattr(record_release, "recorded", lambda: ("1.2.1", None))
    wanted = "rehearsed from 1.2.1, and the last one is 1.2.2: `make record-release TAG=v1.2.2`"
    with pytest.raises(package.Refusal, match=re.escape(wanted)):
        release.check_tag("v1.2.3", root)
    monkeypatch.setattr(record_release, "recorded", lambda: ("1.2.2", None))
    release.check_tag("v1.2.3", root)


def test_what_a_version_deploys_is_recorded_and_held_to_its_checksum(tmp_path):
    record_release.record("v1.2.3", "HEAD", tmp_path)
    version, content = record_release.recorded(tmp_path)
    assert version == "1.2.3"
    with tarfile.open(fileobj=content) as archive:
        names = archive.getnames()
    assert "Makefile" in names
    assert "cloudformation/member-account/aws-backup-member-account.yaml" in names
    (tmp_path / record_release.ARCHIVE.name).write_bytes(b"another")
    with pytest.raises(record_release.NotRecorded, match="is not the one that release.json names"):
        record_release.recorded(tmp_path)


def test_what_is_no_commit_is_not_recorded(tmp_path):
    with pytest.raises(record_release.NotRecorded, match="v9.9.9"):
        record_release.record("v9.9.9", "v9.9.9", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_workflows_run_targets_that_exist():
    workflows = sorted((package.ROOT / ".github" / "workflows").glob("*.yml"))
    targets = [
        target
        for workflow in workflows
        for target in re.findall(r"run: make (\S+)", workflow.read_text())
    ]
    assert set(targets) == {"test", "release"}
    for target in targets:
        command = ["make", "--dry-run", "--always-make", target]
        subprocess.run(command, cwd=package.ROOT, check=True, capture_output=True)

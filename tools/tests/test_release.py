"""A release: the tag names the version, and the workflow's commands are this Makefile's."""

import re
import subprocess

import package
import pytest
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

"""Every scanner that package registries carry, at its strictest. Accepted findings stand at their
resource with a reason; there is no global list."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nag
import pytest
from model import ROOT, Template, policies, statements, suppressed, templates

BIN = Path(sys.executable).parent
FIXTURES = Path(__file__).parent / "fixtures"
GUARD = ROOT / ".tools" / "guard"

ALL = pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)


# One of every partition: the home account may be in any.
REGIONS = ("us-east-1", "us-gov-west-1", "cn-north-1")


def test_cfn_lint_strict():
    """Information counts as failure, in every kind of Region."""
    strict = ("-x", "E3012:strict=true", "I3042:region=true", "I3042:accountId=true")
    options = ("--format", "parseable", "-c", "I", *strict, "-r", *REGIONS)
    files = [template.path for template in templates()]
    result = run(BIN / "python", BIN / "cfn-lint", *options, "--", *files)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_checkov():
    files = [option for template in templates() for option in ("-f", template.path)]
    options = (
        "--framework",
        "cloudformation",
        "--skip-download",
        "--compact",
        "-o",
        "json",
    )
    result = run(BIN / "python", BIN / "checkov", *options, *files)
    report = json.loads(result.stdout)
    summary = report["summary"]
    failed = [
        f"{check['check_id']} {check['file_path']} {check['resource']}"
        for check in report["results"]["failed_checks"]
    ]
    assert failed == []
    accepted = {
        f"{check['check_id']} {Path(check['file_path']).name} {check['resource'].split('.')[-1]}"
        for check in report["results"]["skipped_checks"]
    }
    listed = {
        f"{rule} {template.path.name} {key}"
        for template in templates()
        for key, resource in template.resources().items()
        for rule in suppressed(resource, "checkov")
    }
    assert listed == accepted, "accepted findings that checkov no longer makes"
    assert summary["parsing_errors"] == 0
    assert summary["passed"] > 100


def test_checkov_skips_say_why():
    for template in templates():
        for key, resource in template.resources().items():
            for tool in ("checkov", "cfn_nag", "guard", "parliament"):
                for rule, reason in suppressed(resource, tool).items():
                    assert len(reason.split()) >= 4, (
                        f"{template.name} {key} {rule}: the reason is too short"
                    )


def test_guard():
    """AWS's Control Tower rules; a finding is accepted in the resource's `Metadata.guard`."""
    data = [option for template in templates() for option in ("-d", template.path)]
    result = run(
        GUARD / "cfn-guard",
        "validate",
        "-r",
        GUARD / "rules",
        *data,
        "-o",
        "json",
        "--structured",
        "--show-summary",
        "none",
    )
    report = json.loads(result.stdout)
    assert len(report) == len(templates())
    found, accepted = set(), set()
    for file in report:
        template = Template(Path(file["name"]))
        for rule in file["not_compliant"]:
            name = rule["Rule"]["name"]
            for key in set(re.findall(r"/Resources/(\w+)", json.dumps(rule))):
                entry = f"{template.name} {key} {name}"
                (accepted if name in suppressed(template.resources()[key], "guard") else found).add(
                    entry
                )
    assert sorted(found) == []
    listed = {
        f"{template.name} {key} {rule}"
        for template in templates()
        for key, resource in template.resources().items()
        for rule in suppressed(resource, "guard")
    }
    assert listed - accepted == set(), "accepted findings that the rules no longer make"


@ALL
def test_cfn_nag_questions(template):
    assert nag.findings(template) == []


@pytest.mark.parametrize("rule", ["F3", "F16", "F38", "F76", "W11", "W28"])
def test_cfn_nag_fixture_fails(rule):
    found = nag.findings(Template(FIXTURES / f"{rule}.yaml"))
    assert [line.split(": ")[1] for line in found] == [rule]


def test_the_guide_gives_these_figures():
    """The table of the security model, against what the templates accept."""
    count = dict.fromkeys(("guard", "parliament", "checkov"), 0)
    for template in templates():
        for resource in template.resources().values():
            for tool in count:
                count[tool] += len(suppressed(resource, tool))
    guide = (ROOT / "docs/deployment.md").read_text()
    assert f"these {len(templates())} templates" in guide
    assert f"0 failed, {count['checkov']} accepted with a reason |" in guide
    assert f"0 failed, {count['guard']} accepted with a reason |" in guide
    assert f"| 0, {count['parliament']} accepted with a reason |" in guide


@ALL
def test_parliament(template):
    """Actions, resources and conditions exist and fit each other."""
    import parliament

    for key, resource, where, kind, document in policies(template):
        if kind != "identity":
            continue
        resolved = {"Version": "2012-10-17", "Statement": statements(document, template)}
        analysed = parliament.analyze_policy_string(json.dumps(resolved))
        found = [
            f"{key} {where}: {finding.issue} {finding.detail}"
            for finding in analysed.findings
            if not {finding.issue, str(finding.detail)} & set(suppressed(resource, "parliament"))
        ]
        assert found == []

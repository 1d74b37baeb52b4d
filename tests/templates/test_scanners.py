"""Every scanner that package registries carry, at its strictest. Accepted findings stand at their
resource with a reason; there is no global list."""

import json
import re
import subprocess
import sys
from pathlib import Path

import guard
import nag
import pycfmodel
import pytest
from cfripper.config.config import Config
from cfripper.config.pluggy.utils import get_all_rules
from cfripper.rule_processor import RuleProcessor
from model import PSEUDO, ROOT, Template, policies, statements, suppressed, templates

BIN = Path(sys.executable).parent
FIXTURES = Path(__file__).parent / "fixtures"

ALL = pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)


# One of every partition that the home account may be in: targets-check refuses China.
REGIONS = ("us-east-1", "us-gov-west-1")


def cfn_lint(files) -> subprocess.CompletedProcess:
    """Information counts as failure, in every kind of Region."""
    strict = ("-x", "E3012:strict=true", "I3042:region=true", "I3042:accountId=true")
    options = ("--format", "parseable", "-c", "I", *strict, "-r", *REGIONS)
    return run(BIN / "python", BIN / "cfn-lint", *options, "--", *files)


def test_cfn_lint_strict():
    result = cfn_lint([template.path for template in templates()])
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


@pytest.mark.shipped
def test_cfn_lint_takes_the_examples_of_own_policies(tmp_path):
    """Pasted as docs/own-policies.md says."""
    page = (ROOT / "docs/own-policies.md").read_text()
    template = ROOT / "cloudformation/home-account/aws-backup-org-policy.yaml"
    before, after = template.read_text().split("\nOutputs:\n")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / template.name
    path.write_text("\n".join([before, *examples, f"Outputs:\n{after}"]))
    result = cfn_lint([path])
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_checkov():
    # Relative: checkov looks for secrets in the path, too, where 40 characters can look like one.
    paths = [template.path.relative_to(ROOT) for template in templates()]
    files = [option for path in paths for option in ("-f", path)]
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
            for tool in ("checkov", "cfn_nag", "guard", "parliament", "cfripper"):
                for rule, reason in suppressed(resource, tool).items():
                    assert len(reason.split()) >= 4, (
                        f"{template.name} {key} {rule}: the reason is too short"
                    )


def test_guard():
    """AWS's Control Tower rules, and of its public registry the part that a package carries."""
    found, accepted = guard.findings(guard.PACKAGED)
    assert sorted(found) == []
    packaged = guard.rule_names(guard.PACKAGED)
    assert {"sqs_dlq_check", "IAM_NO_INLINE_POLICY_CHECK"} <= packaged
    listed = {entry for entry in guard.listed() if entry.split()[2] in packaged}
    assert listed - accepted == set(), "accepted findings that the rules no longer make"


def cfripper_findings(template: Template) -> list:
    values = {name: template.resolve({"Ref": name}) for name in template.body.get("Parameters", {})}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    rules = get_all_rules()
    config = Config(rules=rules.keys(), aws_account_id=PSEUDO["AWS::AccountId"])
    processor = RuleProcessor(*[rules[name](config) for name in config.rules])
    model = pycfmodel.parse(template.body).resolve(extra_params=PSEUDO | texts)
    result = processor.process_cf_template(model, config)
    assert result.exceptions == []
    return result.failures


@pytest.mark.filterwarnings("ignore::DeprecationWarning:cfripper")
@ALL
def test_cfripper(template):
    """Every risk and mode counts."""
    made = {
        f"{key} {failure.rule}"
        for failure in cfripper_findings(template)
        for key in failure.resource_ids
    }
    accepted = {
        f"{key} {rule}"
        for key, resource in template.resources().items()
        for rule in suppressed(resource, "cfripper")
    }
    assert sorted(made - accepted) == []
    assert accepted - made == set(), "accepted findings that cfripper no longer makes"


def test_cfripper_finds_what_a_role_that_may_do_everything_is():
    """The fixture for cfn-nag's F3, so that a scanner that sees nothing would be noticed."""
    assert {failure.rule for failure in cfripper_findings(Template(FIXTURES / "F3.yaml"))} != set()


@ALL
def test_cfn_nag_questions(template):
    assert nag.findings(template) == []


@pytest.mark.parametrize("rule", ["F3", "F16", "F38", "F76", "W11", "W28"])
def test_cfn_nag_fixture_fails(rule):
    found = nag.findings(Template(FIXTURES / f"{rule}.yaml"))
    assert [line.split(": ")[1] for line in found] == [rule]


@pytest.mark.shipped
def test_the_guide_gives_these_figures():
    """The table of the security model, against what the templates accept."""
    count = dict.fromkeys(("guard", "parliament", "checkov", "cfripper", "cfn_nag"), 0)
    for template in templates():
        for resource in template.resources().values():
            for tool in count:
                count[tool] += len(suppressed(resource, tool))
    # The registry's rules are in capitals, those of Control Tower are not.
    registry = sum(entry.split()[2].isupper() for entry in guard.listed())
    guide = (ROOT / "docs/deployment.md").read_text()
    assert f"these {len(templates())} templates" in guide
    assert f"0 failed, {count['checkov']} accepted with a reason |" in guide
    assert f"31 failed | 0 failed, {count['guard'] - registry} accepted with a reason |" in guide
    assert f"54 failed | 0 failed, {registry} accepted with a reason |" in guide
    assert f"| 0, {count['cfripper']} accepted with a reason |" in guide
    assert f"| 0 by our own checks, {count['cfn_nag']} accepted with a reason |" in guide
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

"""backupctl reads templates as cfn-lint does: the same scalars, and the same values of functions.

crates/backupctl/tests/readings.json says what backupctl reads, and a test beside the code holds it
to that. Here cfn-lint reads the same, with its own decoder and its own resolution of functions.
"""

import datetime
import json

import pytest
from cfnlint.context import create_context_for_template
from cfnlint.decode import cfn_yaml
from cfnlint.jsonschema.validators import CfnTemplateValidator
from cfnlint.template import Template
from model import ROOT

READINGS = json.loads((ROOT / "crates/backupctl/tests/readings.json").read_text())
CASES = READINGS["cases"]


def read(snippet, folder):
    """The value of `Content` in a template with the snippet, as cfn-lint reads it."""
    file = folder / "template.yaml"
    value = snippet.replace("\n", "\n" + 8 * " ")
    file.write_text(READINGS["preamble"] + value + "\n")
    template = Template(str(file), cfn_yaml.load(str(file)), ["eu-west-1"])
    assert template.transform() == []
    context = create_context_for_template(template)
    validator = CfnTemplateValidator(schema={}, context=context, cfn=template)
    return resolved(template.template["Resources"]["P"]["Properties"]["Content"], validator)


def resolved(value, validator):
    if isinstance(value, dict) and len(value) == 1:
        (name,) = value
        if name == "Ref" or name.startswith("Fn::"):
            (only,) = (each[0] for each in validator.resolve_value(value))
            return resolved(only, validator)
    if isinstance(value, dict):
        return {key: resolved(each, validator) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each, validator) for each in value]
    # CloudFormation knows no timestamps.
    return value.isoformat() if isinstance(value, datetime.date) else value


@pytest.mark.shipped
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_template_is_read_as_cfn_lint_reads_it(case, tmp_path):
    try:
        theirs = read(case["template"], tmp_path)
    except ValueError:
        theirs = None  # more values than one
    # `==` takes 1 and True for equal.
    assert (repr(theirs) != repr(case["reads"])) == ("differs" in case)

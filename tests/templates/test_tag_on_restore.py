"""What the template of TagOnRestore, its code and its users' guide promise each other."""

import re

from model import ROOT, Template

TEMPLATE = Template(ROOT / "cloudformation" / "member-account" / "aws-backup-tagonrestore.yaml")
CODE = (ROOT / "crates" / "tag-on-restore" / "src" / "config.rs").read_text()
GUIDE = (ROOT / "docs" / "restore-tagging.md").read_text()


def variables() -> dict[str, str]:
    """The function's environment variables and the parameters that they come from."""
    (function,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    given = function["Properties"]["Environment"]["Variables"]
    return {
        name: re.findall(r"'Ref': '(?!AWS::)(\w+)'", str(value))[0] for name, value in given.items()
    }


def test_the_function_gets_the_variables_that_it_reads():
    read = re.findall(r'^pub const ([A-Z_]+): &str = "\1";', CODE, re.M)
    assert sorted(variables()) == sorted(read)


def test_the_code_knows_every_value_that_a_parameter_allows():
    for parameter in variables().values():
        for value in TEMPLATE.body["Parameters"][parameter].get("AllowedValues", []):
            assert f'"{value}"' in CODE, f"{parameter} allows {value}"


def test_the_guide_has_the_parameters_with_their_defaults():
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \| ([^|]+) \|", GUIDE, re.M)
    assert {variable: parameter for parameter, variable, _ in rows} == variables()
    for parameter, _, default in rows:
        stated = str(TEMPLATE.body["Parameters"][parameter]["Default"])
        assert default.strip() == (f"`{stated}`" if stated else "the list above"), parameter

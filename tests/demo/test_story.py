"""The short tour notices a promise that is not kept, and its commands and edits are sound."""

import io

from kit import solution

from . import edits
from .story import Story, foldable


def test_one_promise_that_is_not_kept_spoils_the_end():
    out = io.StringIO()
    story = Story(out)
    story.promise("kept", True, "yes")
    story.promise("not kept", False, "no")
    assert not story.end()
    assert "1 of 2 promises did not hold" in out.getvalue()
    assert "\033" not in out.getvalue()


def test_an_option_is_not_parted_from_its_first_value():
    command = "aws x y --arns arn:aws:s3:::a arn:aws:s3:::b --keep --tags Key=a,Value=b"
    assert foldable(command) == [
        "aws x y",
        "--arns arn:aws:s3:::a",
        "arn:aws:s3:::b",
        "--keep",
        "--tags Key=a,Value=b",
    ]


def test_the_edits_still_fit_the_template(tmp_path):
    for edit in (edits.two_mistakes, edits.drop_monthly_policy):
        assert edits.write(tmp_path, edit).read_text() != solution.ORG_POLICY_TEMPLATE.read_text()

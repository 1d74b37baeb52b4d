"""The cost follows from the templates and dated prices, and the guide shows what is computed."""

import re

import pytest
from deploy import __main__ as command_line
from deploy import cost
from deploy.problem import Problem
from deploy.stacks import ROOT

PAGE = ROOT / "docs" / "cost.md"
EXAMPLE = re.compile(r"\$ make cost ([^\n]*)\n(.*?)```", re.DOTALL)


def bill(**size):
    return {line.what: line.usd for line in cost.estimate(cost.Size(**size))}


def test_what_accounts_and_regions_cost_is_counted_in_the_templates():
    found = bill(accounts=300, regions=4)
    assert found["keys of the accounts"] == 300 * 4 * 1.0
    assert found["alarms of TagOnRestore"] == 0
    by_choice = bill(accounts=300, regions=4, alarms=1)["alarms of TagOnRestore"]
    assert by_choice == pytest.approx(300 * 4 * 0.10)
    assert found["other keys"] == 3.0
    polls = 300 * 4 * (648_000 + 4 * 30) * 0.40 / 1e6
    assert found["polling of TagOnRestore's queues"] == pytest.approx(polls)


def test_the_looks_are_those_of_the_functions_code_and_schedule():
    code = (ROOT / "crates/tag-on-restore/src/look.rs").read_text()
    always, _ = code.split("if dead_letters > 0")
    assert len(re.findall(r"^ {8}(?:queue|lambda)\(", always, re.M)) == cost.METRICS_A_LOOK
    assert always.count(".messages(") == cost.QUEUES_A_LOOK
    found = bill(accounts=300, regions=4)["TagOnRestore's looks at itself"]
    assert found == pytest.approx(300 * 4 * 4 * 30 * 4 * 0.01 / 1000)


def test_backups_are_a_full_one_and_a_change_for_every_further_day_of_retention():
    found = bill(accounts=1, regions=1, data_gb=1000, change=2, days=35, central_days=100)
    assert found["backups in the accounts"] == pytest.approx((1000 + 34 * 20) * 0.05)
    assert found["copies in the central vault"] == pytest.approx((1000 + 99 * 20) * 0.05)


def test_transfer_is_paid_for_what_lies_in_other_regions_than_the_central_vaults():
    assert bill(accounts=1, regions=1, data_gb=1000)["copies between Regions"] == 0
    four = {"accounts": 1, "regions": 4, "data_gb": 1000, "change": 10}
    assert bill(**four)["copies between Regions"] == pytest.approx(100 * 30 * 0.75 * 0.02)
    assert cost.first_month(cost.Size(**four)) == pytest.approx(1000 * 0.75 * 0.02)
    assert bill(**four, elsewhere=100)["copies between Regions"] == pytest.approx(100 * 30 * 0.02)


def test_the_retention_is_that_of_the_parameter_file_unless_another_is_named():
    assert cost.Size().days == cost.Size().central_days == 35


def test_every_price_names_its_source_and_what_it_rests_on():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", cost.PRICES["read"])
    for price in cost.PRICES["prices"].values():
        assert price["usd"] > 0
        assert price["source"].startswith("https://aws.amazon.com/")
        assert price["unit"]
        assert price["evidence"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ACOUNTS=3", "no such size"),
        ("ACCOUNTS=many", "`many` is no number"),
        ("ACCOUNTS=0", "ACCOUNTS: there is none"),
        ("CHANGE=-1", "less than nothing"),
        ("ELSEWHERE=120", "more than 100 percent"),
    ],
)
def test_a_size_that_is_none_is_refused_by_name(word, reason):
    with pytest.raises(Problem, match=reason):
        cost.read([word])


def test_the_page_shows_what_the_command_prints(capsys):
    examples = EXAMPLE.findall(PAGE.read_text())
    assert examples
    for words, shown in examples:
        assert command_line.main(["cost", *words.split()]) == 0
        assert capsys.readouterr().out == shown


def test_the_page_explains_every_size_that_can_be_named():
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE))
    makefile = (ROOT / "tools/deploy/deploy.mk").read_text()
    (sizes,) = re.findall(r"^COST_SIZES := (.*)$", makefile, re.MULTILINE)
    assert named == set(sizes.split()) == {name.upper() for name in vars(cost.Size())}

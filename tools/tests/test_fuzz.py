"""What is kept of a fuzzer's run."""

import subprocess
import sys

import fuzz

SAID = """\
slowest: 120 us for an input of 20 bytes
largest: 4096 bytes of memory for an input of 20 bytes
#2\tINITED cov: 10 ft: 20 corp: 3/40b
slowest: 2450 us for an input of 65536 bytes
largest: 1500000 bytes of memory for an input of 4000 bytes
#10000000\tDONE   cov: 2101 ft: 9002 corp: 300/40Kb
stat::number_of_executed_units: 10000000
stat::peak_rss_mb:              87
"""


def test_a_run_is_told_by_its_last_figures():
    assert fuzz.figures(SAID) == {
        "inputs": 10_000_000,
        "process": 87,
        "slowest": 2450,
        "largest": 1_500_000,
        "places": 2101,
        "ways": 9002,
    }


def test_a_target_has_one_row_its_last(monkeypatch):
    monkeypatch.setattr(fuzz, "compiler", lambda: "rustc 1.95.0")
    row = {**fuzz.figures(SAID), "seconds": 1234}
    page = fuzz.recorded(fuzz.recorded("", "tree", row), "schedule", row)
    page = fuzz.recorded(page, "tree", {**row, "inputs": 7})
    rows = [line for line in page.splitlines() if line.startswith(("| schedule |", "| tree |"))]
    assert [row.split(" | ")[:4] for row in rows] == [
        ["| schedule", "10,000,000", "1,234", "2.5 ms"],
        ["| tree", "7", "1,234", "2.5 ms"],
    ]


def test_a_target_that_does_not_exist_is_told_with_those_that_do():
    said = subprocess.run(
        [sys.executable, fuzz.__file__, "shedule"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "no target `shedule`: the targets are file, organization" in said.stderr

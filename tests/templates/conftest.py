"""pytest finds the model and the deploy package from here, and keeps apart who judges what.

The pipeline's validation runs these tests on whatever its user committed: they judge templates, and
`make values-check` judges the values. A test marked `shipped` holds for the repository as it is
shipped (its defaults, its documents); the pipeline does not run it, and no other test may read a
parameter file.
"""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools")]

PARAMETERS = str(ROOT / "cloudformation" / "parameters")
_barred = False


def pytest_configure(config):
    config.addinivalue_line("markers", "shipped: of the repository as it is shipped")
    sys.addaudithook(_look)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    global _barred
    _barred = HERE in item.path.parents and item.get_closest_marker("shipped") is None
    try:
        return (yield)
    finally:
        _barred = False


def _look(event, arguments):
    opened = arguments[0] if event == "open" else None
    if _barred and isinstance(opened, str | os.PathLike):
        path = os.path.abspath(opened)
        if os.path.dirname(path) == PARAMETERS:
            raise AssertionError(f"{path} is its user's: mark the test `shipped`")

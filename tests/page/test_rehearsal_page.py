"""The rehearsal's page, in the Chromium of this machine."""

import pytest
from kit.wait import eventually
from playwright.sync_api import expect
from rehearsal.report.page import page as make
from rehearsal.report.sample import BROKEN, EVIL, EVIL_TEXT, HELD

from .test_page import LAPTOP, PHONE, TOO_FAINT, TOO_WIDE

# Tables are in boxes that scroll by themselves.
TOO_WIDE_OUTSIDE = TOO_WIDE.replace("'.hidden,", "'.scroll *, .hidden,")
RESULTS = {"held": HELD, "broken": BROKEN, "hostile": EVIL}


@pytest.fixture
def write(tmp_path):
    """A function that writes the page of a result."""

    def write(result):
        file = tmp_path / "rehearsal.html"
        file.write_text(make(result), encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("size", [LAPTOP, PHONE, (320, 640)])
@pytest.mark.parametrize("name", RESULTS)
def test_nothing_is_wider_than_the_window_but_what_scrolls_by_itself(write, open_page, name, size):
    page = open_page(write(RESULTS[name]), "", *size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(TOO_WIDE_OUTSIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["held", "broken"])
def test_every_text_stands_out_from_its_ground(write, open_page, name, scheme):
    page = open_page(write(RESULTS[name]), scheme=scheme)
    assert page.evaluate(TOO_FAINT) == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_how_it_ended_is_the_first_thing_to_see(write, open_page, size):
    page = open_page(write(BROKEN), "", *size)
    outcome = page.get_by_role("region", name="How it ended")
    expect(outcome).to_contain_text("Failed in stage 2")
    box = outcome.bounding_box()
    assert box["y"] + box["height"] < size[1]


def test_tables_are_tables_to_whoever_does_not_see_them(write, open_page):
    page = open_page(write(HELD), "", *PHONE)
    table = page.get_by_role("table", name="Accounts and Regions")
    columns = [header.inner_text() for header in table.get_by_role("columnheader").all()]
    assert columns == [
        "account",
        "eu-central-1",
        "eu-west-1",
        "eu-north-1",
        "policies that reach it",
    ]
    row = table.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="newcomer 666666666666 in the root")
    )
    parts = row.get_by_role("cell").first.get_by_role("listitem").all()
    # Said in words: a colour alone would not do.
    assert [part.inner_text() for part in parts] == ["✓ vault", "✓ key", "✓ role", "no function"]


def test_the_keyboard_reaches_what_scrolls(write, open_page):
    page = open_page(write(HELD), "", *PHONE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the result")).to_be_focused()
    page.keyboard.press("Tab")
    box = page.get_by_role("group", name="Accounts and Regions")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowRight")
    eventually(lambda: box.evaluate("box => box.scrollLeft") > 0, "nothing scrolls")


def test_sections_have_names_and_ids_of_their_own(write, open_page):
    page = open_page(write(HELD))
    repeated = """() => [...document.querySelectorAll('[id]')].map(element => element.id)
      .filter((id, at, ids) => ids.indexOf(id) !== at)"""
    assert page.evaluate(repeated) == []
    nameless = """() => [...document.querySelectorAll('[aria-labelledby]')]
      .filter(element => !document.getElementById(element.getAttribute('aria-labelledby')))
      .map(element => element.outerHTML.slice(0, 100))"""
    assert page.evaluate(nameless) == []
    assert page.locator("h1").count() == 1


def test_what_comes_from_outside_stays_text(write, open_page):
    page = open_page(write(EVIL), "", *PHONE)
    assert page.locator("img, script").count() == 0
    assert page.get_by_text(EVIL_TEXT).count() > 10


def test_the_bars_are_to_scale(write, open_page):
    page = open_page(write(HELD))
    table = page.get_by_role("table", name="Stages")
    widths = [bar.bounding_box()["width"] for bar in table.locator(".track > span").all()]
    track = table.locator(".track").first.bounding_box()["width"]
    # 0.5 s and 3.4 s of 121.5 s: what is too short to see still is a mark.
    assert widths == pytest.approx([2, track, 2.6], abs=0.5)

"""The page of `backupctl status`, in the Chromium of this machine."""

import os
import pathlib
import subprocess

import pytest
from playwright.sync_api import expect

from .conftest import ROOT
from .test_page import LAPTOP, PHONE, TOO_FAINT, TOO_WIDE

EVERYTHING_OPEN = "document.querySelectorAll('details').forEach(it => it.open = true)"


@pytest.fixture(scope="session")
def write(browser, tmp_path_factory):
    """A function that writes the page of one of the example's organizations."""
    built = os.environ.get("BACKUPCTL", ROOT / "target" / "debug" / "backupctl")
    program = pathlib.Path(built).parent / "examples" / "status-page"
    folder = tmp_path_factory.mktemp("status")

    def write(which):
        file = folder / f"{which}.html"
        if not file.exists():
            file.write_bytes(
                subprocess.run([program, which], check=True, capture_output=True).stdout
            )
        return file

    return write


@pytest.mark.parametrize("size", [LAPTOP, PHONE, (320, 640)])
@pytest.mark.parametrize("which", ["well", "small", "evil"])
def test_nothing_is_wider_than_the_window(write, open_page, which, size):
    page = open_page(write(which), "", *size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.evaluate(EVERYTHING_OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(write, open_page, scheme):
    for which in ("well", "small"):
        page = open_page(write(which), scheme=scheme)
        page.evaluate(EVERYTHING_OPEN)
        assert page.evaluate(TOO_FAINT) == [], which


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_what_is_wrong_is_the_first_thing_to_see(write, open_page, size):
    page = open_page(write("small"), "", *size)
    attention = page.get_by_role("region", name="Needs attention")
    late = attention.get_by_role("heading", name="Late: 2 runs")
    assert late.bounding_box()["y"] < size[1] / 2
    assert attention.get_by_role("heading", level=4).all_inner_texts() == ["AccessDenied", "KMS"]
    expect(attention.get_by_text("Access Denied trying to call AWS Backup service")).to_be_visible()
    expect(
        attention.get_by_text("restore jobs in us-east-1: backup:ListRestoreJobs")
    ).to_be_visible()


def test_where_all_is_well_it_says_so(write, open_page):
    page = open_page(write("well"))
    expect(page.get_by_role("region", name="Nothing needs attention")).to_contain_text(
        "Nothing is late."
    )
    expect(page.get_by_role("heading", name="All well: 8 accounts")).to_be_visible()


def test_what_is_late_leads_to_its_account(write, open_page):
    page = open_page(write("large"))
    attention = page.get_by_role("region", name="Needs attention")
    last = page.get_by_role("table", name="100000000125 eu-north-1")
    expect(last).to_have_count(0)
    attention.get_by_role("link", name="shop-development-125").click()
    account = page.locator("#account-100000000125")
    expect(account.get_by_text("Late: backup by weekly/sunday in eu-central-1")).to_be_in_viewport()
    expect(last.get_by_role("row")).to_have_count(11)
    columns = last.get_by_role("columnheader").all_inner_texts()
    assert columns == ["eu-north-1", "Backup", "Copy", "Restore"]


def test_the_keyboard_opens_and_closes_an_account(write, open_page):
    page = open_page(write("small"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the accounts")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What completed last")).to_be_focused()
    page.keyboard.press("Tab")
    table = page.get_by_role("table", name="100000000002 eu-west-1")
    expect(table).to_have_count(0)
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    page.keyboard.press("Space")
    expect(table).to_have_count(0)


def test_what_can_be_opened_says_what_it_is(write, open_page):
    page = open_page(write("small"))
    page.evaluate(EVERYTHING_OPEN)
    unnamed = "[...document.querySelectorAll('summary')].filter(it => !it.innerText.trim()).length"
    assert page.evaluate(unnamed) == 0
    # A table says which one it is, and an account's whose it is.
    labels = "[...document.querySelectorAll('table')].map(it => it.getAttribute('aria-label'))"
    assert all(page.evaluate(labels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(it => it.id)")
    assert len(ids) == len(set(ids))


def test_five_hundred_accounts_in_four_regions_stay_readable(write, open_page):
    """What is wrong fits into two windows; the rest is folded, and is there."""
    file = write("large")
    assert file.stat().st_size < 6_000_000
    page = open_page(file)
    assert page.evaluate("document.documentElement.scrollHeight") < 2 * LAPTOP[1]
    page.get_by_text("All well: 319 accounts").click()
    row = page.get_by_text("billing-development-011").first
    row.scroll_into_view_if_needed()
    row.click()
    expect(page.get_by_role("table", name="100000000011 us-east-1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == LAPTOP[0]


def test_what_comes_from_outside_stays_text(write, open_page):
    page = open_page(write("evil"))
    page.evaluate(EVERYTHING_OPEN)
    assert page.evaluate("document.querySelectorAll('script, img').length") == 0
    assert page.evaluate("document.querySelectorAll('style').length") == 1
    assert page.get_by_text("<img src=x onerror=alert(2)>").count() > 3

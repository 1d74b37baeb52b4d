"""Pages made by `backupctl effective --format html`, in the Chromium of this machine."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "crates/backupctl/examples/organization.json"
# A Monday, so that the calendar is the same whenever the test runs.
NOW = "2026-11-23T00:05:00Z"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser():
    """The browser's path: CHROMIUM says which, or it is looked for."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


NO_BROWSER = (
    "the page is not tested: no Chromium is installed (on Debian: apt install chromium; "
    "elsewhere: set CHROMIUM to its path)"
)


def pytest_terminal_summary(terminalreporter):
    """Says once why everything was skipped."""
    if not find_browser():
        terminalreporter.write_line(NO_BROWSER)


@pytest.fixture(scope="session")
def browser():
    path = find_browser()
    if not path:
        pytest.skip(NO_BROWSER)
    # Chromium's sandbox does not work for root, whom CI often is. The pages are our own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def make_page(tmp_path_factory):
    """Makes the page of an organization: a file, or what one holds."""

    def make(organization=SAMPLE, *arguments, at=NOW):
        folder = tmp_path_factory.mktemp("page")
        if isinstance(organization, dict):
            file = folder / "organization.json"
            file.write_text(json.dumps(organization))
            organization = file
        page = folder / "page.html"
        command = [os.environ.get("BACKUPCTL", ROOT / "target" / "debug" / "backupctl")]
        command += ["effective", "--organization", organization, "--format", "html"]
        command += ["--at", at, "--output", page, *arguments]
        done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert done.returncode in (0, 1), done.stderr
        return page

    return make


@pytest.fixture(scope="session")
def sample(browser, make_page):
    return make_page()


@pytest.fixture
def open_page(browser):
    """Opens a page, and in the end finds that nothing went wrong in it."""
    contexts, wrong = [], []

    def open(file, fragment="", width=1366, height=768, scheme="light", timezone="UTC"):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            offline=True,
            timezone_id=timezone,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        address = file.as_uri()
        page.on(
            "request",
            lambda request: (
                None if request.url.split("#")[0] == address else wrong.append(request.url)
            ),
        )
        page.goto(address + fragment)
        return page

    yield open
    for context in contexts:
        context.close()
    assert wrong == []

"""The page for the sample organization, as people use it."""

import pytest
from bench.effective import organization
from playwright.sync_api import expect

from .conftest import SAMPLE

LAPTOP, PHONE = (1366, 768), (390, 844)
DATA_LAB = "#100000000033"
# What is shown: the whole organization, a unit, an account with plans, an invalid one, one that
# gets nothing, and a policy.
PLACES = [
    "",
    "#ou-exmp-finance01",
    DATA_LAB,
    "#100000000025",
    "#100000000001",
    "#p-americas01",
]


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_the_problems_are_the_first_thing_to_see(sample, open_page, size):
    page = open_page(sample, "", *size)
    attention = page.get_by_role("region", name="Needs attention")
    for text in ["The merge is invalid for billing", "CROSS_ATTRIBUTE_VALIDATION"]:
        assert attention.get_by_text(text).bounding_box()["y"] < size[1]
    expect(attention.get_by_text("2 accounts get no backup plan")).to_be_visible()
    names = [link.inner_text() for link in attention.get_by_role("link").all()]
    assert names == [
        "billing",
        "production-databases",
        "billing-longer-recovery",
        "management",
        "old-website",
    ]
    attention.get_by_role("link", name="billing", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="billing")).to_be_visible()


def go(page, place):
    """Shows another place in the same page."""
    change = """place => location.hash === place || new Promise(done => {
      addEventListener("hashchange", done, { once: true });
      location.hash = place;
    })"""
    page.evaluate(change, place)


@pytest.mark.parametrize("size", [LAPTOP, PHONE, (320, 640)])
def test_nothing_is_wider_than_the_window(sample, open_page, size):
    page = open_page(sample, "", *size)
    for place in PLACES:
        go(page, place)
        page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        expect(page.locator("details:not(:has(.body))")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0], place
        assert page.evaluate(TOO_WIDE) == [], place


# What is wider than its place, unless it scrolls by itself or ends in an ellipsis.
TOO_WIDE = """() => [...document.body.querySelectorAll('*')]
  .filter(element => element.checkVisibility() && !element.closest('.hidden, .skip, .sheet thead'))
  .filter(element => {
    const style = getComputedStyle(element);
    const copes = style.textOverflow === 'ellipsis' || style.overflowX === 'auto';
    const isCut = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
    return isCut && !copes || element.getBoundingClientRect().right > innerWidth + 1;
  })
  .map(element => element.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(sample, open_page, scheme):
    page = open_page(sample, scheme=scheme)
    for place in PLACES:
        go(page, place)
        assert page.evaluate(TOO_FAINT) == [], place


# Texts whose contrast is below 4.5, by WCAG's formula.
TOO_FAINT = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const isText = walker.currentNode.textContent.trim() && element.checkVisibility();
    if (!isText || element.closest('script, noscript, button:disabled, .hidden, .skip')) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 100)}`);
  }
  return faint;
}"""


def test_an_account_shows_every_value_with_its_policy(sample, open_page):
    page = open_page(sample, DATA_LAB)
    crumbs = page.get_by_role("navigation", name="Where it is")
    assert [link.inner_text() for link in crumbs.get_by_role("link").all()] == [
        "Root",
        "Workloads",
        "Development",
    ]
    rule = page.get_by_role("table", name="Rule nightly")
    assert row(rule, "Cancelled after") == ["600 minutes", "data-lab-shorter"]
    assert row(rule, "Deleted after") == [
        "35 days\ndata-lab-shorter wants to change it, which org-daily does not allow",
        "org-daily",
    ]
    tree, line = page.locator("#tree").bounding_box(), page.locator("[data-current]").bounding_box()
    assert tree["y"] <= line["y"] <= tree["y"] + tree["height"] - line["height"]
    rule.get_by_role("link", name="data-lab-shorter").click()
    expect(page.get_by_role("heading", level=2, name="data-lab-shorter")).to_be_visible()
    expect(page.locator("#scope").get_by_role("link", name="data-lab", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=2, name="data-lab", exact=True)).to_be_visible()


def row(table, label):
    cells = table.get_by_role("row").filter(has=table.page.get_by_role("rowheader", name=label))
    return [cell.inner_text() for cell in cells.first.get_by_role("cell").all()]


def test_the_calendar_shows_the_coming_weeks(sample, open_page):
    page = open_page(sample, DATA_LAB)
    days = page.locator("#calendar").get_by_role("button").all()
    names = [day.get_attribute("aria-label") for day in days]
    assert len(names) == 35
    assert names[0] == "Monday 23 November: 05:00 nightly with copies"
    assert names[8] == (
        "Tuesday 1 December: 05:00 nightly with copies, 05:00 first-of-month with copies"
    )
    days[8].click()
    agenda = page.locator(".agenda")
    assert "Tuesday 1 December 2026" in agenda.inner_text()
    assert "kept 366 days, in cold storage after 30 days" in agenda.inner_text()
    assert "→ copied to AWSBackupSolutionCentralVault" in agenda.inner_text()
    nothing = open_page(sample, "#100000000001")
    expect(nothing.get_by_text("No backup starts in these weeks.")).to_be_visible()


def test_retention_is_drawn_to_scale(sample, open_page):
    page = open_page(sample, "#ou-exmp-finance01")
    table = page.get_by_role("table", name="How long it is kept")
    monthly = table.get_by_role("row").filter(has_text="monthly / first-of-month")
    assert "kept 2557 days (7 years), in cold storage after 30 days" in monthly.inner_text()
    spans = [span.bounding_box() for span in monthly.locator(".span").all()]
    warm, cold = spans[:2]
    assert abs(warm["x"] + warm["width"] - cold["x"]) < 2
    ticks = {name.inner_text(): name.bounding_box() for name in page.locator(".scale span").all()}
    month, seven = ticks["1 month"], ticks["7 years"]
    assert abs(month["x"] + month["width"] / 2 - cold["x"]) < 2
    assert abs(seven["x"] + seven["width"] - cold["x"] - cold["width"]) < 2


def test_the_filter_narrows_everything(sample, open_page):
    page = open_page(sample)
    box = page.get_by_role("searchbox", name="Filter accounts")
    status = page.locator("#matches")
    tree = page.locator("#tree")

    box.fill("orders")
    expect(status).to_have_text("3 of 40 accounts")
    accounts = [item.inner_text() for item in tree.locator(".account").all()]
    assert accounts == ["orders-eu", "orders-us", "orders-dev"]
    expect(page.get_by_text("3 of 40 accounts, by the filter")).to_be_visible()
    assert page.locator(".group").count() == 3

    # Units, ids, policies and states can be looked for, too, and all words must be there.
    for query, count in [
        ("sandbox", 6),
        ("100000000033", 1),
        ("AMERICAS-regions", 5),
        ("finance invalid", 1),
        ("nothing", 2),
    ]:
        box.fill(query)
        expect(status, query).to_have_text(f"{count} of 40 accounts")

    box.fill("no such thing")
    expect(tree).to_have_text("Nothing matches.")
    box.press("Escape")
    assert box.input_value() == ""
    assert status.inner_text() == ""
    assert tree.locator(".account").count() == 40


def test_enter_in_the_filter_opens_the_only_match(sample, open_page):
    page = open_page(sample)
    box = page.get_by_role("searchbox", name="Filter accounts")
    box.fill("orders")
    box.press("Enter")
    expect(page.locator("#matches")).to_have_text("3 of 40 accounts: type more, or choose one")
    expect(page.get_by_role("heading", level=2)).to_contain_text(["Needs attention", "Root"])
    box.fill("orders-us")
    box.press("Enter")
    expect(page.get_by_role("heading", level=2, name="orders-us")).to_be_in_viewport()
    assert page.url.endswith("#100000000019")


@pytest.mark.parametrize("query", ["", "orders"])
def test_on_a_phone_what_is_chosen_is_shown(sample, open_page, query):
    page = open_page(sample, "", *PHONE)
    page.get_by_role("searchbox", name="Filter accounts").fill(query)
    account = page.locator("#tree").get_by_role("link", name="orders-dev")
    for _ in range(2):  # the second time it is shown already
        account.scroll_into_view_if_needed()
        account.click()
        heading = page.get_by_role("heading", level=2, name="orders-dev")
        expect(heading).to_be_in_viewport()
        plan = page.get_by_role("heading", level=3, name="What it gets")
        expect(plan).to_be_in_viewport()
        assert account.bounding_box()["y"] < 0


def test_a_second_time_zone_stands_beside_utc(sample, open_page):
    page = open_page(sample, DATA_LAB)
    # The browser is in UTC here, so none is chosen.
    choice = page.get_by_role("combobox", name="Second time zone")
    assert choice.input_value() == ""
    agenda = page.locator(".agenda")
    assert "05:00\n" in agenda.inner_text()
    choice.select_option("Asia/Tokyo")
    expect(agenda).to_contain_text("05:00 UTC")
    expect(agenda).to_contain_text("14:00")
    expect(page.get_by_text("and for the time in Asia/Tokyo")).to_be_visible()
    expect(choice).to_be_focused()
    # Another place is shown in the same zone, with the day where it is another one.
    choice.select_option("America/Los_Angeles")
    go(page, "#ou-exmp-finance01")
    expect(agenda).to_contain_text("21:00 Sun")
    choice.select_option("")
    expect(agenda).not_to_contain_text("UTC")


def test_the_readers_own_time_zone_is_the_second_one(make_page, open_page):
    page = open_page(make_page(at="2026-10-12"), DATA_LAB, timezone="Europe/Berlin")
    choice = page.get_by_role("combobox", name="Second time zone")
    assert choice.input_value() == "Europe/Berlin"
    days = page.locator("#calendar").get_by_role("button")
    agenda = page.locator(".agenda")
    for day, local in [("Saturday 24 October", "07:00"), ("Monday 26 October", "06:00")]:
        days.and_(page.get_by_label(day)).click()
        expect(agenda).to_contain_text(f"05:00 UTC{local}")
        expect(agenda).not_to_contain_text("The clocks")
    days.and_(page.get_by_label("Sunday 25 October")).click()
    expect(agenda).to_contain_text("The clocks of Europe/Berlin go back by 1 hour on this day.")
    assert page.locator(".day .shift").count() == 1


def test_groups_say_in_what_they_differ(sample, open_page):
    page = open_page(sample, "#ou-exmp-develop01")
    differences = [item.inner_text() for item in page.locator(".differs").all()]
    assert differences == ["Differs in nightly: cancelled after 600 minutes"]


def test_the_keyboard_reaches_everything(sample, open_page):
    page = open_page(sample)
    seen = []
    for _ in range(9):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.id")
        )
    assert seen[:9] == [
        "Skip to what they get",
        "billing",
        "production-databases",
        "billing-longer-recovery",
        "management",
        "old-website",
        "filter",
        # One stop for the whole tree: the arrow keys go on from there.
        "Root3 to look at40 accounts",
        "What they get",
    ]

    page.locator("#tree a").first.focus()
    for key in ["ArrowDown", "ArrowDown", "Enter"]:
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=2, name="log-archive")).to_be_visible()
    for key in ["ArrowLeft", "ArrowLeft", "ArrowDown", "Enter"]:
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=2, name="Infrastructure")).to_be_visible()
    assert focused_name(page) == "Infrastructure"

    summary = page.locator("details > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Plan").first).to_be_visible()

    page.locator('.day[tabindex="0"]').focus()
    for key in ["ArrowDown", "ArrowRight", "Enter"]:
        page.keyboard.press(key)
    assert "Tuesday 1 December 2026" in page.locator(".agenda").inner_text()

    page.get_by_role("link", name="How long it is kept").focus()
    page.keyboard.press("Enter")
    assert page.locator("#retention").bounding_box()["y"] < 768
    assert page.get_by_role("heading", level=2, name="Infrastructure").count() == 1


def focused_name(page):
    return page.evaluate("document.activeElement.querySelector('.name').textContent")


def test_everything_that_can_be_used_has_a_name(sample, open_page):
    page = open_page(sample)
    session = page.context.new_cdp_session(page)
    for place in PLACES:
        go(page, place)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "link", "searchbox", "navigation", "table", "DisclosureTriangle"}
        without = [
            node["role"]["value"]
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in roles
            and not node.get("name", {}).get("value", "").strip()
        ]
        assert without == [], place


def test_what_comes_from_outside_stays_text(make_page, open_page):
    evil = "</script><img src=x onerror=alert(1)>@script@<!--" + 60 * "x"
    content = {"plans": {50 * "p": {"regions": {"@@assign": [evil]}}}}
    organization = {
        "policy_type": "BACKUP_POLICY",
        "root": {
            "id": "r-evil",
            "name": evil,
            "policies": ["p-evil00001"],
            "accounts": [{"id": "100000000001", "name": evil}],
        },
        "policies": {"p-evil00001": {"name": evil, "content": content}},
    }
    page = open_page(make_page(organization), "#100000000001", *PHONE)
    assert page.evaluate(TOO_WIDE) == []
    assert page.locator("#scope h2").inner_text().startswith(evil)
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert page.title() == f"{evil}: effective backup policies"
    assert evil in page.get_by_role("table", name="Plan").inner_text()


def test_thousands_of_accounts_stay_usable(make_page, open_page):
    page = open_page(make_page(large(units=100, accounts=50)))
    expect(page.get_by_text("5,000 accounts").first).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 3000
    page.get_by_role("searchbox").fill("account-73-41")
    expect(page.get_by_text("1 of 5,000 accounts", exact=True)).to_be_visible()
    page.locator("#tree").get_by_role("link", name="account-73-41").click()
    expect(page.get_by_role("heading", level=2, name="account-73-41")).to_be_visible()


def test_many_different_results_are_drawn_as_they_are_looked_at(make_page, open_page):
    file = make_page(organization(3_000))
    # What results have in common is in the page once.
    assert file.stat().st_size < 1_500_000
    page = open_page(file)
    results = page.locator("#figures").get_by_text("different results").locator("..")
    expect(results).to_contain_text("1,000")
    assert page.evaluate("document.querySelectorAll('*').length") < 4_000
    page.get_by_role("searchbox").fill("2999")
    page.locator("#tree").get_by_role("link", name="account 2999").click()
    expect(page.get_by_role("heading", level=2, name="account 2999")).to_be_visible()
    assert page.locator(".group .plan").count() == 4


def test_thousands_of_units_are_shown_bit_by_bit(make_page, open_page):
    page = open_page(make_page(large(units=250, accounts=1)))
    units = page.locator("#tree .unit")
    expect(units).to_have_count(1 + 100)
    page.locator("#tree").get_by_role("button", name="150 more").click()
    expect(units).to_have_count(1 + 200)
    next_one = page.locator('#tree [data-id="ou-many-00000100"]').get_by_role("link")
    expect(next_one).to_be_focused()


def test_what_is_in_vain_is_named_with_its_remedy(make_page, open_page):
    vain = large(units=2, accounts=3)
    content = vain["policies"]["p-daily00001"]["content"]
    role = {"@@assign": "arn:aws:iam::$account:role/AWSBackupDefaultServiceRole"}
    content["plans"]["daily"]["selections"]["tags"]["all"]["iam_role_arn"] = role
    vault = {"@@assign": "Other"}
    same = {"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": vault}}}}}
    vain["policies"]["p-idle000001"] = {"name": "idle", "content": same}
    vain["root"]["organizational_units"][1]["policies"].append("p-idle000001")
    page = open_page(make_page(vain))
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention).to_contain_text(
        "role-default-path plans/daily/selections/tags/all/iam_role_arn"
    )
    expect(attention).to_contain_text("Remedy: use a role of your own")
    concerned = attention.locator(".card").filter(has_text="will not do what it seems to")
    expect(concerned.locator(".names")).to_have_text("account-1-0account-1-1account-1-2")
    expect(attention).to_contain_text("policy idle changes nothing for any account")
    concerned.get_by_role("link", name="account-1-0").click()
    group = page.locator("#plans .problem.warn")
    expect(group).to_contain_text("role-default-path")


def large(units, accounts):
    plan = {
        "regions": {"@@assign": ["eu-west-1"]},
        "rules": {
            "nightly": {
                "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
                "target_backup_vault_name": {"@@assign": "Vault"},
            }
        },
        "selections": {
            "tags": {
                "all": {
                    "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"},
                    "tag_key": {"@@assign": "backup"},
                    "tag_value": {"@@assign": ["yes"]},
                }
            }
        },
    }

    def unit(index):
        # Every tenth unit gets nothing.
        policies = ["p-daily00001"] if index % 10 else []
        numbers = range(accounts)
        return {
            "id": f"ou-many-{index:08}",
            "name": f"unit-{index}",
            "policies": policies,
            "accounts": [
                {"id": f"{index:06}{number:06}", "name": f"account-{index}-{number}"}
                for number in numbers
            ],
        }

    return {
        "policy_type": "BACKUP_POLICY",
        "root": {
            "id": "r-many",
            "name": "Many",
            "organizational_units": [unit(index) for index in range(units)],
        },
        "policies": {"p-daily00001": {"name": "daily", "content": {"plans": {"daily": plan}}}},
    }


def test_an_organization_without_problems_says_so(make_page, open_page):
    organization = large(units=1, accounts=3)
    organization["root"]["policies"] = ["p-daily00001"]
    page = open_page(make_page(organization))
    expect(page.get_by_text("Every account gets a backup plan")).to_be_visible()


def test_one_account_alone_has_a_page(make_page, open_page):
    page = open_page(make_page(SAMPLE, "--account", DATA_LAB[1:]))
    assert page.locator("#tree .account").count() == 1
    expect(page.get_by_text("Every account gets a backup plan")).to_be_visible()
    page.locator("#tree").get_by_role("link", name="data-lab").click()
    expect(page.get_by_role("table", name="Rule nightly")).to_be_visible()

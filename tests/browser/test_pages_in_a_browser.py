"""What a person sees and clicks, in a real browser with scripts switched off: the sandbox's pages and a plan to read."""

from __future__ import annotations

import itertools
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from report_samples import (
    COMPANIES,
    create_draft,
    planned,
    realistic_dry_run,
    realistic_reconciliation,
    record_url,
    run,
)
from report_samples import row as line_row
from revenue_samples import realistic_revenue
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.helping import Language
from sfspiris.report.html import html_report
from sfspiris.report.revenue_page import revenue_page
from sfspiris.sandbox.kernel.app import start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.server import running
from sfspiris.sandbox.spiris import drafts
from sfspiris.sandbox.spiris.simulator import SpirisSimulator
from sfspiris.sandbox.worlds import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

BROWSER, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SECONDS = 60
DESK, PHONE = (1280, 900), (390, 844)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SENT = "Network.requestWillBeSent"
SCRIPTS_OFF = {"profile.managed_default_content_settings.javascript": 2}


@dataclass
class Window:
    """One browser window without scripts, and what it noticed on the way."""

    driver: webdriver.Chrome
    width: int = DESK[0]

    def open(self, address: str) -> None:
        self.driver.get(address)

    def resize(self, size: tuple[int, int], *, scheme: str = "light") -> None:
        self.width, height = size
        device = {"width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def follow(self, words: str) -> None:
        """Click the link that says so and wait until its page is there."""
        self._leave(self.driver.find_element(By.LINK_TEXT, words))

    def press(self, words: str) -> None:
        """Click the first button that says so and wait until the page after it is there."""
        buttons = [one for one in self.all("button") if one.text.startswith(words)]
        assert buttons, f"no button says {words}"
        self._leave(buttons[0])

    def _leave(self, clicked: WebElement) -> None:
        before = self.one("html").id
        clicked.click()
        WebDriverWait(self.driver, SECONDS).until(lambda _: self.one("html").id != before)

    def notice(self) -> str:
        return self.one(".notice").text

    def complaints(self) -> list[dict[str, Any]]:
        """What the browser had to say in its console."""
        found: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return found

    def requested(self) -> list[str]:
        """Every address that was asked for, whatever became of it; the icons of the browser's own widgets left out."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(one["message"])["message"] for one in entries]
        asked = (one["params"]["request"]["url"] for one in messages if one["method"] == _SENT)
        return [one for one in asked if not one.startswith(("data:", "about:"))]

    def is_too_wide(self) -> bool:
        """Whether the page must be scrolled sideways, once it is laid out for this width."""

        def fits(driver: webdriver.Chrome) -> bool:
            wide: float = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"]
            return wide <= self.width

        try:
            return not WebDriverWait(self.driver, SECONDS).until(fits)
        except TimeoutException:
            return True


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    missing = [str(path) for path in (BROWSER, DRIVER) if not path.exists()]
    if missing:
        reason = f"{' and '.join(missing)} missing: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    options = Options()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", SCRIPTS_OFF)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(executable_path=str(DRIVER)))
    try:
        started.set_page_load_timeout(SECONDS)
        yield started
    finally:
        started.quit()


@pytest.fixture
def window(driver: webdriver.Chrome) -> Iterator[Window]:
    """A window that must end without a word in its console."""
    made = Window(driver)
    made.open("about:blank")
    made.complaints()
    made.requested()
    made.resize(DESK)
    yield made
    assert made.complaints() == []


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """Both sandboxes with the demo world and one draft, for Saab. Gives their addresses."""
    salesforce, spiris = SalesforceSimulator(Clock(), Records()), SpirisSimulator(Clock(), Records())
    for simulator in (salesforce, spiris):
        start_over(simulator, load("demo"))
    books = spiris.books("se")
    customer = next(one for one in books.all("customers") if one["Name"].startswith("Saab"))
    article = next(one for one in books.all("articles") if one["Number"] == "KONSULT-TIM")
    row = {
        "ArticleId": article["Id"],
        "IsTextRow": False,
        "ReversedConstructionServicesVatFree": False,
        "Quantity": 8,
        "UnitPrice": 1250,
    }
    sent = {
        "CustomerId": customer["Id"],
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "YourReference": "Siri Öberg",
        "Rows": [row],
    }
    drafts.save(books, sent)
    with running(salesforce, spiris) as (first, second):
        yield first, second


def words(window: Window) -> str:
    """What can be read on the page, amounts with plain spaces."""
    return window.one("main").text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_person_issues_a_draft_and_registers_its_payment(window: Window) -> None:
    with demo() as (_, spiris):
        window.open(spiris)
        window.follow("Saab AB (publ)")
        assert "Fakturautkast" in words(window)
        assert "Siri Öberg" in words(window)
        assert "12 500,00" in words(window)

        window.press("Issue invoice")
        assert window.notice().startswith("Invoice 1003 is issued")
        assert window.one(".kicker .tag").text == "Unpaid"

        amount = window.one("input[name=amount]")
        amount.clear()
        amount.send_keys("500,50")
        window.press("Register payment")
        assert window.one(".kicker .tag").text == "Partly paid"
        assert "Remaining 11 999,50 SEK" in words(window)

        window.press("Register payment")
        assert window.notice() == "The payment is registered. Nothing remains."
        assert window.one(".kicker .tag").text == "Paid"

        window.follow("Invoicing")
        assert "No draft is waiting." in words(window)
        (row,) = [one for one in window.all("#invoices ~ .scroll tbody tr") if "1003" in one.text]
        assert "Paid" in row.text


def test_what_the_product_refuses_is_said_on_the_page(window: Window) -> None:
    with demo() as (_, spiris):
        window.open(spiris)
        window.follow("1002")
        amount = window.one("input[name=amount]")
        amount.clear()
        amount.send_keys("1 000 000")
        window.press("Register payment")
        assert "does not go with the remaining amount" in window.one("[role=alert]").text
        assert window.one(".kicker .tag").text == "Overdue"


def test_what_cannot_be_undone_is_folded_away_until_it_is_wanted(window: Window) -> None:
    with demo() as (_, spiris):
        window.open(spiris)
        window.follow("Saab AB (publ)")
        assert [one.text for one in window.all("button") if one.is_displayed()] == [
            "Issue invoice",
            "Save references",
        ]
        window.one(".act summary").click()
        window.press("Delete this draft")
        assert window.notice() == "The draft is deleted."


def test_a_held_deal_is_mended_in_salesforce(window: Window) -> None:
    with demo() as (salesforce, _):
        window.open(salesforce)
        window.follow("SKF – konsultstöd")
        window.follow("AB SKF")
        window.one("select[name=field] option[value=BillingPostalCode]").click()
        window.one("input[name=value]").send_keys("415 50")
        window.press("Save")
        assert window.notice() == "BillingPostalCode is changed."
        assert "415 50" in words(window)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_must_be_scrolled_sideways_or_asks_for_anything_elsewhere(
    window: Window, size: tuple[int, int], scheme: str
) -> None:
    with demo() as addresses:
        httpx.get(f"{addresses[1]}/v2/customers", params={"$filter": "x" * 500})
        window.resize(size, scheme=scheme)
        for address in addresses:
            window.open(address)
            first = [one.get_attribute("href") for one in window.all(".tabs a, tbody td:first-child a")[:12]]
            for link in first:
                assert link is not None
                window.open(link)
                assert not window.is_too_wide(), link
        window.open(f"{addresses[1]}/_pages/requests/1")
        assert not window.is_too_wide()
        assert [one for one in window.requested() if not one.startswith(addresses)] == []


def test_every_field_of_a_form_has_a_label_and_every_table_a_name(window: Window) -> None:
    with demo() as (salesforce, spiris):
        window.open(spiris)
        draft = window.one("#drafts ~ .scroll tbody a").get_attribute("href")
        window.open(salesforce)
        deal = window.one("tbody a").get_attribute("href")
        for address in (spiris, draft, salesforce, deal):
            assert address is not None
            window.open(address)
            for named in window.all("main input, main select, main table, main nav, main button"):
                if named.is_displayed():
                    assert named.accessible_name, named.get_attribute("outerHTML")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["plan", "comparison"])
def test_a_swedish_page_fits_and_says_what_its_parts_are(
    window: Window, tmp_path: Path, size: tuple[int, int], scheme: str, what: str
) -> None:
    """Nothing is wider than the window, headings go down one level at a time, and each table has a name."""
    page = tmp_path / f"{what}.html"
    document = (
        run_document(realistic_dry_run(), record_url=record_url, companies=COMPANIES, language="sv")
        if what == "plan"
        else reconcile_document(
            realistic_dry_run(),
            realistic_reconciliation(),
            record_url=record_url,
            companies=COMPANIES,
            language="sv",
        )
    )
    page.write_text(html_report(document, "sv"), encoding="utf-8")
    window.resize(size, scheme=scheme)
    window.open(page.as_uri())
    assert window.one("html").get_attribute("lang") == "sv"
    assert "Provkörning: ingenting har skrivits" in window.one("header").text
    for deal in window.all("details"):
        deal.find_element(By.TAG_NAME, "summary").click()
    assert not window.is_too_wide()
    levels = [int(one.tag_name[1]) for one in window.all("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [len(window.all(one)) for one in ("header", "main", "footer")] == [1, 1, 1]
    for table in window.all("table"):
        assert table.accessible_name or table.find_elements(By.TAG_NAME, "th"), table.get_attribute(
            "outerHTML"
        )
    assert set(window.requested()) == {page.as_uri()}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_plan_can_be_read_from_its_one_file_alone(
    window: Window, tmp_path: Path, size: tuple[int, int]
) -> None:
    """No script, no request beyond the file itself, and a deal opens with a click all the same."""
    plan = tmp_path / "plan.html"
    plan.write_text(
        html_report(run_document(realistic_dry_run(), record_url=record_url, companies=COMPANIES)),
        encoding="utf-8",
    )
    window.resize(size)
    window.open(plan.as_uri())
    assert "Dry run: nothing was written" in window.one("header").text
    deal = window.one("details.deal")
    assert not deal.find_element(By.CSS_SELECTOR, ".inside").is_displayed()
    deal.find_element(By.TAG_NAME, "summary").click()
    assert deal.find_element(By.CSS_SELECTOR, ".inside").is_displayed()
    assert not window.is_too_wide()
    assert set(window.requested()) == {plan.as_uri()}


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "sv")], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_revenue_can_be_read_and_its_charts_seen(
    window: Window, tmp_path: Path, size: tuple[int, int], language: Language, scheme: str
) -> None:
    """Every chart is drawn in its own colours, none of it by a script, and each table says what it is about."""
    page = tmp_path / "revenue.html"
    page.write_text(revenue_page(realistic_revenue(), language), encoding="utf-8")
    window.resize(size, scheme=scheme)
    window.open(page.as_uri())
    assert not window.is_too_wide()
    assert set(window.requested()) == {page.as_uri()}
    charts = window.all("svg.chart")
    assert len(charts) == 4
    for chart in charts:
        assert chart.accessible_name
        assert chart.size["width"] > 300
    bars = window.all(".chart .invoiced rect, .chart .pipeline rect, .chart .overdue rect")
    colours = {one.value_of_css_property("fill") for one in bars}
    assert len(colours) == 3
    assert "rgb(0, 0, 0)" not in colours
    for table in window.all("table"):
        assert table.accessible_name
    wide = window.all(".scroll")
    assert all(one.get_attribute("tabindex") == "0" for one in wide)


def test_a_plan_of_five_thousand_deals_opens_and_unfolds(window: Window, tmp_path: Path) -> None:
    row = line_row("Konsulttimme", "10", "1250")
    actions = [create_draft(number, f"Affär {number}", row) for number in range(1, 5001)]
    plan = tmp_path / "plan.html"
    document = run_document(
        run(*planned(*actions)), record_url=record_url, companies=COMPANIES, language="sv"
    )
    plan.write_text(html_report(document, "sv"), encoding="utf-8")
    assert plan.stat().st_size < 25_000_000
    window.resize(DESK)
    window.open(plan.as_uri())
    for size in (DESK, PHONE):
        window.resize(size)
        assert not window.is_too_wide()
    last = window.one("#deal-5000")
    assert not last.find_element(By.CSS_SELECTOR, ".inside").is_displayed()
    last.find_element(By.TAG_NAME, "summary").click()
    assert "Konsulttimme" in last.text

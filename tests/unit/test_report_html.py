"""The report for whoever signs: one safe file that tells the same numbers as the JSON."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest

from report_samples import (
    COMPANIES,
    HOSTILE,
    adopt,
    create_customer,
    create_draft,
    deal_id,
    hold,
    hostile_reconciliation,
    hostile_run,
    planned,
    realistic_apply,
    realistic_dry_run,
    realistic_pull,
    realistic_reconciliation,
    record_url,
    row,
    run,
)
from sfspiris.core.holds import HoldCode
from sfspiris.core.money import plain
from sfspiris.core.outcome import ActionResult, Outcome, RunResult
from sfspiris.errors import SignInNeeded
from sfspiris.report.clean import private, visible
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.html import PRINTED_IN_FULL, html_report
from sfspiris.report.language import spelled

VOID = {"meta", "br"}
LOADING = {
    "src",
    "srcset",
    "data",
    "poster",
    "action",
    "formaction",
    "background",
    "ping",
    "style",
    "xlink:href",
}


@dataclass
class Page(HTMLParser):
    """A page taken apart: its tags with attributes, and its text."""

    source: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()
        assert not self.stack, f"never closed: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split(" "))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(result: RunResult) -> Page:
    return Page(html_report(run_document(result, record_url=record_url, companies=COMPANIES)))


def compared() -> Page:
    document = reconcile_document(run(command="reconcile"), realistic_reconciliation(), record_url=record_url)
    return Page(html_report(document))


def every_page() -> list[Page]:
    return [*map(page, (realistic_dry_run(), realistic_apply(), realistic_pull(), run())), compared()]


# --- safety --------------------------------------------------------------------------------------------------------


def test_a_report_loads_nothing_runs_nothing_and_links_only_to_itself_and_the_crm() -> None:
    for one in every_page():
        assert "<script" not in one.source.lower()
        for tag, attributes in one.tags:
            assert tag not in {
                "script",
                "link",
                "img",
                "iframe",
                "object",
                "embed",
                "form",
                "base",
                "svg",
                "video",
            }
            assert not set(attributes) & LOADING
            assert not [name for name in attributes if name.startswith("on")]
            href = attributes.get("href", "#")
            assert href.startswith(("#", "https://exempel.lightning.force.com/"))
        assert "url(" not in one.source
        assert "@import" not in one.source


def test_the_content_policy_allows_this_style_sheet_and_nothing_else() -> None:
    for one in every_page():
        policy = next(meta["content"] for meta in one.all("meta") if "http-equiv" in meta)
        style = re.search(r"<style>(.*?)</style>", one.source, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert (
            policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_somebody_typed_into_a_record_is_shown_as_text(hostile: str) -> None:
    documents = (
        run_document(hostile_run(hostile, dry=True), record_url=record_url),
        run_document(hostile_run(hostile), record_url=record_url),
        reconcile_document(run(), hostile_reconciliation(hostile), record_url=record_url),
    )
    harmless = "Avtal"
    tame = (
        run_document(hostile_run(harmless, dry=True), record_url=record_url),
        run_document(hostile_run(harmless), record_url=record_url),
        reconcile_document(run(), hostile_reconciliation(harmless), record_url=record_url),
    )
    for document, usual in zip(documents, tame, strict=True):
        found = Page(html_report(document))
        assert found.tags == Page(html_report(usual)).tags, "the text became part of the page's structure"
        assert private(visible(hostile)).strip() in "".join(found.texts)


def test_an_email_and_a_persons_number_are_masked() -> None:
    person = create_customer(
        1,
        "Lisa Ek",
        orgnr="811228-9874",
        vat_number="SE811228987401",
        is_personal=True,
        email="lisa.ek@ek.example",
    )
    text = page(run(*planned(person))).source
    assert "811228" not in text
    assert "lisa.ek" not in text
    assert "[personal-id]" in text


# --- the same facts as the JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [realistic_dry_run(), realistic_apply()])
def test_every_amount_of_the_json_stands_in_the_report(result: RunResult) -> None:
    document = run_document(result, record_url=record_url)
    text = page(result).text
    for action in document.actions:
        if action.draft is not None:
            totals = action.draft.totals
            amounts = [totals.net, totals.vat, totals.total, *(rate.vat for rate in totals.rates)]
            amounts += [row.net for row in action.draft.rows if row.net is not None]
            for amount in amounts:
                assert plain(amount).replace("-", "\u2212") in text


def test_totals_stand_by_company_and_rate_and_leave_out_what_did_not_come_about() -> None:
    text = page(realistic_apply()).text
    totals = text[text.index("Totals by company") : text.index("VAT is foretold")]
    assert "Exempel Sverige AB (se)" in totals
    assert "459\u00a0540,51" in totals
    assert "Exempel Europa" not in totals, "its only draft was not made"


def test_the_head_tells_what_when_who_how_and_which_plan() -> None:
    document = run_document(realistic_dry_run(), record_url=record_url)
    text = page(realistic_dry_run()).text
    for fact in (
        "Invoice drafts to be created",
        "Dry run: nothing was written",
        "2026-11-20 09:00 CET",
        "Exempel Europa AB (eu)",
        "push-closed-won",
        "01KAFZ3M7V9QDX",
        document.plan_hash,
    ):
        assert fact in text


def test_a_deal_shows_every_field_before_and_after_and_its_rows() -> None:
    draft = create_draft(1, "Ramavtal", row("Konsulttid", "42.5", "1250", discount="0.1"), customer="Kund AB")
    text = page(run(*planned(draft))).text
    for shown in (
        "Before",
        "After",
        "Payment terms days",
        "Anna Ek",
        "Konsulttid",
        "42,5",
        "10\u00a0%",
        "47\u00a0812,50",
    ):
        assert shown.replace("\u00a0%", " %") in text or shown in text
    assert "Rows[1]" not in text
    assert "found by organisation number" in text
    assert "equal to the deal's lines" in text


def test_a_draft_without_vat_says_why() -> None:
    why = "0\N{NO-BREAK SPACE}% on row 1: main-rule service (EU_SERVICES_RC); buyer's VAT number DE136695976"
    draft = create_draft(1, "Rådgivning", row("Timme", "1", "100", rate="0"))
    told = page(run(*planned(replace(draft, vat_reasons=(why,)))))
    assert "Why no VAT is charged" in told.text
    assert "EU_SERVICES_RC" in told.text
    assert "Why no VAT is charged" not in page(run(*planned(draft))).text


def test_a_draft_whose_net_is_not_the_deals_says_so() -> None:
    draft = create_draft(1, "Ramavtal", row("Tid", "1", "100"))
    object.__setattr__(draft, "net", draft.net + 1)
    assert "the deal's lines come to 101,00" in page(run(*planned(draft))).text


def test_a_customer_made_for_another_deal_is_linked_to_it() -> None:
    actions = (
        create_customer(1, "Ny AB"),
        create_draft(1, "Första", row("Tid", "1", "1"), customer="Ny AB", new=True),
        create_draft(2, "Andra", row("Tid", "1", "1"), customer="Ny AB", new=True),
    )
    found = page(run(*planned(*actions)))
    assert "made for another deal" in found.text
    assert {"href": "#deal-1"} in found.all("a")


def test_holds_stand_by_code_with_field_owner_message_fix_and_a_link() -> None:
    found = page(
        run(holds=[hold(1, "Ett"), hold(2, "Två", HoldCode.NO_ROUTE, company=None, owner=None, field=None)])
    )
    for shown in (
        "CUSTOMER_ADDRESS_INCOMPLETE",
        "Account.BillingPostalCode",
        "Maja Lind",
        "the postal code is missing",
    ):
        assert shown in found.text
    assert "no company yet" in found.text
    assert record_url(deal_id(1)) in [one.get("href") for one in found.all("a")]


def test_without_an_address_a_deal_is_named_and_not_linked() -> None:
    document = run_document(run(holds=[hold(1, "Ett")]), record_url=lambda _: "ftp://x")
    found = Page(html_report(document))
    assert "Ett" in found.text
    assert all(one["href"].startswith("#") for one in found.all("a"))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.UNKNOWN, "asks Spiris for it before anything is sent again"),
        (Outcome.FAILED, "Its hold says what to mend"),
        (Outcome.SKIPPED, "Not tried"),
    ],
)
def test_what_did_not_come_about_says_what_happens_next(outcome: Outcome, words: str) -> None:
    draft = create_draft(1, "Avtal", row("Tid", "1", "1"))
    assert words in page(run(ActionResult(draft, outcome), dry=False)).text


def test_what_an_earlier_run_had_made_is_tagged() -> None:
    found = page(run(ActionResult(adopt(1, "Avtal"), Outcome.DONE, "d-1", adopted=True), dry=False))
    assert "found from an earlier run" in found.text
    assert "net 1\u00a0000,00 SEK" in found.text


def test_a_run_that_stopped_early_says_why_and_what_to_do() -> None:
    text = page(
        run(dry=False, stopped=SignInNeeded("The sign-in has expired.", remedy="Sign in again."))
    ).text
    assert "Stopped early" in text
    assert "The sign-in has expired. Sign in again. SIGN_IN_NEEDED" in text
    assert "takes up where this run stopped" in text


def test_a_plan_explains_what_happens_next_and_can_be_signed() -> None:
    text = page(realistic_dry_run()).text
    assert "sfspiris makes 2 customers and 5 drafts in Spiris. It never books or sends an invoice." in text
    for line in ("Prepared by", "Approved by", "Date"):
        assert line in text


def test_a_dry_pull_says_that_only_statuses_will_be_written() -> None:
    text = page(realistic_pull(dry=True)).text
    assert "Run without --dry-run, sfspiris writes the status of 3 deals to Salesforce." in text
    assert "drafts to create" not in text


def test_an_empty_run_has_nothing_to_do() -> None:
    assert "Nothing: both sides agree." in page(run()).text


def test_a_comparison_shows_each_finding_and_hides_agreement_until_it_is_opened() -> None:
    found = compared()
    for shown in (
        "Differs",
        "Only in Salesforce",
        "Only in Spiris",
        "Could not be read",
        "Show all that agree",
    ):
        assert shown in found.text
    assert "\u2212200,00" in found.text
    assert "open" not in found.all("details")[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PaymentTermsDays", "Payment terms days"),
        ("Orgnr", "Organisation number"),
        ("Account.BillingCity", "Account.BillingCity"),
        ("create_draft", "Create draft"),
    ],
)
def test_a_fields_name_is_spelled_as_words(name: str, words: str) -> None:
    assert spelled(name) == words


# --- for every reader ----------------------------------------------------------------------------------------------


def test_ids_are_unique_and_every_reference_leads_somewhere() -> None:
    for one in every_page():
        ids = [attributes["id"] for _, attributes in one.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in one.tags:
            for target in attributes.get("aria-labelledby", "").split():
                assert target in ids
            if attributes.get("href", "").startswith("#"):
                assert attributes["href"][1:] in ids


def test_a_deal_that_two_companies_invoice_has_a_place_of_its_own_in_each() -> None:
    drafts = (create_draft(1, "Avtal", row("Tid", "1", "1"), company=company) for company in ("se", "eu"))
    found = page(run(*planned(*drafts)))
    assert [one["id"] for one in found.all("details")] == ["deal-1", "deal-2"]


def test_a_report_has_landmarks_a_skip_link_a_language_and_headed_tables() -> None:
    for one in every_page():
        assert one.all("html") == [{"lang": "en"}]
        assert len(one.all("main")) == len(one.all("h1")) == len(one.all("title")) == 1
        assert one.all("a")[0] == {"class": "skip", "href": "#content"}
        assert one.all("header")
        assert one.all("footer")
        assert all(heading.get("scope") for heading in one.all("th"))
        for table in re.findall(r"<table.*?</table>", one.source, re.DOTALL):
            assert "<th" in table


def test_deals_are_opened_on_paper_only_when_they_are_few() -> None:
    def of(count: int) -> RunResult:
        return run(*planned(*(create_draft(one, "A", row("T", "1", "1")) for one in range(count))))

    assert 'class="open-in-print"' in page(of(PRINTED_IN_FULL)).source
    assert 'class="open-in-print"' not in page(of(PRINTED_IN_FULL + 1)).source


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "sheet"),
        ("soft", "sheet"),
        ("accent", "sheet"),
        ("accent", "accent-wash"),
        ("good", "sheet"),
        ("hold", "sheet"),
        ("hold", "hold-wash"),
        ("ink", "hold-wash"),
        ("bad", "sheet"),
        ("bad", "bad-wash"),
        ("ink", "bad-wash"),
    ],
)
def test_text_has_the_contrast_that_wcag_aa_asks_for_in_light_and_dark(text: str, ground: str) -> None:
    source = page(run()).source
    themes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", source, re.DOTALL)[:2]
    ]
    assert len(themes) == 2
    for theme in themes:
        lighter, darker = sorted((luminance(theme[text]), luminance(theme[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5

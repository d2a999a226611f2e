"""What people read at a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

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
    write_deal,
)
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import SyncState
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.errors import SafetyStop
from sfspiris.report.document import failure_document, reconcile_document, run_document
from sfspiris.report.page import folded, terminal
from sfspiris.report.shapes import ChangeFacts
from sfspiris.report.text import print_failure, print_reconciliation, print_run

if TYPE_CHECKING:
    from sfspiris.core.drift import Reconciliation
    from sfspiris.core.outcome import RunResult


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody at a colour terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(result: RunResult, *, width: int = 80, limit: int | None = None) -> str:
    stream = io.StringIO()
    document = run_document(result, record_url=record_url, companies=COMPANIES)
    print_run(terminal(stream, width=width), document, limit=limit)
    return stream.getvalue()


def compared(reconciliation: Reconciliation, *, show_same: bool = False) -> str:
    stream = io.StringIO()
    document = reconcile_document(run(command="reconcile"), reconciliation, record_url=record_url)
    print_reconciliation(terminal(stream, width=80), document, show_same=show_same)
    return stream.getvalue()


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


# --- a plan --------------------------------------------------------------------------------------------------------


def test_a_plan_ends_in_one_line_that_counts_everything_and_says_that_nothing_was_written() -> None:
    assert last_line(shown(realistic_dry_run())) == (
        "Plan: 2 customers and 5 drafts to create, 23 unchanged, 4 held. Nothing was written."
    )


def test_an_empty_plan_says_so() -> None:
    assert last_line(shown(run(unchanged=3))) == (
        "Plan: nothing to create, 3 unchanged, 0 held. Nothing was written."
    )


def test_a_deal_shows_customer_rows_sums_and_references() -> None:
    draft = create_draft(
        1,
        "Ramavtal",
        row("Tid", "10", "1250"),
        row("Bok", "1", "100", rate="6"),
        customer="Kund AB",
        rounding="-0.41",
        your_reference="Per Ek",
        purchase_order="PO-4711",
    )
    text = shown(run(*planned(draft)), width=200)
    assert f"+ Ramavtal  {deal_id(1)}" in text
    assert "Kund AB, number 1001, found by organisation number" in text
    amounts = "2 rows, net 12\u00a0600,00, VAT 25\u00a0%/6\u00a0% 3\u00a0131,00, rounding -0,41, total 15\u00a0730,59\u00a0SEK"
    assert amounts in text
    assert "ours Anna Ek, theirs Per Ek, order PO-4711" in text


def test_a_new_customer_is_called_new() -> None:
    actions = (
        create_customer(1, "Ny AB"),
        create_draft(1, "Avtal", row("Tid", "1", "1"), customer="Ny AB", new=True),
    )
    assert "Ny AB, new" in shown(run(*planned(*actions)))


def test_holds_stand_by_code_with_one_next_step_for_all_that_share_it() -> None:
    fix = "Fill in the address."
    text = shown(
        run(holds=[hold(1, "Ett", fix=fix), hold(2, "Två", fix=fix), hold(3, "Tre", HoldCode.NO_ROUTE)])
    )
    assert text.count(fix) == 1
    assert text.index("CUSTOMER_ADDRESS_INCOMPLETE  2 deals") < text.index("NO_ROUTE  1 deal")
    assert "Account.BillingPostalCode: (empty)" in text
    assert "owner Maja Lind" in text


def test_holds_with_different_next_steps_each_show_their_own() -> None:
    text = shown(run(holds=[hold(1, fix="Do this."), hold(2, fix="Do that.")]))
    assert "Do this." in text
    assert "Do that." in text


def test_totals_stand_by_company_and_rate_and_add_up() -> None:
    text = shown(realistic_dry_run())
    assert "Exempel Sverige AB (se): 4 drafts in SEK" in text
    assert "476\u00a0665,51" in text
    assert "Exempel Europa AB (eu): 1 draft in EUR" in text


def test_a_long_plan_can_be_cut_and_says_where_the_rest_is() -> None:
    drafts = planned(*(create_draft(one, f"Avtal {one}", row("Tid", "1", "1")) for one in range(1, 6)))
    text = shown(run(*drafts), limit=2)
    assert "Avtal 2" in text
    assert "Avtal 3" not in text
    assert "3 more deals; --report FILE.html shows all of them." in text
    assert "5 drafts to create" in last_line(text)


def test_statuses_can_be_cut_as_well() -> None:
    writes = planned(*(write_deal(one, SyncState(), SyncState(status="Paid")) for one in range(1, 4)))
    assert "and 2 more deals" in shown(run(*writes), limit=1)


# --- a result ------------------------------------------------------------------------------------------------------


def test_a_result_counts_what_came_about_and_what_did_not() -> None:
    assert last_line(shown(realistic_apply())) == (
        "Done: 1 customer and 3 drafts created, 1 found in Spiris from an earlier run, 23 unchanged, 6 held "
        "(1 failed, 1 without a trustworthy answer, 1 skipped)."
    )


def test_a_created_draft_shows_its_id() -> None:
    text = shown(
        run(ActionResult(create_draft(1, "A", row("Tid", "1", "1")), Outcome.DONE, "d-77"), dry=False)
    )
    assert "id d-77" in text


@pytest.mark.parametrize(
    ("outcome", "sign", "next_step"),
    [
        (Outcome.UNKNOWN, "?", "asks Spiris for it before"),
        (Outcome.FAILED, "!", "Its hold says what to mend"),
        (Outcome.SKIPPED, "-", "Not tried"),
    ],
)
def test_what_did_not_come_about_says_what_happens_next(outcome: Outcome, sign: str, next_step: str) -> None:
    draft = create_draft(1, "Avtal", row("Tid", "1", "1"))
    text = shown(run(ActionResult(draft, outcome), dry=False), width=200)
    assert f"  {sign} Avtal" in text
    assert next_step in text


def test_what_an_earlier_run_had_made_is_shown_with_its_amount() -> None:
    text = shown(
        run(ActionResult(adopt(1, "Avtal", net="7200"), Outcome.DONE, "d-1", adopted=True), dry=False)
    )
    assert "net 7\u00a0200,00 SEK, id d-1, found from an earlier run" in text


def test_a_run_that_stopped_early_says_why_just_above_the_last_line() -> None:
    text = shown(
        run(dry=False, stopped=SafetyStop("Spiris opened another company.", remedy="Sign in again."))
    )
    assert "! Spiris opened another company.\n  Sign in again. (SAFETY_STOP)\n\nStopped early: " in text


def test_a_pull_shows_each_status_before_and_after() -> None:
    text = shown(realistic_pull())
    assert f"~ {deal_id(22)}" in text
    assert "Status: Issued → Paid" in text
    assert "InvoiceNumber: 10421" in text
    assert "failed: the next run writes it again." in text
    assert last_line(text) == "Done: 2 deals updated in Salesforce, 40 unchanged, 0 held, 1 failed."


def test_a_field_that_becomes_empty_is_said_to_be_empty() -> None:
    text = shown(run(*planned(write_deal(1, SyncState(code="NO_LINES"), SyncState()))))
    assert "Code: NO_LINES → (empty)" in text


def test_a_status_that_only_mirrors_a_draft_is_not_listed_again() -> None:
    draft = create_draft(1, "Avtal", row("Tid", "1", "1"))
    mirror = write_deal(1, SyncState(), SyncState(status="Draft"))
    assert "Status in Salesforce" not in shown(run(*planned(draft, mirror)))


def test_every_kind_of_action_that_the_contract_names_is_shown_with_its_changes() -> None:
    document = run_document(
        run(*planned(create_draft(1, "Avtal", row("Tid", "1", "1")))), record_url=record_url
    )
    (draft,) = document.actions
    update = draft.model_copy(
        update={
            "kind": "update_draft",
            "draft": None,
            "changes": (ChangeFacts(field="PurchaseOrder", before="PO-1", after="PO-2"),),
        }
    )
    stream = io.StringIO()
    print_run(terminal(stream), document.model_copy(update={"actions": (update,)}))
    assert "~ PurchaseOrder: PO-1 → PO-2" in stream.getvalue()


def test_a_deal_that_no_route_takes_belongs_to_no_company() -> None:
    assert "no company, owner Maja Lind" in shown(run(holds=[hold(1, code=HoldCode.NO_ROUTE, company=None)]))


# --- a comparison --------------------------------------------------------------------------------------------------


def test_a_comparison_shows_symbols_both_values_and_sums_and_only_counts_agreement() -> None:
    text = compared(realistic_reconciliation())
    assert "Only in Salesforce: 1" in text
    for beginning in (
        "  * Licenser årsvis",
        "  + Kampanjsajt vår",
        "  - document 10402",
        "  ! Utbildning hösten",
    ):
        assert beginning in text
    assert "Net: Salesforce 13\u00a0700,00 SEK, Spiris 13\u00a0500,00 SEK" in text
    assert "-200,00  SEK" in text
    assert "Serviceavtal" not in text
    assert "2026-10-01 to 2026-10-31" in text
    assert last_line(text) == (
        "Compared: 6 same, 1 only in Salesforce, 1 only in Spiris, 1 differs, 1 could not be read."
    )


def test_agreement_is_listed_when_asked_for() -> None:
    assert "  = Serviceavtal 0" in compared(realistic_reconciliation(), show_same=True)


def test_a_failure_says_what_happened_and_what_to_do() -> None:
    stream = io.StringIO()
    failure = failure_document(SafetyStop("Spiris opened another company.", remedy="Sign in again."))
    print_failure(terminal(stream), failure)
    assert stream.getvalue() == "! Spiris opened another company.\n  Sign in again. (SAFETY_STOP)\n"


# --- the sheet -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [realistic_dry_run(), realistic_apply(), realistic_pull()])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_but_the_last_is_wider_than_the_terminal(result: RunResult, width: int) -> None:
    *lines, _ = shown(result, width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


@given(st.text(alphabet="ab \u00a0åÅ漢字", max_size=200), st.integers(min_value=1, max_value=40))
def test_folding_keeps_every_letter_and_breaks_at_plain_spaces_only(text: str, width: int) -> None:
    lines = list(folded(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    if max(map(cell_len, text.split(" "))) <= width:
        assert " ".join(lines).split() == text.split()


@pytest.mark.usefixtures("colourful")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_record_reaches_the_terminal_as_a_command_or_as_markup(hostile: str) -> None:
    screens = [Screen(), Screen()]
    print_run(terminal(screens[0]), run_document(hostile_run(hostile), record_url=record_url))
    document = reconcile_document(run(), hostile_reconciliation(hostile), record_url=record_url)
    print_reconciliation(terminal(screens[1]), document, show_same=True)
    for screen in screens:
        text = screen.getvalue()
        assert "\x1b[" in text, "a colour terminal gets colours"
        plain_text = text
        while "\x1b[" in plain_text:  # our own colours, and nothing else that begins with an escape
            before, _, after = plain_text.partition("\x1b[")
            parameters, _, rest = after.partition("m")
            assert set(parameters) <= set("0123456789;")
            plain_text = before + rest
        assert not {one for one in plain_text if ord(one) < 0x20 and one != "\n"}
        assert not set(plain_text) & {"\x1b", "\x9b", "\u202e", "\u2066", "\u200b"}


def test_markup_in_a_name_is_shown_as_it_was_typed() -> None:
    name = "[bold]Avtal[/bold] [link=https://x.example]y[/link] :smile:"
    assert name in shown(run(*planned(create_draft(1, name, row("Tid", "1", "1")))), width=200)


@pytest.mark.usefixtures("colourful")
def test_a_terminal_gets_colours_unless_plain_output_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    document = run_document(realistic_dry_run(), record_url=record_url)

    def printed(stream: io.StringIO, *, plain: bool = False) -> str:
        print_run(terminal(stream, plain=plain), document)
        return stream.getvalue()

    assert "\x1b[" in printed(Screen())
    assert "\x1b[" not in printed(Screen(), plain=True)
    assert "\x1b[" not in printed(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in printed(Screen())


def test_an_old_terminal_without_unicode_gets_plain_arrows() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    print_run(terminal(stream), run_document(realistic_pull(), record_url=record_url))
    stream.flush()
    assert b"Status: Issued -> Paid" in raw.getvalue()

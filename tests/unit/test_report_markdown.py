"""The report for a pipeline's summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from report_samples import (
    COMPANIES,
    HOSTILE,
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
from sfspiris.errors import SignInNeeded
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.markdown import HOLD_LIMIT, LIMIT, escaped, markdown_report

if TYPE_CHECKING:
    from sfspiris.core.outcome import RunResult


def markdown(result: RunResult) -> str:
    return markdown_report(run_document(result, record_url=record_url, companies=COMPANIES))


def cells(line: str) -> list[str]:
    """A table line's cells as GitHub splits them: at every pipe that no backslash precedes."""
    return re.split(r"(?<!\\)\|", line)[1:-1]


def assert_whole_tables(text: str) -> None:
    """Every line of a table has as many cells as its head."""
    width = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        width = width or len(cells(line))
        assert len(cells(line)) == width, line


def test_a_summary_begins_with_what_it_is_and_the_one_line_that_counts_everything() -> None:
    text = markdown(realistic_dry_run())
    assert text.startswith("## Invoice drafts to be created\n")
    assert (
        "**Dry run: nothing was written.** Plan: 2 customers and 5 drafts to create, 23 unchanged, 4 held."
        in text
    )


@pytest.mark.parametrize("result", [realistic_dry_run(), realistic_apply(), realistic_pull(), run()])
def test_tables_are_whole_and_nothing_is_left_of_the_template(result: RunResult) -> None:
    text = markdown(result)
    assert_whole_tables(text)
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "{" not in text
    assert "None" not in text


def test_totals_holds_deals_warnings_and_next_steps_are_all_there() -> None:
    text = markdown(realistic_apply())
    for shown in (
        "| Exempel Sverige AB (se) | **all** | **368\u00a0622,50** | **90\u00a0918,42** | **459\u00a0540,51** | SEK |",
        "#### `CUSTOMER_ADDRESS_INCOMPLETE`: 2 deals",
        "> Next step: Fill in the billing address on the Account",
        f"[Serviceavtal hiss]({record_url(deal_id(11))})",
        "done `6f1f2b7e-0001`",
        "- `CUSTOMER_NAME_DIFFERS` Utbildning hösten: ",
        "### What happens next",
    ):
        assert shown in text


def test_holds_with_different_next_steps_have_a_column_for_them() -> None:
    text = markdown(run(holds=[hold(1, fix="Do this."), hold(2, fix="Do that.")]))
    assert "| Deal | What is wrong | Next step | Field | Value | Owner | Since |" in text
    assert "Do this." in text
    assert_whole_tables(text)


def test_long_tables_are_cut_and_say_so() -> None:
    drafts = planned(*(create_draft(one, f"Avtal {one}", row("T", "1", "1")) for one in range(LIMIT + 3)))
    text = markdown(run(*drafts, holds=[hold(one) for one in range(HOLD_LIMIT + 2)]))
    assert "3 more are in the HTML report." in text
    assert "2 more are in the HTML report." in text
    assert text.count(f"Avtal {LIMIT - 1}]") == 1
    assert f"Avtal {LIMIT}]" not in text


def test_a_comparison_lists_what_does_not_agree() -> None:
    document = reconcile_document(run(command="reconcile"), realistic_reconciliation(), record_url=record_url)
    text = markdown_report(document)
    assert_whole_tables(text)
    assert "### Differs: 1" in text
    assert "| `*` |" in text
    assert "Serviceavtal" not in text
    assert "-200,00" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_somebody_typed_into_a_record_cannot_format_link_mention_or_break_a_table(hostile: str) -> None:
    for text in (
        markdown(hostile_run(hostile)),
        markdown(hostile_run(hostile, dry=True)),
        markdown_report(reconcile_document(run(), hostile_reconciliation(hostile), record_url=record_url)),
    ):
        assert_whole_tables(text)
        ours = text.replace("<details><summary>Every deal in one table</summary>", "").replace(
            "</details>", ""
        )
        assert not re.search(r"<[A-Za-z/!]", ours), "no HTML but our own"
        assert not re.search(r"@\w", ours), "no mention"
        links = re.findall(r"(?<!\\)\]\((.*?)\)", ours)
        assert all(link.startswith("https://exempel.lightning.force.com/") for link in links)
        bare = re.sub(r"\]\(https://exempel[^)]*\)", "", ours)
        assert not re.search(r"https?://|www\.", bare), "no address that links itself"
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("`x`", r"\`x\`"),
        ("**x** _y_ ~z~", r"\*\*x\*\* \_y\_ \~z\~"),
        ("[x](y)", r"\[x\](y)"),
        ("#12", "#\u200b12"),
        ("back\\slash", "back\\\\slash"),
        ("Åkerlunds & Söner", "Åkerlunds & Söner"),
    ],
)
def test_a_text_is_escaped_so_that_it_reads_as_it_stands(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_an_identifier_in_a_code_span_cannot_end_it() -> None:
    document = run_document(run(), record_url=record_url).model_copy(update={"run_id": "a`b|c"})
    assert "| Run | `a?b?c` |" in markdown_report(document)


def test_a_run_that_stopped_early_says_why() -> None:
    text = markdown(run(dry=False, stopped=SignInNeeded("The sign-in has expired.", remedy="Sign in again.")))
    assert "Stopped early: nothing created" in text
    assert "> Stopped: The sign-in has expired. Sign in again. (`SIGN_IN_NEEDED`)" in text

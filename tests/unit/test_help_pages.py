"""Every code that a person can meet has a page, in both languages, that says what to do."""

from __future__ import annotations

import io
import json

import pytest

from sfspiris import errors
from sfspiris.cli.app import run
from sfspiris.cli.exits import Exit
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.report.helping import Language, find_page, help_pages, print_contents, print_page
from sfspiris.report.page import terminal

LANGUAGES: tuple[Language, ...] = ("en", "sv")


def error_codes() -> list[str]:
    """The code of every kind of error that a command may end with."""
    kinds = (one for one in vars(errors).values() if isinstance(one, type))
    return sorted({one.code for one in kinds if issubclass(one, errors.SfspirisError)})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*HoldCode, *WarningCode, *error_codes(), *(str(one.value) for one in Exit)])
def test_every_code_has_a_page_in_both_languages(code: str, language: Language) -> None:
    """Whoever adds a code writes its page in src/sfspiris/report/help/en.toml and in sv.toml."""
    page = find_page(code, language)
    assert page is not None, f"{code} has no page in report/help/{language}.toml"
    for words in (page.title, page.means, page.why, page.who, *page.steps):
        assert words.strip()
    assert page.steps


def test_both_languages_have_the_same_pages_and_each_is_translated() -> None:
    english, swedish = (help_pages(one) for one in LANGUAGES)
    assert list(english) == list(swedish)
    assert not [code for code, page in english.items() if page.means == swedish[code].means]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "code",
    [
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        HoldCode.DEAL_REOPENED,
        HoldCode.DRAFT_DELETED,
        HoldCode.DRAFT_EDITED_BY_FINANCE,
        HoldCode.DRAFT_ISSUED,
        HoldCode.INVOICE_UNCERTAIN,
        "DRAFT_ALREADY_LINKED",
    ],
)
def test_a_page_about_a_document_speaks_of_orders_too(code: str, language: Language) -> None:
    """Their names say draft, but a company or a route may make orders of its deals."""
    page = find_page(code, language)
    assert page is not None
    for words in (page.title, " ".join((page.means, *page.steps))):
        assert "order" in words.lower() or (words == page.title and "draft" not in words.lower())


@pytest.mark.parametrize("code", HoldCode)
def test_a_hold_is_called_a_hold(code: HoldCode) -> None:
    page = find_page(code, "en")
    assert page is not None
    assert page.kind == "hold"


def printed(code: str, language: Language, width: int = 72) -> str:
    sheet = io.StringIO()
    page = find_page(code, language)
    assert page is not None
    print_page(terminal(sheet, plain=True, width=width), page)
    return sheet.getvalue()


def test_a_page_tells_meaning_reason_steps_and_who_within_the_width() -> None:
    text = printed("orgnr-invalid", "sv")
    assert text.startswith("ORGNR_INVALID: Organisationsnumret kan inte vara rätt\n")
    for label in ("betyder", "varför", "gör så", "vem"):
        assert f"\n{label} " in text
    assert max(map(len, text.splitlines())) <= 72


def test_the_list_names_every_code_once() -> None:
    sheet = io.StringIO()
    print_contents(terminal(sheet, plain=True, width=100), "en")
    listed = [line.split()[0] for line in sheet.getvalue().splitlines() if line.startswith("  ")]
    assert listed == list(help_pages("en"))


def test_the_command_prints_one_document_and_names_the_nearest_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["help", "no-route", "--json", "--lang", "sv"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in document["pages"]] == ["NO_ROUTE"]
    assert run(["help", "NO_ROUT", "--json"]) == 2
    assert "NO_ROUTE" in json.loads(capsys.readouterr().out)["error"]["remedy"]

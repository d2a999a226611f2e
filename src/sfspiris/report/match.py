"""The list by which a person pairs accounts with customers: as a spreadsheet, as a document and as a page; and what came of it.

The spreadsheet is meant to be edited and read again. Its first two columns are a person's; of the others only the account, the
company, the customer's number and id and the check are read. Numbers of persons are masked in it and never needed: ids name
the records.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.pairing import PairStatus, shown_number
from sfspiris.core.planning.linking import LinkRow, check_of
from sfspiris.errors import UsageError
from sfspiris.report.csv import table
from sfspiris.report.language import words
from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Id, Words
from sfspiris.report.view import how_many, sentence_case
from sfspiris.sentences import joined, say, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from sfspiris.core.pairing import Pair
    from sfspiris.core.planning.linking import LinkChange, Linked
    from sfspiris.report.helping import Language

_COLUMNS: Final = (
    "action",
    "if_refused",
    "status",
    "score",
    "evidence",
    "against",
    "company",
    "account",
    "account_name",
    "account_orgnr",
    "account_vat_number",
    "account_city",
    "account_has_deals",
    "customer_number",
    "customer_name",
    "customer_orgnr",
    "customer_vat_number",
    "customer_city",
    "customer_is_active",
    "customer_id",
    "check",
)
_READ: Final = ("action", "company", "account", "customer_number")
"""The columns that a file cannot do without. `customer_id`, `check` and `if_refused` may be left out by whoever writes one."""


class MatchAccountFacts(Facts):
    """An account of the CRM."""

    id: Id
    name: Words
    orgnr: Words | None
    vat_number: Words | None
    city: Words | None
    has_deals: bool


class MatchCustomerFacts(Facts):
    """A customer in the books."""

    id: Id
    number: Id
    name: Words
    orgnr: Words | None
    vat_number: Words | None
    city: Words | None
    is_active: bool


class PairFacts(Facts):
    """An account, a customer, or both side by side: how they stand, the score (0-100), what it rests on, what speaks against it."""

    status: PairStatus
    company: Id
    score: int
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    account: MatchAccountFacts | None
    customer: MatchCustomerFacts | None
    linked_customer_id: Id | None
    check: str


class MatchDocument(Facts):
    """What `match export` listed or `match find` found; `counts` by status, `file` where the list was written."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["match export", "match find"]
    counts: dict[PairStatus, int]
    pairs: tuple[PairFacts, ...]
    file: str | None = None


class LinkFacts(Facts):
    """One link made, changed or taken away. `row` is that of the file, and 0 without one."""

    row: int
    company: Id
    account: Id
    account_name: Words
    before_customer_id: Id | None
    customer_id: Id | None
    customer_number: Id | None
    customer_name: Words | None


class RefusedRowFacts(Facts):
    """A row that was not carried out."""

    row: int
    field: str
    message: Words
    fix: Words
    is_left_out: bool


class MatchWarningFacts(Facts):
    """What a person should know."""

    code: str
    message: Words


class LinkDocument(Facts):
    """What `match import`, `match link` or `match unlink` did; `refused` rows are told with what to do about each.

    `status` is `refused` when nothing was done because of them, `partial` when only rows that allow it were left out.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["match import", "match link", "match unlink"]
    run_id: Id
    mode: Literal["dry-run", "apply"]
    status: Literal["ok", "partial", "refused"]
    changes: tuple[LinkFacts, ...]
    unchanged: int
    untouched: int
    refused: tuple[RefusedRowFacts, ...]
    told_accounts: tuple[Id, ...]
    warnings: tuple[MatchWarningFacts, ...]


def match_document(
    command: Literal["match export", "match find"],
    found: Sequence[Pair],
    *,
    file: Path | None = None,
    language: Language = "en",
) -> MatchDocument:
    """The facts of a list, with evidence told in `language`."""
    told = words(language).sentence
    return MatchDocument(
        command=command,
        counts=dict(Counter(one.status for one in found)),
        pairs=tuple(_pair(one, told) for one in found),
        file=str(file) if file else None,
    )


def _pair(one: Pair, told: Callable[[str], str]) -> PairFacts:
    account, customer = one.account, one.customer
    buyer = account.buyer if account else None
    return PairFacts(
        status=one.status,
        company=one.company,
        score=one.likeness.score,
        evidence=tuple(told(whole(word)) for word in one.likeness.evidence),
        against=tuple(told(word) for word in one.likeness.against),
        account=MatchAccountFacts(
            id=account.buyer.id,
            name=account.buyer.name,
            orgnr=shown_number(account.buyer.orgnr),
            vat_number=shown_number(account.buyer.vat_number),
            city=account.buyer.city,
            has_deals=account.has_deals,
        )
        if account
        else None,
        customer=MatchCustomerFacts(
            id=customer.id,
            number=customer.number,
            name=customer.name,
            orgnr=shown_number(customer.orgnr),
            vat_number=shown_number(customer.vat_number),
            city=customer.city,
            is_active=customer.is_active,
        )
        if customer
        else None,
        linked_customer_id=one.linked_id,
        check=check_of(buyer, one.linked_id, customer),
    )


def match_csv(document: MatchDocument) -> str:
    """The list as a spreadsheet, ready to be written as UTF-8; nothing is asked for in it yet."""
    return table(_COLUMNS, (_cells(one) for one in document.pairs))


def _cells(one: PairFacts) -> dict[str, str | None]:
    cells: dict[str, str | None] = {
        "status": one.status,
        "score": str(one.score) if one.account and one.customer else None,
        "evidence": "; ".join(one.evidence),
        "against": "; ".join(one.against),
        "company": one.company,
        "check": one.check,
    }
    if one.account:
        cells |= {
            "account": one.account.id,
            "account_name": one.account.name,
            "account_orgnr": one.account.orgnr,
            "account_vat_number": one.account.vat_number,
            "account_city": one.account.city,
            "account_has_deals": "yes" if one.account.has_deals else "no",
        }
    if one.customer:
        cells |= {
            "customer_number": one.customer.number,
            "customer_name": one.customer.name,
            "customer_orgnr": one.customer.orgnr,
            "customer_vat_number": one.customer.vat_number,
            "customer_city": one.customer.city,
            "customer_is_active": "yes" if one.customer.is_active else "no",
            "customer_id": one.customer.id,
        }
    return cells


# --- reading it again ----------------------------------------------------------------------------------------------


def read_rows(path: Path) -> tuple[LinkRow, ...]:
    """The rows of a list as a person left it, however a spreadsheet saved it; rows count from 1, the headings are row 1.

    Raises UsageError when the file cannot be read, or is no such list. What its rows say is judged later, all of them at once.
    """
    try:
        content = _decoded(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"The list {path} cannot be read: {error.strerror or error}.",
            remedy="Name a file that `sfspiris match export` wrote.",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is saved in an encoding that is not known here.",
            remedy="Save it again as CSV UTF-8.",
        ) from error
    head = content.splitlines()[0] if content.strip() else ""
    mark = max((";", ",", "\t"), key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(content, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise UsageError(
            f"{path} is no table: {error}.", remedy="Save it again as CSV from your spreadsheet."
        ) from error
    names = [one.strip().casefold() for one in lines[0]] if lines else []
    if missing := [one for one in _READ if one not in names]:
        raise UsageError(
            f"{path} has no column {', '.join(missing)}.",
            remedy="Keep the first row as `sfspiris match export` wrote it; other columns may go.",
        )
    if doubled := sorted({one for one in names if one and names.count(one) > 1}):
        raise UsageError(f"{path} has the column {doubled[0]} twice.", remedy="Remove one of them.")
    return tuple(
        _row(number, dict(zip(names, line, strict=False)))
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    )


def _decoded(raw: bytes) -> str:
    """The text, as it was written or as an older Excel saved it."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _row(number: int, cells: Mapping[str, str]) -> LinkRow:
    def cell(name: str) -> str:
        value = cells.get(name, "").replace("\N{NO-BREAK SPACE}", " ").strip()
        return value.removeprefix("'")  # that guarded a text from becoming a formula

    return LinkRow(
        row=number,
        action=cell("action"),
        company=cell("company"),
        account=cell("account"),
        customer_number=cell("customer_number"),
        customer_id=cell("customer_id"),
        check=cell("check"),
        if_refused=cell("if_refused"),
    )


# --- what came of it -----------------------------------------------------------------------------------------------


def link_document(
    command: Literal["match import", "match link", "match unlink"],
    run_id: str,
    done: Linked,
    *,
    dry: bool,
    language: Language = "en",
) -> LinkDocument:
    """The facts of what was carried out, with sentences in `language`."""
    plan, told = done.plan, words(language).sentence
    return LinkDocument(
        command=command,
        run_id=run_id,
        mode="dry-run" if dry else "apply",
        status="refused" if plan.is_stopped else "partial" if plan.refused else "ok",
        changes=tuple(_change(one) for one in plan.changes),
        unchanged=plan.unchanged,
        untouched=plan.untouched,
        refused=tuple(
            RefusedRowFacts(
                row=one.row,
                field=one.field,
                message=told(one.message),
                fix=told(one.fix),
                is_left_out=one.is_left_out,
            )
            for one in plan.refused
        ),
        told_accounts=done.told,
        warnings=tuple(MatchWarningFacts(code=one.code, message=told(one.message)) for one in done.warnings),
    )


def _change(one: LinkChange) -> LinkFacts:
    return LinkFacts(
        row=one.row,
        company=one.company,
        account=one.buyer.id,
        account_name=one.buyer.name,
        before_customer_id=one.before,
        customer_id=one.after.id if one.after else None,
        customer_number=one.after.number if one.after else None,
        customer_name=one.after.name if one.after else None,
    )


_SIGNS: Final[Mapping[PairStatus, str]] = {
    PairStatus.LINKED: "=",
    PairStatus.SUGGESTED: "~",
    PairStatus.AMBIGUOUS: "?",
    PairStatus.UNMATCHED: "-",
}


def print_match(console: Console, document: MatchDocument, language: Language = "en") -> None:
    """Print how many there are of each, where the list is, and what to do with it."""
    page = Page(console, language)
    accounts = len({(one.company, one.account.id) for one in document.pairs if one.account})
    customers = len({(one.company, one.customer.id) for one in document.pairs if one.customer})
    page.say(
        say(
            "%(accounts)s and %(customers)s listed.",
            accounts=how_many(accounts, "account"),
            customers=how_many(customers, "customer"),
        ),
        style="bold",
    )
    for status in PairStatus:
        if count := document.counts.get(status):
            page.say(joined((str(count), whole(status))), sign=_SIGNS[status], indent=2)
    page.gap()
    page.say(
        say(
            "Write link in the column action of every row that is right, or another customer_number there too; unlink takes a link "
            "away. Rows without an action change nothing."
        )
    )
    page.last(
        say("Written to %(file)s. `sfspiris match import %(file)s` reads it again.", file=document.file)
    )


def print_found(console: Console, document: MatchDocument, language: Language = "en") -> None:
    """Print every record that was found, with its link and what it may be. The evidence is in `language` already."""
    page = Page(console, language)
    for one in document.pairs:
        account = (
            say("account %(name)s (%(id)s)", name=one.account.name, id=one.account.id)
            if one.account
            else say("no account")
        )
        sides = joined((_customer(one.customer), account), " · ")
        page.say(joined((one.company, sides), ": "), sign=_SIGNS[one.status], style="bold")
        status = whole(one.status)
        scored = (
            joined((status, say("score %(score)s", score=one.score)), ", ")
            if one.account and one.customer
            else status
        )
        page.say(joined((scored, *one.evidence), "; "), indent=4)
        for against in one.against:
            page.say(against, sign="!", indent=4)
    lines = how_many(len(document.pairs), "line")
    page.last(say("%(lines)s found.", lines=lines) if document.pairs else say("Nothing was found."))


def _customer(one: MatchCustomerFacts | None) -> str:
    if one is None:
        return say("no customer")
    told = say("customer %(number)s %(name)s", number=one.number, name=one.name)
    numbered = joined((told, f"({one.orgnr})")) if one.orgnr else told
    return numbered if one.is_active else joined((numbered, say("inactive")), ", ")


def print_links(console: Console, document: LinkDocument, language: Language = "en") -> None:
    """Print what was linked and parted, and every row that was refused. Sentences are in `language` already."""
    page = Page(console, language)
    for one in document.changes:
        account = f"{one.account_name} ({one.account})"
        words = (
            say(
                "%(account)s is not customer %(customer)s any more in %(company)s",
                account=account,
                customer=one.before_customer_id,
                company=one.company,
            )
            if one.customer_id is None
            else say(
                "%(account)s is customer %(number)s %(name)s in %(company)s",
                account=account,
                number=one.customer_number,
                name=one.customer_name,
                company=one.company,
            )
        )
        told = joined((say("row %(row)s", row=one.row), words), ": ") if one.row else words
        page.say(told, sign="-" if one.customer_id is None else "=")
    for row in document.refused:
        place = say("Row %(row)s, %(field)s", row=row.row, field=row.field)
        refused = joined((place, row.message), ": ") if row.row else row.message
        page.say(refused, sign="!", style="bold", sign_style="red")
        page.entry(say("do"), row.fix, indent=4)
    for warning in document.warnings:
        page.say(f"{warning.message} ({warning.code})", sign="!")
    page.last(_summed_up(document))


def _summed_up(document: LinkDocument) -> str:
    refused = how_many(len(document.refused), "row")
    if document.status == "refused":
        return say("%(rows)s refused, so nothing was changed.", rows=refused)
    links = how_many(len(document.changes), "link")
    parts: list[str] = [
        say("%(links)s would be changed", links=links)
        if document.mode == "dry-run"
        else say("%(links)s changed", links=links)
    ]
    parts += [say("%(count)s so already", count=document.unchanged)] if document.unchanged else []
    parts += [say("%(rows)s left out", rows=refused)] if document.refused else []
    return joined((sentence_case(joined(parts, ", ")), "."), "")

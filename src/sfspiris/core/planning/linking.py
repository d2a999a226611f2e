"""Decides which accounts and customers become one, or are parted, by a person's word: row by row of a list, or one at a time.

A row is refused, never repaired, when it does not say clearly what is meant, when a record is not any more as the person saw
it, or when two rows cannot both be true. Whether the rows beside a refused one are carried out is the whole list's business:
one refused row stops all, except a row that says itself that it may be left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.pairing import (
    account_print,
    are_one_buyer,
    contradict_each_other,
    contradiction,
    customer_print,
)
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sfspiris.core.holds import Warn
    from sfspiris.core.model import Buyer, LedgerCustomer
    from sfspiris.sentences import Sentence


class LinkWord(StrEnum):
    """What a person asks for in a row."""

    LINK = "link"  # this account is this customer, and no other account is
    SHARE = "share"  # this account is this customer, as another account is too
    UNLINK = "unlink"  # this account is not the customer that it is linked to
    NOTHING = ""  # leave it as it is; so does an empty cell, and `skip`


SKIP: Final = "skip"
_WORDS: Final[Mapping[str, LinkWord]] = {
    "link": LinkWord.LINK,
    "share": LinkWord.SHARE,
    "unlink": LinkWord.UNLINK,
    SKIP: LinkWord.NOTHING,
    "": LinkWord.NOTHING,
}
_EXPORT_AGAIN: Final = say("Export the list again and repeat the choice there.")


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row as a person left it: cells without spaces around them, empty where nothing stands. `row` counts from 1; it
    is 0 for what was said on the command line.

    `check` is what the list wrote there; a row of one's own has none, and then nothing is compared with what was seen.
    """

    row: int
    action: str
    company: str
    account: str
    customer_number: str
    customer_id: str = ""
    check: str = ""
    if_refused: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of one company: its customers by id and by number, and the id of the one that each buyer is linked to."""

    by_id: Mapping[str, LedgerCustomer]
    by_number: Mapping[str, Sequence[LedgerCustomer]]
    links: Mapping[str, str]

    @classmethod
    def of(cls, customers: Iterable[LedgerCustomer], links: Mapping[str, str]) -> Books:
        """What these customers and links come to."""
        by_id = {one.id: one for one in customers}
        by_number: dict[str, list[LedgerCustomer]] = defaultdict(list)
        for one in by_id.values():
            by_number[one.number.strip()].append(one)
        return cls(by_id, by_number, links)


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link that is to be made, changed or taken away (`after` is None then). `before` is the customer's id until now."""

    row: int
    company: str
    buyer: Buyer
    before: str | None
    after: LedgerCustomer | None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Why a row is not carried out: the cell that is wrong, what is wrong, and what to do. `is_left_out` when the row allows it."""

    row: int
    field: str
    message: str
    fix: str
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What a list comes to. `changes` is empty when a refused row stops all of it; `unchanged` rows are so already."""

    changes: tuple[LinkChange, ...]
    refused: tuple[RefusedRow, ...]
    unchanged: int
    untouched: int

    @property
    def is_stopped(self) -> bool:
        """Whether a row was refused that may not be left out."""
        return any(not one.is_left_out for one in self.refused)


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of what people asked for; `told` are the accounts whose customer number the CRM has now."""

    plan: LinkPlan
    warnings: tuple[Warn, ...] = ()
    told: tuple[str, ...] = ()


class _RefusedError(Exception):
    def __init__(self, about: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.about = about
        self.message = message
        self.fix = fix


@dataclass(slots=True)
class _Reader:
    """Reads rows against the records as they are now."""

    buyers: Mapping[str, Buyer]
    books: Mapping[str, Books]
    changes: list[tuple[LinkRow, LinkChange]] = field(default_factory=list)
    same: list[tuple[LinkRow, LinkChange]] = field(default_factory=list)
    refused: dict[int, RefusedRow] = field(default_factory=dict)

    def take(self, row: LinkRow) -> bool:
        """Read one row; whether it asks for anything."""
        try:
            word = _word(row)
            if word is LinkWord.NOTHING:
                return False
            wanted = self._change(row, word)
        except _RefusedError as error:
            self.refuse(row, error.about, error.message, error.fix)
            return True
        is_so = wanted.before == (wanted.after.id if wanted.after else None)
        (self.same if is_so else self.changes).append((row, wanted))
        return True

    def refuse(self, row: LinkRow, about: str, message: str, fix: str) -> None:
        is_left_out = row.if_refused.casefold() == SKIP
        self.refused.setdefault(row.row, RefusedRow(row.row, about, message, fix, is_left_out))

    def _change(self, row: LinkRow, word: LinkWord) -> LinkChange:
        books = self.books.get(row.company)
        if books is None:
            known = ", ".join(sorted(self.books))
            raise _RefusedError(
                "company",
                say("“%(company)s” is no company of this run.", company=text.one_line(row.company))
                if row.company
                else say("No company is named."),
                say("Write %(known)s.", known=known),
            )
        buyer = self._buyer(row)
        before = books.links.get(buyer.id)
        if word is LinkWord.UNLINK:
            if before is not None:
                _check_seen(row, buyer, before, None)
            return LinkChange(row.row, row.company, buyer, before, None)
        after = _customer(row, books)
        if before != after.id:
            _check_seen(row, buyer, before, after)
            if not after.is_active:
                raise _RefusedError(
                    "customer_number",
                    say("Customer %(customer)s is inactive in Spiris.", customer=_named(after)),
                    say("Make it active there first, or choose another customer."),
                )
            if differs := contradiction(buyer, after):
                raise _RefusedError(
                    "customer_number",
                    say(
                        "Account %(name)s (%(id)s) cannot be customer %(customer)s: the %(why)s.",
                        name=text.one_line(buyer.name),
                        id=buyer.id,
                        customer=_named(after),
                        why=differs,
                    ),
                    say(
                        "Find out which number is right and correct the other, in Salesforce or in Spiris; or choose another "
                        "customer."
                    ),
                )
        return LinkChange(row.row, row.company, buyer, before, after)

    def _buyer(self, row: LinkRow) -> Buyer:
        if not row.account:
            raise _RefusedError(
                "account",
                say("No account is named."),
                say(
                    "Write the account's id from its address in Salesforce, 15 or 18 characters that begin with 001."
                ),
            )
        found = self.buyers.get(row.account)
        if found is None:
            raise _RefusedError(
                "account",
                say(
                    "Salesforce knows no account %(account)s, or the integration user may not see it.",
                    account=text.one_line(row.account),
                ),
                say("Copy the id from the account's address in Salesforce."),
            )
        return found


def _word(row: LinkRow) -> LinkWord:
    word = _WORDS.get(row.action.casefold())
    if word is None:
        raise _RefusedError(
            "action",
            say("“%(action)s” is no action.", action=text.one_line(row.action)),
            say("Write link, share, unlink or skip, or leave the cell empty."),
        )
    if row.if_refused.casefold() not in {"", SKIP}:
        raise _RefusedError(
            "if_refused",
            say("“%(word)s” is not known here.", word=text.one_line(row.if_refused)),
            say("Write skip, or leave the cell empty."),
        )
    return word


def _customer(row: LinkRow, books: Books) -> LedgerCustomer:
    """The customer that the row means: the one it was written for, unless a person wrote another number there."""
    if not row.customer_number:
        raise _RefusedError(
            "customer_number", say("No customer is named."), say("Write the customer's number in Spiris.")
        )
    if row.customer_id:
        shown = books.by_id.get(row.customer_id)
        if shown is not None and _is_number(row.customer_number, shown):
            return shown
        if shown is None or customer_print(shown) != _parts(row.check)[1]:
            # With the record that the list showed gone or changed, nobody can tell whether the number was meant.
            raise _RefusedError(
                "customer_number",
                say(
                    "The customer in this row has been changed or deleted in Spiris since the list was written."
                ),
                _EXPORT_AGAIN,
            )
    hits = books.by_number.get(row.customer_number, ())
    if len(hits) != 1:
        raise _RefusedError(
            "customer_number",
            say(
                "Spiris has no customer %(number)s in company %(company)s."
                if not hits
                else "Spiris has more than one customer %(number)s in company %(company)s.",
                number=text.one_line(row.customer_number),
                company=row.company,
            ),
            say("Write the number as it stands in Spiris; a spreadsheet may have changed a long one."),
        )
    return hits[0]


def _is_number(cell: str, customer: LedgerCustomer) -> bool:
    """Whether a cell is the customer's number, also when a spreadsheet took its leading zeros away."""
    number = customer.number.strip()
    return cell == number or (cell.isdigit() and number.isdigit() and int(cell) == int(number))


def _check_seen(row: LinkRow, buyer: Buyer, before: str | None, after: LedgerCustomer | None) -> None:
    if not row.check:
        return
    of_account, of_customer = _parts(row.check)
    if of_account and of_account != account_print(buyer, before):
        raise _RefusedError(
            "account",
            say(
                "Account %(name)s (%(id)s), or its link, has been changed since the list was written.",
                name=text.one_line(buyer.name),
                id=buyer.id,
            ),
            _EXPORT_AGAIN,
        )
    if after is not None and after.id == row.customer_id and of_customer != customer_print(after):
        raise _RefusedError(
            "customer_number",
            say(
                "Customer %(customer)s has been changed in Spiris since the list was written.",
                customer=_named(after),
            ),
            _EXPORT_AGAIN,
        )


def check_of(buyer: Buyer | None, linked_id: str | None, customer: LedgerCustomer | None) -> str:
    """What a list writes beside a row so that a change on either side is noticed. A letter first: it must stay text."""
    account = account_print(buyer, linked_id) if buyer is not None else ""
    return f"k{account}-{customer_print(customer) if customer is not None else ''}"


def _parts(check: str) -> tuple[str, str]:
    account, _, customer = check.removeprefix("k").partition("-")
    return account, customer


def _named(customer: LedgerCustomer) -> str:
    return f"{customer.number} {text.one_line(customer.name)}"


def decide_links(
    rows: Iterable[LinkRow], buyers: Mapping[str, Buyer], books: Mapping[str, Books]
) -> LinkPlan:
    """What the rows come to. `buyers` are the accounts that the rows name, by what the rows call them; `books` by company."""
    reader = _Reader(buyers, books)
    every = list(rows)
    asked = sum(reader.take(row) for row in every)
    _refuse_twice_told(reader)
    _refuse_rivals(reader)
    refused = tuple(one for _, one in sorted(reader.refused.items()))
    wanted = [change for row, change in reader.changes if row.row not in reader.refused]
    plan = LinkPlan(
        changes=tuple(wanted),
        refused=refused,
        unchanged=sum(row.row not in reader.refused for row, _ in reader.same),
        untouched=len(every) - asked,
    )
    return LinkPlan((), plan.refused, plan.unchanged, plan.untouched) if plan.is_stopped else plan


def _refuse_twice_told(reader: _Reader) -> None:
    """No account can be told two things at once, not even the same thing: one of the rows is a slip."""
    told: dict[tuple[str, str], list[LinkRow]] = defaultdict(list)
    for row, change in (*reader.changes, *reader.same):
        told[change.company, change.buyer.id].append(row)
    for (_, buyer_id), rows in told.items():
        if len(rows) > 1:
            numbers = ", ".join(str(one.row) for one in sorted(rows, key=lambda one: one.row))
            for row in rows:
                reader.refuse(
                    row,
                    "account",
                    say(
                        "Rows %(rows)s each ask for something about account %(account)s.",
                        rows=numbers,
                        account=buyer_id,
                    ),
                    say("Keep the action in one of them and empty the others."),
                )


def _refuse_rivals(reader: _Reader) -> None:
    """Two accounts become one customer only when they prove to be one buyer, or when a person says that they share it."""
    coming: dict[tuple[str, str], list[tuple[LinkRow, LinkChange]]] = defaultdict(list)
    leaving: set[tuple[str, str]] = set()
    for row, change in (*reader.changes, *reader.same):
        if row.row in reader.refused:
            continue
        leaving.add((change.company, change.buyer.id))
        if change.after is not None:
            coming[change.company, change.after.id].append((row, change))
    for (company, customer_id), claims in coming.items():
        staying = [
            buyer_id
            for buyer_id, linked in reader.books[company].links.items()
            if linked == customer_id and (company, buyer_id) not in leaving
        ]
        for row, change in claims:
            if change.before == customer_id:
                continue
            rivals = [
                other.buyer
                for beside, other in claims
                if other.buyer.id != change.buyer.id and not _may_share((row, beside), change, other.buyer)
            ]
            strangers = [
                buyer_id
                for buyer_id in staying
                if not _may_share((row,), change, reader.buyers.get(buyer_id))
            ]
            if rivals or strangers:
                ids = ", ".join(sorted({one.id for one in rivals} | set(strangers)))
                reader.refuse(
                    row,
                    "customer_number",
                    say(
                        "Customer %(customer)s is claimed by account %(accounts)s too.",
                        customer=_named(change.after) if change.after else customer_id,
                        accounts=ids,
                    ),
                    say(
                        "Give it to one of them; or %(share)s where they really are one customer. Accounts with different "
                        "organisation numbers never are.",
                        share=_to_share(row),
                    ),
                )


def _to_share(row: LinkRow) -> Sentence:
    """How a person says that two accounts are one customer: in the list, or on the command line (row 0)."""
    return say("write share in place of link") if row.row else say("add --share")


def _may_share(rows: Iterable[LinkRow], change: LinkChange, other: Buyer | None) -> bool:
    """Whether the account may have the customer that another account has, or that one of the rows says so.

    An account that nobody can read is a stranger.
    """
    if other is not None and contradict_each_other(other, change.buyer):
        return False
    if any(row.action.casefold() == LinkWord.SHARE for row in rows):
        return True
    return other is not None and are_one_buyer(other, change.buyer)

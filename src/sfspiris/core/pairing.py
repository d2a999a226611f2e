"""Finds which customers in the books the CRM's accounts may already be, for a person to say yes or no to.

Nothing is decided here. Each account is compared with the customers that share something with it; what they share is told
in words and weighed by one table, so that the same records always give the same list. A customer is suggested only when
nothing speaks against it and no other comes near it: two that fit about equally are both shown and neither is preferred.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from sfspiris.core.identity import customer_note, print_of
from sfspiris.core.planning.matching import compact, ten_digits
from sfspiris.sentences import say
from sfspiris.swedish import personal_shape, text, vat_numbers
from sfspiris.swedish.legal_forms import legal_forms, without_form
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sfspiris.core.model import Buyer, LedgerCustomer


_Test: TypeAlias = "Callable[[Buyer, LedgerCustomer], bool]"


class Evidence(StrEnum):
    """What an account and a customer have in common, from the strongest to the weakest; the words that people read."""

    NOTE = "our note on the customer"
    KEY = "agreed key"
    ORGNR = "organisation number"
    VAT_NUMBER = "VAT number"
    CUSTOMER_NUMBER = "customer number"
    NAME = "name"
    EMAIL = "e-mail address"
    NAME_ALIKE = "similar name"
    ADDRESS = "address"
    PHONE = "telephone number"
    POSTAL_CODE = "postal code"


WEIGHTS: Final[Mapping[Evidence, int]] = {
    Evidence.NOTE: 60,
    Evidence.KEY: 60,
    Evidence.ORGNR: 60,
    Evidence.VAT_NUMBER: 50,
    Evidence.CUSTOMER_NUMBER: 40,
    Evidence.NAME: 30,
    Evidence.EMAIL: 25,
    Evidence.NAME_ALIKE: 20,
    Evidence.ADDRESS: 15,
    Evidence.PHONE: 15,
    Evidence.POSTAL_CODE: 5,
}
"""Points for each thing in common; a score is their sum, at most 100. Our own judgement, no source.

A number that the authorities give outweighs everything that a name and an address can add up to, and a mailbox or a
telephone number, which a group or an accountant shares, never makes a suggestion alone.
"""

PROOF: Final = frozenset({Evidence.NOTE, Evidence.KEY, Evidence.ORGNR, Evidence.VAT_NUMBER})
"""What two accounts may rightly share a customer by."""

_NAMING: Final = PROOF | {Evidence.NAME, Evidence.NAME_ALIKE}
"""One of these must be there for a suggestion: offices share addresses, and two companies' books share customer numbers."""

BEST: Final = 100
CANDIDATE_FROM: Final = 20
"""The score from which a customer is shown beside an account."""
SUGGESTED_FROM: Final = 30
"""The score from which a customer may be suggested: the same name without its legal form, or something better."""
LEAD: Final = 15
"""By how much the best candidate must lead the next one to be suggested."""
SHOWN: Final = 5
"""So many candidates of one account are shown; more than that is no help."""
ALIKE: Final = 0.85
"""From which similarity (0-1, `difflib.SequenceMatcher`) two names count as similar."""
_SHARED_TRIGRAMS: Final = 0.4  # of the shorter name's; fewer cannot come near ALIKE
_COMMON: Final = 0.05  # trigrams that more of all customers' names have tell nothing
_FEWEST_DIGITS: Final = 7  # of a telephone number
_ORGNR_DIGITS: Final = 10


class PairStatus(StrEnum):
    """How an account and a customer stand to each other."""

    LINKED = "linked"  # they are one, by an earlier run or a person's word
    SUGGESTED = "suggested"  # one customer fits and leads
    AMBIGUOUS = "ambiguous"  # something fits, but a person must choose
    UNMATCHED = "unmatched"  # nothing on the other side fits


@dataclass(frozen=True, slots=True)
class Account:
    """A buyer in the CRM, and whether it has won or open Deals that go to the company."""

    buyer: Buyer
    has_deals: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much an account and a customer have in common: a score of 0-100, what it rests on, and what speaks against it."""

    score: int
    evidence: tuple[Evidence, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def is_proof(self) -> bool:
        """Whether they share something that only one buyer can have, and nothing speaks against it."""
        return bool(PROOF.intersection(self.evidence)) and not self.against


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the list: an account, a customer, or both side by side."""

    company: str
    status: PairStatus
    account: Account | None
    customer: LedgerCustomer | None
    likeness: Likeness = Likeness(0)
    linked_id: str | None = None  # the customer that the account is linked to now


@dataclass(slots=True)
class _Index:
    """The customers by everything that an account could be found by."""

    by_value: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    by_trigram: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    names: list[str] = field(default_factory=list)


def pairs(
    company: str,
    accounts: Sequence[Account],
    customers: Sequence[LedgerCustomer],
    links: Mapping[str, str],
    *,
    org_tag: str,
    idle: bool = False,
) -> tuple[Pair, ...]:
    """Every account that concerns the company and every customer of it, in a stable order.

    `links` are the customer's ids by the buyer's. An account concerns the company when it has Deals there, is linked, or
    shares something with a customer; with `idle`, all of them are told. Lines that need a person come first, then suggestions, accounts without anybody,
    links, and last the customers that no line above names.
    """
    known = {one.id: one for one in customers}
    index = _indexed(customers)
    found: list[Pair] = []
    for account in accounts:
        linked = links.get(account.buyer.id)
        if linked is not None:
            customer = known.get(linked)
            likeness = (
                compare(account.buyer, customer, org_tag)
                if customer is not None
                else Likeness(0, against=(say("the linked customer is not in the books any more"),))
            )
            found.append(Pair(company, PairStatus.LINKED, account, customer, likeness, linked))
            continue
        fitting = _candidates(company, account, customers, index, org_tag)
        if not fitting and (account.has_deals or idle):
            fitting = [Pair(company, PairStatus.UNMATCHED, account, None)]
        found += fitting
    found = _parted_rivals(found, links)
    named = {one.customer.id for one in found if one.customer is not None}
    found += [Pair(company, PairStatus.UNMATCHED, None, one) for one in customers if one.id not in named]
    return tuple(sorted(found, key=_order))


def _order(one: Pair) -> tuple[int, str, str, int, str]:
    places = (PairStatus.AMBIGUOUS, PairStatus.SUGGESTED, PairStatus.UNMATCHED, PairStatus.LINKED)
    place = places.index(one.status) if one.account is not None else len(places)
    name = one.account.buyer.name if one.account else (one.customer.name if one.customer else "")
    account = one.account.buyer.id if one.account else ""
    return place, folded(name), account, -one.likeness.score, one.customer.number if one.customer else ""


def _candidates(
    company: str, account: Account, customers: Sequence[LedgerCustomer], index: _Index, org_tag: str
) -> list[Pair]:
    """The account with the customers that fit it, the best one first."""
    weighed = [
        (customers[place], compare(account.buyer, customers[place], org_tag))
        for place in sorted(_near(account.buyer, index, org_tag))
    ]
    fitting = sorted(
        (one for one in weighed if one[1].score >= CANDIDATE_FROM),
        key=lambda one: (-one[1].score, bool(one[1].against), one[0].number, one[0].id),
    )
    if not fitting:
        return []
    (_, best), *others = fitting
    is_clear = (
        best.score >= SUGGESTED_FROM
        and not best.against
        and not _NAMING.isdisjoint(best.evidence)
        and all(best.score - other.score >= LEAD for _, other in others)
        # A twin under the same number is as right by law, however little else it has in common.
        and not (best.is_proof and any(other.is_proof for _, other in others))
    )
    if is_clear:
        return [Pair(company, PairStatus.SUGGESTED, account, *fitting[0])]
    return [Pair(company, PairStatus.AMBIGUOUS, account, *one) for one in fitting[:SHOWN]]


def _parted_rivals(found: Sequence[Pair], links: Mapping[str, str]) -> list[Pair]:
    """The same, with no customer suggested to two accounts, unless each of them proves to be that customer."""
    owners: dict[str, list[str]] = defaultdict(list)
    for buyer_id, customer_id in links.items():
        owners[customer_id].append(buyer_id)
    rivals: dict[str, list[Pair]] = defaultdict(list)
    for one in found:
        if one.status is PairStatus.SUGGESTED and one.customer is not None:
            rivals[one.customer.id].append(one)
    after = []
    for one in found:
        if one.status is not PairStatus.SUGGESTED or one.customer is None or one.likeness.is_proof:
            after.append(one)
            continue
        if taken := sorted(owners.get(one.customer.id, [])):
            words = say("linked to account %(account)s already", account=taken[0])
        elif len(rivals[one.customer.id]) > 1:
            words = say("fits %(count)s accounts", count=len(rivals[one.customer.id]))
        else:
            after.append(one)
            continue
        likeness = replace(one.likeness, against=(*one.likeness.against, words))
        after.append(replace(one, status=PairStatus.AMBIGUOUS, likeness=likeness))
    return after


# --- one account, one customer -------------------------------------------------------------------------------------


def compare(buyer: Buyer, customer: LedgerCustomer, org_tag: str) -> Likeness:
    """How much the two have in common."""
    evidence = {one for one, agrees in _TESTS if agrees(buyer, customer)}
    if customer_note(buyer.id, org_tag) in (customer.note or "").split():
        evidence.add(Evidence.NOTE)
    if Evidence.ORGNR in evidence:  # a Swedish VAT number is the organisation number in other clothes
        evidence.discard(Evidence.VAT_NUMBER)
    if Evidence.ADDRESS in evidence:
        evidence.discard(Evidence.POSTAL_CODE)
    against = tuple(_against(buyer, customer, evidence))
    mine = tuple(one for one in Evidence if one in evidence)
    return Likeness(min(BEST, sum(WEIGHTS[one] for one in mine)), mine, against)


def contradiction(buyer: Buyer, customer: LedgerCustomer) -> str | None:
    """What makes it impossible that the two are one: both have organisation numbers, and not the same."""
    mine, theirs = _numbers_of_buyer(buyer), _numbers_of_customer(customer)
    return say("organisation numbers differ") if mine and theirs and not mine & theirs else None


def are_one_buyer(one: Buyer, other: Buyer) -> bool:
    """Whether two accounts prove to be one buyer: by organisation number, VAT number or agreed key."""
    if _numbers_of_buyer(one) & _numbers_of_buyer(other):
        return True
    vat = compact(one.vat_number)
    key = text.one_line(one.customer_key or "")
    return bool(vat and vat == compact(other.vat_number)) or bool(
        key and key == text.one_line(other.customer_key or "")
    )


def told_by_number(buyers: Iterable[Buyer], customers: Sequence[LedgerCustomer]) -> dict[str, LedgerCustomer]:
    """The active customer whose number the CRM shows of each buyer, by the buyer's id, where nothing speaks against it.

    A number that a person may have mistyped does not stand against an organisation number that leads to somebody else.
    """
    by_number: dict[str, list[LedgerCustomer]] = defaultdict(list)
    by_orgnr: dict[str, set[str]] = defaultdict(set)
    for one in customers:
        by_number[one.number.strip()].append(one)
        for number in _numbers_of_customer(one):
            by_orgnr[number].add(one.id)
    found = {}
    for buyer in buyers:
        hits = by_number.get((buyer.customer_number or "").strip(), [])
        if not (buyer.customer_number or "").strip() or len(hits) != 1 or not hits[0].is_active:
            continue
        others = {one for number in _numbers_of_buyer(buyer) for one in by_orgnr.get(number, ())}
        if contradiction(buyer, hits[0]) is None and (not others or hits[0].id in others):
            found[buyer.id] = hits[0]
    return found


def contradict_each_other(one: Buyer, other: Buyer) -> bool:
    """Whether two accounts cannot be one buyer: both have organisation numbers, and not the same."""
    mine, theirs = _numbers_of_buyer(one), _numbers_of_buyer(other)
    return bool(mine and theirs and not mine & theirs)


def _against(buyer: Buyer, customer: LedgerCustomer, evidence: Collection[Evidence]) -> Iterable[str]:
    if not buyer.name:
        yield say("the account cannot be read in the CRM")
    if differs := contradiction(buyer, customer):
        yield differs
    if not customer.is_active:
        yield say("inactive in the books")
    forms, theirs = legal_forms(buyer.name), legal_forms(customer.name)
    if forms and theirs and forms.isdisjoint(theirs) and not PROOF.intersection(evidence):
        yield say("another legal form")


def _same_name(buyer: Buyer, customer: LedgerCustomer) -> bool:
    name = name_key(buyer.name)
    return bool(name) and name == name_key(customer.name)


def _similar_name(buyer: Buyer, customer: LedgerCustomer) -> bool:
    name, other = name_key(buyer.name), name_key(customer.name)
    return name != other and _are_alike(name, other)


def _are_alike(name: str, other: str) -> bool:
    if not name or not other:
        return False
    first, second = sorted((name, other))  # which of the two is whose must not matter
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _same_address(buyer: Buyer, customer: LedgerCustomer) -> bool:
    street = _plain(buyer.street)
    streets = {_plain(customer.address1), _plain(customer.address2)} - {""}
    return bool(street) and street in streets and _same_postal_code(buyer, customer)


def _same_postal_code(buyer: Buyer, customer: LedgerCustomer) -> bool:
    code = _plain(buyer.postal_code)
    return bool(code) and code == _plain(customer.postal_code)


def _same_key(buyer: Buyer, customer: LedgerCustomer) -> bool:
    key = text.one_line(buyer.customer_key or "")
    return bool(key) and key in (customer.note or "").split()


def _share(
    values: Callable[[Buyer], Collection[str]], theirs: Callable[[LedgerCustomer], Collection[str]]
) -> _Test:
    return lambda buyer, customer: not set(values(buyer)).isdisjoint(theirs(customer))


def _one(value: str) -> frozenset[str]:
    return frozenset({value} - {""})


def _numbers_of_buyer(buyer: Buyer) -> frozenset[str]:
    """The ten digits that the authorities know the buyer by, from its organisation number or a Swedish VAT number."""
    return _numbers(buyer.orgnr, buyer.personal_number, buyer.vat_number)


def _numbers_of_customer(customer: LedgerCustomer) -> frozenset[str]:
    return _numbers(customer.orgnr, None, customer.vat_number)


def _numbers(orgnr: str | None, personal: str | None, vat_number: str | None) -> frozenset[str]:
    vat = compact(vat_number)
    swedish = vat[2:12] if vat.startswith("SE") and len(vat) == 14 else ""  # noqa: PLR2004 - SE, ten digits, 01
    digits = (ten_digits(orgnr or ""), ten_digits(personal or ""), swedish)
    # One digit over and over is what people type to get past a field.
    return frozenset(
        one for one in digits if len(one) == _ORGNR_DIGITS and one.isdigit() and len(set(one)) > 1
    )


@lru_cache(maxsize=100_000)
def _phone(number: str | None) -> str:
    """The digits of a telephone number from its area code on, as it is dialled in Sweden."""
    typed = text.code(number or "").replace("(0)", "")
    digits = "".join(one for one in typed if one.isdigit())
    if typed.startswith("+"):
        digits = digits.removeprefix("46") if digits.startswith("46") else f"+{digits}"
    elif digits.startswith("00"):
        digits = digits[4:] if digits.startswith("0046") else f"+{digits[2:]}"
    digits = digits.removeprefix("0")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


def _email(address: str | None) -> str:
    return (address or "").strip().casefold()


_TESTS: Final[tuple[tuple[Evidence, _Test], ...]] = (
    (Evidence.KEY, _same_key),
    (Evidence.ORGNR, _share(_numbers_of_buyer, _numbers_of_customer)),
    (
        Evidence.VAT_NUMBER,
        _share(lambda one: _one(compact(one.vat_number)), lambda one: _one(compact(one.vat_number))),
    ),
    (
        Evidence.CUSTOMER_NUMBER,
        _share(lambda one: _one((one.customer_number or "").strip()), lambda one: _one(one.number.strip())),
    ),
    (Evidence.NAME, _same_name),
    (Evidence.EMAIL, _share(lambda one: _one(_email(one.email)), lambda one: _one(_email(one.email)))),
    (Evidence.NAME_ALIKE, _similar_name),
    (Evidence.ADDRESS, _same_address),
    (Evidence.PHONE, _share(lambda one: _one(_phone(one.phone)), lambda one: _one(_phone(one.phone)))),
    (Evidence.POSTAL_CODE, _same_postal_code),
)


# --- names ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=100_000)  # each name is compared with many
def name_key(name: str) -> str:
    """A name for comparison only: without legal form, marks, accents and capitals, so that `AB Volvo` is `Volvo Aktiebolag`."""
    return " ".join(_plain_words(without_form(name)))


def folded(words: str) -> str:
    """Words for searching: small letters without accents, so that `Göteborg` is found by `goteborg`."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _plain_words(words: str) -> list[str]:
    return "".join(one if one.isalnum() else " " for one in folded(words)).split()


@lru_cache(maxsize=100_000)
def _plain(words: str | None) -> str:
    return "".join(_plain_words(words or ""))


# --- finding those worth comparing ---------------------------------------------------------------------------------


def _indexed(customers: Sequence[LedgerCustomer]) -> _Index:
    index = _Index()
    for place, one in enumerate(customers):
        for key in _keys_of_customer(one):
            index.by_value[key].append(place)
        index.names.append(name_key(one.name))
        for trigram in _trigrams(index.names[-1]):
            index.by_trigram[trigram].append(place)
    return index


def _keys_of_customer(one: LedgerCustomer) -> set[tuple[str, str]]:
    keys = {("number", number) for number in _numbers_of_customer(one)}
    keys |= {("word", word) for word in (one.note or "").split()}
    single = {
        "vat": compact(one.vat_number),
        "customer": one.number.strip(),
        "email": _email(one.email),
        "phone": _phone(one.phone),
        "name": name_key(one.name),
    }
    keys |= {(what, value) for what, value in single.items() if value}
    code = _plain(one.postal_code)
    return keys | {
        ("address", f"{street} {code}")
        for street in (_plain(one.address1), _plain(one.address2))
        if street and code
    }


def _keys_of_buyer(buyer: Buyer, org_tag: str) -> set[tuple[str, str]]:
    keys = {("number", number) for number in _numbers_of_buyer(buyer)}
    single = {
        "vat": compact(buyer.vat_number),
        "customer": (buyer.customer_number or "").strip(),
        "email": _email(buyer.email),
        "phone": _phone(buyer.phone),
        "name": name_key(buyer.name),
    }
    keys |= {(what, value) for what, value in single.items() if value}
    keys |= {
        ("word", word)
        for word in (customer_note(buyer.id, org_tag), text.one_line(buyer.customer_key or ""))
        if word
    }
    if (street := _plain(buyer.street)) and (code := _plain(buyer.postal_code)):
        keys.add(("address", f"{street} {code}"))
    return keys


def _near(buyer: Buyer, index: _Index, org_tag: str) -> set[int]:
    """The places of the customers that share a value with the buyer, or whose names share enough letters with its."""
    found = {place for key in _keys_of_buyer(buyer, org_tag) for place in index.by_value.get(key, ())}
    trigrams = _trigrams(name_key(buyer.name))
    common = max(50, round(len(index.names) * _COMMON))
    telling = [one for one in trigrams if 0 < len(index.by_trigram.get(one, ())) <= common]
    shared = Counter(place for one in telling for place in index.by_trigram[one])
    return found | {
        place
        for place, count in shared.items()
        if count >= _SHARED_TRIGRAMS * min(len(telling), len(_trigrams(index.names[place])))
    }


def _trigrams(name: str) -> set[str]:
    """The runs of three letters in a name, spaces left out."""
    letters = name.replace(" ", "")
    return {letters[start : start + 3] for start in range(max(1, len(letters) - 2))} if letters else set()


# --- noticing that a record is not any more as it was shown --------------------------------------------------------


def account_print(buyer: Buyer, linked_id: str | None) -> str:
    """A print of what a list shows of an account, and of its link. Numbers of persons are left out: a print could be guessed."""
    return print_of(
        buyer.id,
        buyer.name,
        shown_number(buyer.orgnr),
        shown_number(buyer.vat_number),
        buyer.customer_number,
        buyer.postal_code,
        linked_id,
    )[:_PRINT]


def customer_print(customer: LedgerCustomer) -> str:
    """A print of what a list shows of a customer, likewise."""
    return print_of(
        customer.id,
        customer.number,
        customer.name,
        shown_number(customer.orgnr),
        shown_number(customer.vat_number),
        customer.is_active,
        customer.postal_code,
    )[:_PRINT]


_PRINT: Final = 10  # hexadecimal digits


def shown_number(number: str | None) -> str | None:
    """An organisation or VAT number as it may be shown; one that may be a person's is masked."""
    if not number:
        return number
    line = text.one_line(number)
    looks_personal = personal_shape.in_text(text.identifier(line).removeprefix("SE"))
    return PERSONAL_ID if looks_personal and not vat_numbers.is_of_a_company_abroad(line) else line


# --- looking for one -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: a part of a name on either side, an organisation number, or a customer number."""

    text: str | None = None
    orgnr: str | None = None
    number: str | None = None


def is_wanted(pair: Pair, wanted: Wanted) -> bool:
    """Whether a line of the list is about it. Numbers are compared digit by digit, names without accents and capitals."""
    buyer = pair.account.buyer if pair.account else None
    customer = pair.customer
    if wanted.number is not None:
        return customer is not None and customer.number.strip() == wanted.number.strip()
    if wanted.orgnr is not None:
        asked = _numbers(wanted.orgnr, None, None)
        mine = _numbers_of_buyer(buyer) if buyer else frozenset()
        theirs = _numbers_of_customer(customer) if customer else frozenset()
        return bool(asked & (mine | theirs))
    words = folded(text.one_line(wanted.text or ""))
    names = (buyer.name if buyer else "", customer.name if customer else "")
    return bool(words) and any(words in folded(one) for one in names)

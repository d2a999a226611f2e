"""The keys that name one Deal on both sides, and the prints by which we recognise what we wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.money import is_sane
from sfspiris.core.yesno import prices_include_vat

if TYPE_CHECKING:
    from sfspiris.core.model import Deal

FIRST_REVISION: Final = 1
"""Of a Deal's document; one that a person asks to have made again has the next."""
_MARKER = re.compile(r"(?<![0-9A-Za-z])SF:([0-9A-Za-z]{18}):([0-9]{1,3}):([A-Z2-7]{5})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Marker:
    """The words that tie a document to one revision of one Deal of one org: `SF:006…AAA:1:K7Q2M`.

    At most 32 characters, so that it fits the shortest field that may carry it (35). The org's tag keeps a sandbox
    copy, whose records have the same ids as production's, from ever claiming production's documents.
    """

    deal_id: str
    revision: int
    org_tag: str

    def __post_init__(self) -> None:
        if not _MARKER.fullmatch(str(self)):
            raise ValueError(f"cannot be a marker: {self!s}")

    def __str__(self) -> str:
        return f"SF:{self.deal_id}:{self.revision}:{self.org_tag}"


def markers_in(text: str | None) -> tuple[Marker, ...]:
    """All markers in a text that a person may have edited around them. Case counts: Salesforce ids differ by case alone."""
    return tuple(Marker(found[1], int(found[2]), found[3]) for found in _MARKER.finditer(text or ""))


def org_tag(org_id: str) -> str:
    """Five base32 characters that stand for a CRM org; 15- and 18-character ids of one org give the same tag."""
    return _short_hash("org", org_id[:15], length=5)


def customer_note(buyer_id: str, tag: str, currency: str | None = None) -> str:
    """The word in a created customer's internal note by which a lost reply to its creation is found again.

    A buyer's second customer, for another `currency` than that of the books, carries the currency, so that two whose replies
    were lost are told apart.
    """
    return f"SF:{buyer_id}:{tag}" + (f":{currency}" if currency else "")


def correlation_id(tag: str, company: str, deal_id: str, revision: int = 1) -> str:
    """One short id per Deal and revision, the first one's unless told, the same in every run: search for it in logs, state, Salesforce and reports."""
    return _short_hash("deal", tag, company, deal_id, str(revision), length=12)


def customer_key(tag: str, company: str, natural_key: str, currency: str | None = None) -> str:
    """A name for a customer yet to be made, the same for two accounts with one organisation number.

    `currency` is that of a second customer, beside the one in the currency of the books. A hash, because the natural key may be a person's number and our memory keeps no such numbers.
    """
    parts = (natural_key, currency) if currency else (natural_key,)
    return _short_hash("customer", tag, company, *parts, length=16)


def action_id(kind: str, company: str, subject: str, revision: int = 1) -> str:
    """A stable name for one intended effect: the same plan gives the same ids."""
    return _short_hash("action", kind, company, subject, str(revision), length=16).lower()


def content_hash(deal: Deal) -> str:
    """A print of what the Deal sells and to whom: the same as long as nothing that belongs on an invoice has changed.

    References that name people are left out on purpose: a deal that gets a new owner is still the same sale.
    """
    content: dict[str, object] = {
        "buyer": deal.buyer.id if deal.buyer else None,
        "currency": deal.currency,
        "purchase_order": deal.purchase_order,
        "payment_terms_days": deal.payment_terms_days,
        "lines": [
            [
                line.article,
                line.name,
                line.text,
                _canonical(line.quantity),
                _canonical(line.unit_price),
                _canonical(line.discount_percent),
                line.service_from.isoformat() if line.service_from else None,
                line.service_until.isoformat() if line.service_until else None,
                line.vat_category,
            ]
            for line in deal.lines
        ],
    }
    if prices_include_vat(deal):
        content["prices_include_vat"] = True
    return payload_hash(content)


_NOT_ON_A_DOCUMENT: Final = frozenset(
    {
        "id",
        "name",
        "changed_at",
        "closed_on",
        "owner_id",
        "owner_name",
        "sync",
        "readiness",
        "retry",
        "deal_amount",
    }
)

_ON_THE_CUSTOMER: Final = frozenset({"name", "street", "postal_code", "city", "email", "phone"})
"""Of a buyer: what a document takes from its customer, which is kept in step by itself."""


def source_hash(deal: Deal) -> str:
    """A print of everything the Deal says that a document or its routing could depend on.

    What is not mapped is not in a Deal at all, so touching it never changes this.
    """
    said = {
        one.name: _plain(getattr(deal, one.name))
        for one in fields(deal)
        if one.name not in _NOT_ON_A_DOCUMENT
    }
    if deal.buyer is not None:
        said["buyer"] = {
            one.name: _plain(getattr(deal.buyer, one.name))
            for one in fields(deal.buyer)
            if one.name not in _ON_THE_CUSTOMER
        }
    return payload_hash(said)


def _plain(value: object) -> object:
    """The value as plain data for a print; the same number always as the same text."""
    if isinstance(value, Decimal):
        return _canonical(value)
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(one)) for one in value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, str | bool) else str(value)


def print_of(*values: object) -> str:
    """A print of any of our values: equal values give the same one."""
    return payload_hash([_plain(one) for one in values])


def field_print(company: str, customer_id: str, field: str, value: str) -> str:
    """A print of one customer field, to see later that it has changed; empty for an empty value.

    Fifteen bits, on purpose: thousands of telephone numbers or names share one, so that the print gives nobody away. That
    two different values look the same is noticed where both sides are compared.
    """
    return _short_hash("field", company, customer_id, field, value, length=3) if value else ""


def payload_hash(content: object) -> str:
    """SHA-256 over the canonical JSON of plain data; numbers must come as text, which may be any, broken halves too."""
    document = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(number: Decimal) -> str:
    if not is_sane(number):
        return str(number)  # written out it could fill the memory; screening holds such a Deal
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _short_hash(*parts: str, length: int) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode()[:length]

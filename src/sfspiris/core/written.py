"""What stands on a draft, field by field: what we write, what we wrote, and what the ledger has now.

Only what we write is remembered, and of words only a hash: the memory holds no names or texts. That is enough to tell
later which fields of the Deal have changed, and to show what we wrote wherever one of the two systems still says it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.model import CostCentre, DeliveryAddress, Project
from sfspiris.core.money import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.core.model import Draft, DraftRow

NOT_KEPT: Final = "[text not kept]"
"""Shown for what we wrote where neither system says it any more."""

# Written once and never changed, told twice, or the ledger's own doing.
_LEFT_OUT: Final = frozenset(
    {"rows", "invoice_date", "marker", "terms_id", "article_id", "vat_rate", "treatment", "delivery"}
)
_TITLES: Final = {
    "article_number": "Article",
    "discount": "DiscountPercent",
    "cost_centres": "CostCentre",
}
FROM_THE_CUSTOMER: Final = frozenset(
    {
        "PaymentTermsDays",
        "ElectronicReference",
        *(f"Delivery{one.name.title().replace('_', '')}" for one in fields(DeliveryAddress)),
    }
)
"""What the ledger takes from the customer where a draft does not say it."""
_KEPT_AS_THEY_ARE: Final = frozenset(
    {
        "Customer",
        "Currency",
        "DeliveryDate",
        "PaymentTermsDays",
        "Article",
        "Quantity",
        "UnitPrice",
        "DiscountPercent",
        "ReverseCharge",
        "CostCentre",
        "Project",
    }
)
_HASH_SIGN: Final = "#"


def draft_fields(draft: Draft, *, customer: str | None = None) -> dict[str, str]:
    """Each field that has a value, under its name in reports: `YourReference`, `Rows[2].Quantity`; in a stable order.

    `customer` is whatever names the customer: an id where it is compared, a name where it is shown. Cost centres and
    projects are their ids, which is all that a draft in the ledger tells of them.
    """
    found = {"Customer": customer} if customer is not None else {}
    found |= _values(draft, "")
    if draft.delivery is not None:
        found |= _values(draft.delivery, "Delivery")
    for position, row in enumerate(draft.rows, start=1):
        found |= _values(row, f"Rows[{position}].")
    return found


def _values(of: Draft | DraftRow | DeliveryAddress, prefix: str) -> dict[str, str]:
    return {
        f"{prefix}{_title(one.name)}": _text(one.name, value)
        for one in fields(of)
        if one.name not in _LEFT_OUT
        and (value := getattr(of, one.name)) is not None
        and value is not False
        and value != ()
        and (one.name == "text" or not getattr(of, "is_text", False))
    }


def _title(name: str) -> str:
    return _TITLES.get(name) or "".join(part.capitalize() for part in name.split("_"))


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, Project):
        return value.id
    if isinstance(value, tuple):
        return ", ".join(one.id for one in value if isinstance(one, CostCentre))
    if isinstance(value, Decimal):
        if name == "unit_price":
            return plain(value)
        number = value * 100 if name == "discount" else value
        return format(number.normalize() + 0, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


# --- what is remembered --------------------------------------------------------------------------------------------


def remembered(found: Mapping[str, str], deal_id: str) -> str:
    """The fields as they are remembered: JSON, words as hashes that differ from Deal to Deal."""
    kept = {name: _token(name, value, deal_id) for name, value in found.items()}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _token(name: str, value: str, deal_id: str) -> str:
    if name.rpartition(".")[2] in _KEPT_AS_THEY_ARE:
        return value
    digest = hashlib.sha256(f"{deal_id}\x1f{value}".encode("utf-8", "surrogatepass")).hexdigest()
    return _HASH_SIGN + digest[:24]


@dataclass(frozen=True, slots=True)
class Versions:
    """One field in three versions; None is empty or not there. What we wrote is NOT_KEPT where nobody says it any more."""

    field: str
    wrote: str | None
    crm: str | None
    ledger: str | None


def changed_fields(wrote: str, now: Mapping[str, str], deal_id: str) -> tuple[str, ...]:
    """The fields that we would write differently now, in the order in which they stand on the draft."""
    before: dict[str, str] = json.loads(wrote)
    after = {name: _token(name, value, deal_id) for name, value in now.items()}
    return tuple(name for name in _in_order(now, before) if before.get(name) != after.get(name))


def mentions(wrote: str, field: str) -> bool:
    """Whether a field of this name, of the draft or of one of its rows, was written."""
    return any(name.rpartition(".")[2] == field for name in json.loads(wrote))


def says(found: Mapping[str, str], wrote: str, deal_id: str) -> bool:
    """Whether a draft with these fields says what was written and nothing else; what was left open may be the customer's."""
    meant: dict[str, str] = json.loads(wrote)
    more = found.keys() - meant.keys()
    return more <= FROM_THE_CUSTOMER and all(
        name in found and _token(name, found[name], deal_id) == token for name, token in meant.items()
    )


def versions(
    wrote: str | None, crm: Mapping[str, str], ledger: Mapping[str, str], deal_id: str
) -> tuple[Versions, ...]:
    """The fields in which the three versions are not all the same."""
    before: dict[str, str] = json.loads(wrote) if wrote else {}
    found: list[Versions] = []
    for name in _in_order(crm, before, ledger):
        told = [one.get(name) for one in (crm, ledger)]
        token = before.get(name)
        if wrote is None:
            written: str | None = NOT_KEPT
        elif token is None or not token.startswith(_HASH_SIGN):
            written = token
        else:
            said = (one for one in told if one is not None and _token(name, one, deal_id) == token)
            written = next(said, NOT_KEPT)
        known = told if wrote is None else [written, *told]
        if len(set(known)) > 1:
            found.append(Versions(name, written, *told))
    return tuple(found)


def _in_order(*sides: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(name for side in sides for name in side))

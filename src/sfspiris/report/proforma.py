"""What stands on a draft or an order, laid out by us because Spiris gave no print of it: one HTML page that loads nothing.

It is headed as what it is, in Swedish and English, and again over the rows on every sheet of paper: it has no invoice number
and lacks other things that an invoice must say (ML 17 kap. 24 §).
Every text is cleaned and masked like that of any report; amounts are Spiris' own.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from sfspiris.core.model import Target
from sfspiris.core.money import plain
from sfspiris.core.paper import vat_table
from sfspiris.report.clean import private, visible
from sfspiris.report.templating import environment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from jinja2 import Environment

    from sfspiris.core.paper import Paper, PaperRow

HEADING: Final = "PRO FORMA / UTKAST – inte en faktura"
HEADING_ENGLISH: Final = "PRO FORMA / DRAFT – not an invoice"

_HUNDRED: Final = Decimal(100)
_DOCUMENT: Final = {
    Target.DRAFT: ("fakturautkastet", "the invoice draft"),
    Target.ORDER: ("ordern", "the order"),
}


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose draft it is, as the ledger calls it; `orgnr` may be a person's and is masked then."""

    name: str
    orgnr: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it is read; one of words alone has `lines` only."""

    lines: tuple[str, ...]
    is_text: bool
    article: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    vat: str = ""
    amount: str = ""


def proforma(paper: Paper, seller: Seller, *, why: str, made_on: date) -> str:
    """The page, ready to be written as UTF-8. `why` says why Spiris' own print is not used, `made_on` is a Swedish day."""
    vat = vat_table(paper)
    swedish, english = _DOCUMENT[paper.target]
    style = files("sfspiris.report").joinpath("templates", "proforma.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _templates()
        .get_template("proforma.html.j2")
        .render(
            style=Markup(style),  # noqa: S704 - our own file, hashed; holds no data
            style_hash=f"sha256-{digest}",
            heading=HEADING,
            heading_english=HEADING_ENGLISH,
            swedish=swedish,
            english=english,
            why=_shown(why),
            made_on=made_on.isoformat(),
            seller=_shown(seller.name),
            seller_orgnr=_shown(seller.orgnr or ""),
            buyer=[_shown(line) for line in (paper.customer_name, *paper.address)],
            facts=_facts(paper),
            includes_vat=paper.includes_vat,
            rows=[_row(one) for one in paper.rows],
            rates=[(_percent(one.rate), plain(one.net), plain(one.vat)) for one in vat.rates],
            other=(plain(vat.other_net), plain(vat.other_vat)) if vat.other_net or vat.other_vat else None,
            net=plain(paper.totals.net),
            vat=plain(paper.totals.vat),
            rounding=plain(paper.totals.rounding) if paper.totals.rounding else None,
            gross=plain(paper.totals.gross),
            currency=_shown(paper.totals.currency),
        )
    )


@cache
def _templates() -> Environment:
    return environment({})


def _facts(paper: Paper) -> list[tuple[str, str]]:
    dated = "Orderdatum / Order date" if paper.target is Target.ORDER else "Datum / Date"
    found: Iterable[tuple[str, object]] = (
        ("Ordernummer / Order number", paper.number),
        ("Kundnummer / Customer number", paper.customer_number),
        (dated, paper.dated),
        ("Förfaller om den bokförs så / Due if issued as it is", paper.due_on),
        ("Leveransdatum / Delivery date", paper.delivered_on),
        ("Er referens / Your reference", paper.your_reference),
        ("Vår referens / Our reference", paper.our_reference),
        ("Ert ordernummer / Your order number", paper.order_reference),
    )
    return [(label, _shown(str(value))) for label, value in found if value]


def _row(one: PaperRow) -> _Row:
    lines = tuple(_shown(line) for line in one.text.splitlines() or [""])
    if one.quantity is None:
        return _Row(lines, is_text=True)
    quantity = plain(one.quantity, decimals=0)
    if one.discount_amount:
        discount = f"−{plain(one.discount_amount)}"
    else:
        discount = _percent(one.discount * _HUNDRED) if one.discount else ""
    return _Row(
        lines,
        is_text=False,
        article=_shown(one.article_number or ""),
        quantity=f"{quantity} {_shown(one.unit)}" if one.unit else quantity,
        price=plain(one.unit_price),
        discount=discount,
        vat="?" if one.vat_rate is None else _percent(one.vat_rate),
        amount="?" if one.amount is None else plain(one.amount),
    )


def _percent(rate: Decimal) -> str:
    return f"{plain(rate, decimals=0)}\N{NO-BREAK SPACE}%"


def _shown(text: str) -> str:
    return private(visible(text))

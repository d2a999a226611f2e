"""Whether the ledger arrived at the total that was sent and foretold; a person should look at a document where it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core import vat
from sfspiris.core.model import Target
from sfspiris.core.money import Money
from sfspiris.sentences import say

if TYPE_CHECKING:
    from decimal import Decimal

    from sfspiris.core.model import Totals
    from sfspiris.sentences import Sentence


def differs(
    made: Totals,
    *,
    net: Decimal,
    gross: Decimal | None,
    currency: str,
    target: Target,
    ledger: str,
    tolerance: Decimal,
) -> Sentence | None:
    """In what the document's total is another than that of the Deal (`net`) or than foretold (`gross`, with VAT and rounding).

    None when they agree within the tolerance. Amounts are in major units of `currency`; without a `gross` only the net and
    the currency are compared. `ledger` is the ledger's name.
    """
    if made.currency != currency:
        return say(
            "The deal is in %(currency)s, but %(ledger)s made %(document)s in %(other)s.",
            currency=currency,
            ledger=ledger,
            document=target.the,
            other=made.currency,
        )
    if vat.mismatch(net, made, tolerance=tolerance) is not None:
        return say(
            "The deal comes to %(net)s net, but %(ledger)s arrived at %(made)s.",
            net=Money(net, currency),
            ledger=ledger,
            made=Money(made.net, made.currency),
        )
    if gross is not None and abs(made.gross - gross) > tolerance:
        return say(
            "%(ledger)s arrived at a total of %(made)s with VAT and rounding, but %(expected)s was expected.",
            ledger=ledger,
            made=Money(made.gross, made.currency),
            expected=Money(gross, currency),
        )
    return None


def look(target: Target, *, is_issued: bool = False) -> Sentence:
    """What a person should do about it."""
    if is_issued:
        return say("Look at the invoice, and credit it if it is wrong.")
    if target is Target.ORDER:
        return say("Look at the order before it is delivered or invoiced.")
    return say("Look at the draft before it is issued.")

"""Which article a line is sold through: by product code, by product family, else as the operator decided.

An article's coding decides account and VAT rate, so nothing is taken that merely looks alike. Where articles may be
created, the new one gets a coding of the line's rate, and the number of the product's code, by which it is found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.model import NewArticle
from sfspiris.core.money import plain
from sfspiris.core.planning.findings import too_long
from sfspiris.core.policy import MissingArticle, WithoutProduct
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from decimal import Decimal

    from sfspiris.core.model import Article, Coding, LedgerView, Unit
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.lines import ScreenedLine
    from sfspiris.core.planning.screening import Screened

_TIME: Final = frozenset(
    {
        "tim",
        "timme",
        "timmar",
        "hour",
        "hours",
        "h",
        "hur",
        "dag",
        "dagar",
        "day",
        "days",
        "mån",
        "månad",
        "month",
        "år",
        "year",
        "vecka",
        "week",
    }
)
"""Units of time: what is sold by them is a service."""


class NotPicked(Enum):
    """Why a line has no article."""

    HELD = "held"
    TEXT_ROW = "text row"


@dataclass(frozen=True, slots=True)
class Pick:
    """An article for a line; `new` when the plan must make it first. `vat_rate` is percent for a Swedish customer."""

    number: str
    id: str | None
    vat_rate: Decimal
    is_service: bool | None
    unit: str | None = None
    new: NewArticle | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """The ledger's articles, found by number as people write it."""

    by_number: dict[str, Article]
    by_folded: dict[str, list[Article]]

    @staticmethod
    def of(ledger: LedgerView) -> Register:
        """All articles of the ledger."""
        folded: dict[str, list[Article]] = {}
        for article in ledger.articles:
            folded.setdefault(article.number.casefold(), []).append(article)
        return Register({article.number: article for article in ledger.articles}, folded)

    def find(self, number: str | None) -> Article | None:
        """The article of this number; one that differs in capitals only counts when it is the only one."""
        if number is None:
            return None
        alike = self.by_folded.get(number.casefold(), [])
        return self.by_number.get(number) or (alike[0] if len(alike) == 1 else None)


def pick(
    line: ScreenedLine,
    wanted: Decimal | None,
    *,
    is_goods: bool | None,
    register: Register,
    screened: Screened,
    ledger: LedgerView,
    found: Findings,
) -> Pick | Literal[NotPicked.HELD, NotPicked.TEXT_ROW]:
    """The line's article. `wanted` is the rate in percent that it should have, `is_goods` what its kind of sale says."""
    policy = screened.company.articles
    own = register.find(line.article) or register.find(policy.by_family.get(line.family or ""))
    if own is not None:
        return usable(own, line, screened, found)
    if line.article is None and policy.without_product is WithoutProduct.TEXT_ROW and line.net == 0:
        return NotPicked.TEXT_ROW
    falls_back = (
        policy.without_product is WithoutProduct.FALLBACK
        if line.article is None
        else policy.missing is MissingArticle.FALLBACK
    )
    if falls_back:
        return _fallback(line, wanted, register, screened, found)
    if line.article is not None and policy.creates:
        return _created(line, wanted, is_goods, screened, ledger, found=found)
    _hold_missing(line, screened, found)
    return NotPicked.HELD


def usable(
    article: Article, line: ScreenedLine, screened: Screened, found: Findings
) -> Pick | Literal[NotPicked.HELD]:
    """The article when it can stand on an invoice: active, and with a coding that has a VAT rate."""
    ledger = screened.company.ledger
    if not article.is_active:
        found.hold(
            HoldCode.ARTICLE_INACTIVE,
            say(
                "%(line)s: article %(number)s is inactive in %(ledger)s.",
                line=line.where,
                number=article.number,
                ledger=ledger,
            ),
            say("Activate the article in %(ledger)s, or sell another product.", ledger=ledger),
            about="line_article",
            value=article.number,
        )
        return NotPicked.HELD
    if article.vat_rate is None:
        found.hold(
            HoldCode.VAT_RATE_UNKNOWN,
            say(
                "%(line)s: article %(number)s in %(ledger)s has no coding with a VAT rate.",
                line=line.where,
                number=article.number,
                ledger=ledger,
            ),
            say("Give the article a coding in %(ledger)s.", ledger=ledger),
            about="line_article",
            value=article.number,
        )
        return NotPicked.HELD
    _compare_units(article, line, screened, found)
    return Pick(article.number, article.id, article.vat_rate, article.is_service, article.unit)


def _compare_units(article: Article, line: ScreenedLine, screened: Screened, found: Findings) -> None:
    sold = screened.company.articles.units.get(line.unit or "", line.unit)
    if (
        sold
        and article.unit
        and sold.casefold() != article.unit.casefold()
        and not {sold.casefold(), article.unit.casefold()} <= _PIECES
    ):
        found.warn(
            WarningCode.UNIT_DIFFERS,
            say(
                "%(line)s is sold by %(sold)s, but article %(number)s is invoiced by %(unit)s.",
                line=line.where,
                sold=sold,
                number=article.number,
                unit=article.unit,
            ),
        )


_PIECES: Final = frozenset({"each", "st", "styck", "pcs", "piece", "pieces", "ea"})


def _hold_missing(line: ScreenedLine, screened: Screened, found: Findings) -> None:
    ledger = screened.company.ledger
    if line.article is None:
        found.hold(
            HoldCode.ARTICLE_MISSING,
            say("%(line)s has no product code.", line=line.where),
            say(
                "Give the product in Salesforce the number of its article, or map its family in the configuration."
            ),
            about="line_article",
        )
        return
    found.hold(
        HoldCode.ARTICLE_MISSING,
        say(
            "%(line)s: %(ledger)s has no article %(article)s.",
            line=line.where,
            ledger=ledger,
            article=line.article,
        ),
        say("Create the article in %(ledger)s, or correct the product code in Salesforce.", ledger=ledger),
        about="line_article",
        value=line.article,
    )


# --- another one ---------------------------------------------------------------------------------------------------


def _fallback(
    line: ScreenedLine, wanted: Decimal | None, register: Register, screened: Screened, found: Findings
) -> Pick | Literal[NotPicked.HELD]:
    """The article that the operator named for the rate: that of the product, else 25 %, which applies to all not listed."""
    policy = screened.company.articles
    rate = "25" if wanted is None else plain(wanted, 0)
    number = policy.fallback.get(rate) or policy.default
    other = register.find(number)
    if other is None:
        found.hold(
            HoldCode.ARTICLE_MISSING,
            say(
                "%(line)s: %(ledger)s has no article %(number)s, which the configuration falls back on.",
                line=line.where,
                ledger=screened.company.ledger,
                number=number,
            )
            if number
            else say(
                "%(line)s: the configuration names no article to fall back on at %(rate)s %%.",
                line=line.where,
                rate=rate,
            ),
            say("Correct [companies.….articles] fallback, or create the article."),
            about="line_article",
            value=number,
        )
        return NotPicked.HELD
    picked = usable(other, line, screened, found)
    if isinstance(picked, Pick):
        found.warn(
            WarningCode.ARTICLE_FALLBACK,
            say(
                "%(line)s is invoiced through article %(number)s (%(rate)s %%).",
                line=line.where,
                number=other.number,
                rate=rate,
            )
            if wanted is not None
            else say(
                "%(line)s is invoiced through article %(number)s (%(rate)s %%); 25 %% is assumed, since nothing says "
                "otherwise.",
                line=line.where,
                number=other.number,
                rate=rate,
            ),
        )
    return picked


# --- a new one -----------------------------------------------------------------------------------------------------


def _created(
    line: ScreenedLine,
    wanted: Decimal | None,
    is_goods: bool | None,
    screened: Screened,
    ledger: LedgerView,
    *,
    found: Findings,
) -> Pick | Literal[NotPicked.HELD]:
    limits, policy = screened.company.capabilities, screened.company.articles
    number, name = line.article or "", line.name
    for about, value, limit in (
        ("line_article", number, limits.article_number_length),
        ("line_name", name, limits.article_name_length),
    ):
        if text.length(value) > limit:
            too_long(found, about, value, limit)
            return NotPicked.HELD
    unit = _unit(line, screened, ledger, found)
    is_service = not (policy.created_as_goods if is_goods is None else is_goods)
    if is_goods is None and (line.unit or "").casefold() in _TIME:
        is_service = True
    coding = _coding(line, wanted, screened, ledger, found, is_service=is_service)
    if unit is None or coding is None:
        return NotPicked.HELD
    return Pick(
        number=number,
        id=None,
        vat_rate=coding.vat_rate,
        is_service=coding.is_service,
        unit=unit.name,
        new=NewArticle(number, name, coding, unit),
    )


def _unit(line: ScreenedLine, screened: Screened, ledger: LedgerView, found: Findings) -> Unit | None:
    policy = screened.company.articles
    sold = policy.units.get(line.unit or "", line.unit) or policy.unit
    sold = policy.unit if sold.casefold() in _PIECES else sold
    folded = sold.casefold()
    unit = next((one for one in ledger.units if folded in {name.casefold() for name in one.names}), None)
    if unit is None:
        found.hold(
            HoldCode.ARTICLE_MISSING,
            say(
                "%(line)s: a new article needs a unit, and %(ledger)s has none called “%(sold)s”.",
                line=line.where,
                ledger=screened.company.ledger,
                sold=sold,
            ),
            say("Map the unit in the configuration ([companies.….articles] units)."),
            about="line_unit",
            value=sold,
        )
    return unit


def _coding(
    line: ScreenedLine,
    wanted: Decimal | None,
    screened: Screened,
    ledger: LedgerView,
    found: Findings,
    *,
    is_service: bool,
) -> Coding | None:
    """The one active coding of the line's rate and kind; a hold when there is none, or several and none was named."""
    rate = "25" if wanted is None else plain(wanted, 0)
    named = screened.company.articles.codings.get(rate)
    fitting = [one for one in ledger.codings if one.is_active and plain(one.vat_rate, 0) == rate]
    if named is not None:
        fitting = [one for one in fitting if one.name.casefold() == named.casefold()]
    elif len(fitting) > 1:
        fitting = [one for one in fitting if one.is_service is is_service]
    if len(fitting) == 1:
        return fitting[0]
    among = ", ".join(sorted(one.name for one in fitting)) or say("none")
    found.hold(
        HoldCode.ARTICLE_MISSING,
        say(
            "%(line)s: article %(article)s could be created, but which coding of %(rate)s %% it should have is not clear "
            "(%(among)s).",
            line=line.where,
            article=line.article,
            rate=rate,
            among=among,
        ),
        say(
            "Name the coding in the configuration ([companies.….articles] codings), or create the article by hand."
        ),
        about="line_article",
        value=line.article,
    )
    return None

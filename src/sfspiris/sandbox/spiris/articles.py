"""Articles: `/articles`. There is no DELETE; an article that is no longer sold is made inactive."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import ARTICLES, CODINGS, CUSTOMERS, NOTES, UNITS, Books, public
from sfspiris.sandbox.spiris.lists import found, page
from sfspiris.sandbox.spiris.model.parties import ARTICLE
from sfspiris.sandbox.spiris.pricing import rounded
from sfspiris.sandbox.spiris.validation import normal_guid
from sfspiris.sandbox.spiris.wire import Answer, Call, Operation, created

SERVICE = "Service"


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The article as it is answered."""
    article = public(record)
    article["Notes"] = [note["Id"] for note in books.find(NOTES, "AttachedTo", record["Id"])]
    return article


def save(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create the article, or replace `before`. Raises the refusal of the first broken rule."""
    article = {**ARTICLE.blank(), **{name: value for name, value in sent.items() if value is not None}}
    article["Id"] = books.id_for(sent, before)
    article["ChangedUtc"] = books.now
    article["CreatedUtc"] = article["ChangedUtc"] if before is None else before["CreatedUtc"]
    coding = books.needed(CODINGS, "Article account coding", article["CodingId"])
    unit = books.needed(UNITS, "Unit", article["UnitId"])
    if not coding["IsActive"]:
        raise errors.invalid_field("CodingId", "The article account coding is not active.")
    article["_number"] = article["Number"].casefold()
    if any(other["Id"] != article["Id"] for other in books.find(ARTICLES, "_number", article["_number"])):
        raise errors.conflict(f"An article with number {article['Number']} already exists.")
    is_service = coding["Type"] == SERVICE
    article.update(
        _prices(sent, coding["VatRatePercent"]),
        CodingName=coding["Name"],
        UnitName=unit["Name"],
        UnitAbbreviation=unit["Abbreviation"],
        IsServiceArticle=is_service,
        ShowStockInformation=not is_service,
        PurchasePrice=rounded(Decimal(article["PurchasePrice"])),
        StockBalanceAvailable=article["StockBalance"],
    )
    return books.put(ARTICLES, article)


def _prices(sent: Mapping[str, Any], rate: Decimal) -> dict[str, Decimal]:
    """Net and gross price; one gives the other, and both must agree by the coding's VAT rate."""
    net, gross = sent.get("NetPrice"), sent.get("GrossPrice")
    if net is not None and gross is not None:
        if rounded(net * (1 + rate)) != gross and rounded(gross / (1 + rate)) != net:
            raise errors.invalid_field(
                "GrossPrice", "NetPrice and GrossPrice do not agree by the VAT rate of the coding."
            )
    elif net is not None:
        gross = rounded(net * (1 + rate))
    elif gross is not None:
        net = rounded(gross / (1 + rate))
    return {
        "NetPrice": net or Decimal(0),
        "GrossPrice": gross or Decimal(0),
        "NetPriceWithDiscount": net or Decimal(0),
    }


def _check_options(call: Call) -> None:
    """`customerId` would choose a price list, of which there are none here; it must still name a customer."""
    call.option("showPricesWithTwoDecimals")
    customer_id = call.options.get("customerId")
    if customer_id:
        call.books.needed(CUSTOMERS, "Customer", normal_guid(customer_id) or customer_id)


def _list(call: Call) -> Answer:
    _check_options(call)
    return page(call, ARTICLES, ARTICLE, lambda record: shown(call.books, record))


def _get(call: Call) -> Answer:
    _check_options(call)
    return Answer(shown(call.books, found(call, ARTICLES, "Article")))


def _create(call: Call) -> Answer:
    return created(shown(call.books, save(call.books, call.body(ARTICLE))))


def _replace(call: Call) -> Answer:
    before = found(call, ARTICLES, "Article")
    return Answer(shown(call.books, save(call.books, call.body(ARTICLE), before)))


OPERATIONS = (
    Operation("GET", "/articles", _list),
    Operation("POST", "/articles", _create),
    Operation("GET", "/articles/{}", _get),
    Operation("PUT", "/articles/{}", _replace),
)

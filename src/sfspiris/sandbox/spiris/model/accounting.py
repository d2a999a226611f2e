"""Vouchers and voucher drafts."""

from sfspiris.sandbox.spiris.model.extras import ATTACHMENT_LINK
from sfspiris.sandbox.spiris.model.fields import (
    Field,
    Shape,
    day,
    guid,
    moment,
    nested,
    number,
    one_ro,
    ro,
    rows,
    text,
    whole,
)

_ACCOUNT_LIMIT = 9_999_999_999
_DUTCH_FARMING = (
    number("Quantity", 2, nullable=True),
    number("Weight", 2, nullable=True),
    day("DeliveryDate"),
    whole("HarvestYear", nullable=True),
)


def _cost_centers() -> tuple[Field, ...]:
    return tuple(guid(f"CostCenterItemId{place}") for place in (1, 2, 3))


VOUCHER_ROW = Shape(
    "VoucherRowApi",
    [
        whole("AccountNumber", 1, _ACCOUNT_LIMIT, required=True, bits=64),
        one_ro(text("AccountDescription")),
        number("DebitAmount", 2, least="0", most="10000000000"),
        number("CreditAmount", 2, least="0", most="10000000000"),
        text("TransactionText", 60),
        *_cost_centers(),
        guid("VatCodeId"),
        text("VatCodeAndPercent"),
        number("VatAmount", nullable=True),
        *_DUTCH_FARMING,
        guid("ProjectId"),
    ],
)
"""`CostCenterItemId1` is read-only in the OpenAPI document of 2026 and writable in that of 2021, as its two siblings are
in both; it is taken here."""

VOUCHER = Shape(
    "VoucherApi",
    [
        one_ro(guid("Id", nullable=False)),
        day("VoucherDate", required=True),
        text("VoucherText", 1000, required=True),
        rows("Rows", VOUCHER_ROW, required=True),
        one_ro(text("NumberAndNumberSeries")),
        text("NumberSeries"),
        one_ro(text("ImportedVoucherNumber")),
        nested("Attachments", ATTACHMENT_LINK),
        *ro(
            moment("ModifiedUtc"),
            whole("VoucherType", default=2),
            guid("SourceId"),
            moment("CreatedUtc", nullable=False),
        ),
    ],
)

VOUCHER_DRAFT_ROW = Shape(
    "VoucherDraftRowApi",
    [
        whole("AccountNumber", 1, _ACCOUNT_LIMIT, required=True, bits=64),
        number("DebitAmount", 2, least="0", most="1000000000"),
        number("CreditAmount", 2, least="0", most="1000000000"),
        guid("VatCodeId"),
        *_cost_centers(),
        text("TransactionText", 50),
        guid("ProjectId"),
        *_DUTCH_FARMING,
    ],
)
VOUCHER_DRAFT = Shape(
    "VoucherDraftApi",
    [
        one_ro(guid("Id", nullable=False)),
        day("VoucherDate", nullable=False),
        text("VoucherText", 1000),
        text("NumberSeries"),
        *ro(moment("CreatedUtc", nullable=False), moment("ModifiedUtc")),
        rows("Rows", VOUCHER_DRAFT_ROW),
    ],
)

"""The field tables of the Spiris simulator against the vendor's OpenAPI document, where that is present.

Field by field: names, required, read-only, lengths, bounds, kinds, and what may be null. Where the tables differ on
purpose, the difference is listed here with its reason, and a difference that is listed but gone fails too.
"""

from collections.abc import Iterator
from typing import Any

import pytest

import spiris_document
from sfspiris.sandbox.spiris.model import accounting, company, extras, parties, registers, sales
from sfspiris.sandbox.spiris.model.fields import Field, Kind, Shape

KINDS = {
    "string": {Kind.TEXT, Kind.GUID, Kind.DAY, Kind.MOMENT},
    "integer": {Kind.WHOLE},
    "number": {Kind.NUMBER},
    "boolean": {Kind.FLAG},
    "array": {Kind.TEXTS, Kind.GUIDS, Kind.OBJECTS},
    "object": {Kind.OBJECT},
}

# Shapes that serve two schemas of the document, or only a part of one.
TWO_SCHEMAS = {"LabelApi": "CustomerLabelApi"}

DIFFERENCES = {
    # Required in the vendor's Swagger document of 2021, and the product cannot do without.
    ("VoucherApi.VoucherDate", "required"),
    ("InvoicePaymentApi.PaymentDate", "required"),
    ("FiscalYearApi.StartDate", "required"),
    ("FiscalYearApi.EndDate", "required"),
    ("ElectronicInvoiceRequestApi.SendType", "required"),
    # The product computes these; what is sent for them is passed over.
    *((f"OrderApi.{name}", "read-only") for name in (
        "Amount", "VatAmount", "RoundingsAmount", "DeliveredAmount", "DeliveredVatAmount", "DeliveredRoundingsAmount",
    )),
    ("OrderRowApi.Amount", "read-only"),
    ("VoucherApi.VoucherType", "read-only"),
    *((f"CustomerInvoiceDraftRowApi.{name}", "read-only") for name in (
        "ArticleNumber", "UnitAbbreviation", "UnitAbbreviationEnglish", "UnitName",
    )),
    # Writable in 2021, read-only in 2026, unlike its two siblings.
    ("VoucherRowApi.CostCenterItemId1", "read-only"),
    # The pattern allows two decimals, the description four.
    ("CustomerInvoiceRowApi.Quantity", "decimals"),
}  # fmt: skip


def schemas() -> dict[str, Any]:
    found: dict[str, Any] = spiris_document.document()["components"]["schemas"]
    return found


def shapes() -> list[Shape]:
    modules = (accounting, company, extras, parties, registers, sales)
    found = {
        value.name: value for module in modules for value in vars(module).values() if isinstance(value, Shape)
    }
    return list(found.values())


def differences(shape: Shape) -> Iterator[tuple[str, str]]:
    schema = schemas()[TWO_SCHEMAS.get(shape.name, shape.name)]
    for name, said in schema["properties"].items():
        field = shape.fields.get(name)
        where = f"{shape.name}.{name}"
        if field is None:
            yield where, "missing"
        else:
            yield from ((where, what) for what in field_differences(field, said, schema))


def field_differences(field: Field, said: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    kinds = said.get("type", "object")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    (kind,) = kinds - {"null"}
    if field.kind not in KINDS[kind]:
        yield "kind"
    if (field.kind is Kind.GUID) != (said.get("format") == "uuid"):
        yield "guid"
    if (field.kind in {Kind.DAY, Kind.MOMENT}) != (said.get("format") == "date-time"):
        yield "time"
    if field.required != (field.name in schema.get("required", ())):
        yield "required"
    if field.kind is not Kind.OBJECT and field.nullable != ("null" in kinds) and not field.required:
        yield "null"
    if field.kind is Kind.WHOLE and said.get("format") != f"int{field.bits}":
        yield "bits"
    if field.read_only != said.get("readOnly", False) and "$ref" not in said:
        yield "read-only"
    if not field.read_only:
        yield from limit_differences(field, said)


def limit_differences(field: Field, said: dict[str, Any]) -> Iterator[str]:
    if field.longest != said.get("maxLength"):
        yield "length"
    if field.choices is None:
        for name, bound in (("minimum", field.least), ("maximum", field.most)):
            if name in said and (bound is None or float(bound) != said[name]):
                yield name
    if "pattern" in said and f"{{1,{field.decimals}}}" not in said["pattern"]:
        yield "decimals"


# Objects that are only ever answered: whether the document calls their fields read-only makes no difference.
ANSWERED_ONLY = {
    "AutoInvoiceApi", "ApprovalSettingsApi", "CompanyGreenTechnologySettingsApi", "UserApi", "SalesDocumentAttachmentApi",
    "BalanceAndDateApi", "CreditedByApi", "CollectiveCustomerInvoiceRelationToOrderApi", "VatRateApi",
}  # fmt: skip


@pytest.mark.parametrize(
    "shape", [s for s in shapes() if s.name not in ANSWERED_ONLY], ids=lambda shape: shape.name
)
def test_a_table_says_what_the_vendors_document_says(shape: Shape) -> None:
    listed = {difference for difference in DIFFERENCES if difference[0].startswith(f"{shape.name}.")}
    assert set(differences(shape)) == listed


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_a_table_has_no_field_that_the_vendors_document_lacks(shape: Shape) -> None:
    schema = schemas()[TWO_SCHEMAS.get(shape.name, shape.name)]
    assert set(shape.fields) <= set(schema["properties"])
    assert schema["additionalProperties"] is False

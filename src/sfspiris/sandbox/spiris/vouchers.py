"""Vouchers and their drafts: `/vouchers`, `/voucherdrafts`. A voucher can be neither changed nor deleted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.bookkeeping import DEFAULT_SERIES, account, fiscal_year, open_year, put_voucher
from sfspiris.sandbox.spiris.books import (
    COST_CENTER_ITEMS,
    FISCAL_YEARS,
    PROJECTS,
    VAT_CODES,
    VOUCHER_DRAFTS,
    VOUCHERS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.lists import found_or_404, page
from sfspiris.sandbox.spiris.model.accounting import VOUCHER, VOUCHER_DRAFT, VOUCHER_DRAFT_ROW, VOUCHER_ROW
from sfspiris.sandbox.spiris.pricing import rounded
from sfspiris.sandbox.spiris.standard.registers import SALES_VAT_CODES
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Operation, created

ZERO: Final = Decimal(0)
_COST_CENTERS: Final = ("CostCenterItemId1", "CostCenterItemId2", "CostCenterItemId3")


def create(
    books: Books, sent: Mapping[str, Any], *, series: str, default_vat_codes: bool, automatic_vat: bool
) -> Record:
    """Book a manual voucher. Raises the refusal of the first broken rule."""
    day = sent["VoucherDate"]
    year = open_year(books, day)
    rows = [
        _row(books, year, row, f"Rows[{place}]", default_vat_codes=default_vat_codes)
        for place, row in enumerate(sent["Rows"])
    ]
    if not rows:
        raise errors.invalid_field("Rows", "A voucher needs rows.", "Required")
    if automatic_vat:
        rows = [part for row in rows for part in _split_vat(books, year, row)]
    debit, credit = (
        sum((Decimal(row[side]) for row in rows), ZERO) for side in ("DebitAmount", "CreditAmount")
    )
    if debit != credit:
        raise errors.invalid_field("Rows", f"Debit {debit} and credit {credit} do not balance.", "Balance")
    return put_voucher(books, year, day, sent["VoucherText"], rows, series=series)


def _row(
    books: Books, year: Record, sent: Mapping[str, Any], where: str, *, default_vat_codes: bool
) -> Record:
    number = sent["AccountNumber"]
    known = account(books, year, number)
    if known is None:
        raise errors.no_account(number)
    if not known["IsActive"]:
        raise errors.invalid_field(f"{where}.AccountNumber", f"Account {number} is not active.")
    if known["IsBlockedForManualBooking"]:
        raise errors.cannot_change(f"Account {number} is blocked for manual booking.")
    debit, credit = sent.get("DebitAmount") or ZERO, sent.get("CreditAmount") or ZERO
    if debit and credit:
        raise errors.invalid_field(where, "A row has either a debit or a credit amount.", "Balance")
    _check_dimensions(books, known, sent, where)
    row = {**VOUCHER_ROW.blank(), **{name: value for name, value in sent.items() if value is not None}}
    row.update(AccountDescription=known["Name"], DebitAmount=debit, CreditAmount=credit)
    if default_vat_codes or not row["VatCodeId"]:
        row["VatCodeId"] = known["VatCodeId"]
    code = books.needed(VAT_CODES, "VAT code", row["VatCodeId"]) if row["VatCodeId"] else None
    row["VatCodeAndPercent"] = f"{code['Code']} ({code['VatRate'] * 100:.0f}%)" if code else None
    return row


def _check_dimensions(books: Books, known: Record, sent: Mapping[str, Any], where: str) -> None:
    """Cost centers and projects exist, and the account allows them (2000 where it does not)."""
    number = known["Number"]
    for name in _COST_CENTERS:
        if sent.get(name):
            if not known["IsCostCenterAllowed"]:
                raise errors.invalid_field(
                    f"{where}.{name}", f"Account {number} does not allow cost centers."
                )
            books.needed(COST_CENTER_ITEMS, "Cost center item", sent[name])
    if known["IsFirstCostCenterMandatory"] and not sent.get(_COST_CENTERS[0]):
        raise errors.invalid_field(
            f"{where}.{_COST_CENTERS[0]}", f"Account {number} demands a cost center.", "Required"
        )
    if sent.get("ProjectId"):
        if not known["IsProjectAllowed"]:
            raise errors.invalid_field(f"{where}.ProjectId", f"Account {number} does not allow projects.")
        books.needed(PROJECTS, "Project", sent["ProjectId"])


def _split_vat(books: Books, year: Record, row: Record) -> list[Record]:
    """A gross amount on a sales account as net there and VAT on the VAT account of its code."""
    code = books.get(VAT_CODES, row["VatCodeId"] or "")
    if code is None or code["Code"] not in SALES_VAT_CODES:
        return [row]
    side = "DebitAmount" if row["DebitAmount"] else "CreditAmount"
    net = rounded(Decimal(row[side]) / (1 + code["VatRate"]))
    number = code["RelatedAccounts"]["AccountNumber1"]
    known = account(books, year, number)
    vat = {
        **VOUCHER_ROW.blank(),
        "AccountNumber": number,
        "AccountDescription": known["Name"] if known else None,
        side: row[side] - net,
    }
    return [{**row, side: net}, vat]


def _shown_of_year(call: Call) -> Record:
    return found_or_404(call, FISCAL_YEARS, "Fiscal year")


# Operations


def _list(call: Call) -> Answer:
    return page(call, VOUCHERS, VOUCHER, beside=lambda _record, _answered: ())


def _list_of_year(call: Call) -> Answer:
    year = _shown_of_year(call)
    return page(call, VOUCHERS, VOUCHER, keep=lambda record: record["_year"] == year["Id"])


def _get(call: Call) -> Answer:
    year = _shown_of_year(call)
    voucher = found_or_404(call, VOUCHERS, "Voucher", 1)
    if voucher["_year"] != year["Id"]:
        raise errors.not_here("Voucher", voucher["Id"])
    return Answer(public(voucher))


def created_as_asked(call: Call, sent: Mapping[str, Any]) -> Record:
    """Book a manual voucher by the call's query options. Raises the refusal of the first broken rule."""
    default_series = call.option("useDefaultVoucherSeries", default=True)
    return create(
        call.books,
        sent,
        series=DEFAULT_SERIES if default_series else sent.get("NumberSeries") or DEFAULT_SERIES,
        default_vat_codes=call.option("useDefaultVatCodes", default=True),
        automatic_vat=call.option("useAutomaticVatCalculation"),
    )


def _create(call: Call) -> Answer:
    return created(public(created_as_asked(call, call.body(VOUCHER))))


# Drafts


def save_draft(
    books: Books, sent: Mapping[str, Any], before: Record | None = None, *, split_vat: bool = False
) -> Record:
    """Keep a voucher draft. It may be unbalanced; its accounts must exist."""
    now = books.now
    day = sent.get("VoucherDate") or books.today
    year = fiscal_year(books, day)
    rows: list[Record] = []
    for row in sent.get("Rows") or ():
        if account(books, year, row["AccountNumber"]) is None:
            raise errors.no_account(row["AccountNumber"])
        rows.append(
            {**VOUCHER_DRAFT_ROW.blank(), **{name: value for name, value in row.items() if value is not None}}
        )
    if split_vat:
        rows = _with_vat_rows(books, year, rows)
    draft = {
        **VOUCHER_DRAFT.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        "Id": books.id_for(sent, before),
        "VoucherDate": day,
        "CreatedUtc": now if before is None else before["CreatedUtc"],
        "ModifiedUtc": now,
        "Rows": rows,
    }
    return books.put(VOUCHER_DRAFTS, draft)


def _with_vat_rows(books: Books, year: Record, rows: Sequence[Record]) -> list[Record]:
    split: list[Record] = []
    blank = VOUCHER_DRAFT_ROW.blank()
    for row in rows:
        known = account(books, year, row["AccountNumber"])
        coded = {**row, "VatCodeId": row["VatCodeId"] or (known["VatCodeId"] if known else None)}
        split += (
            {**blank, **{name: value for name, value in part.items() if name in blank}}
            for part in _split_vat(books, year, coded)
        )
    return split


def _list_drafts(call: Call) -> Answer:
    return page(call, VOUCHER_DRAFTS, VOUCHER_DRAFT)


def _get_draft(call: Call) -> Answer:
    return Answer(public(found_or_404(call, VOUCHER_DRAFTS, "Voucher draft")))


def _create_draft(call: Call) -> Answer:
    split_vat = call.option("amountIncludesVat")
    return created(public(save_draft(call.books, call.body(VOUCHER_DRAFT), split_vat=split_vat)))


def _replace_draft(call: Call) -> Answer:
    before = found_or_404(call, VOUCHER_DRAFTS, "Voucher draft")
    return Answer(public(save_draft(call.books, call.body(VOUCHER_DRAFT), before)))


def _delete_draft(call: Call) -> Answer:
    call.books.delete(VOUCHER_DRAFTS, found_or_404(call, VOUCHER_DRAFTS, "Voucher draft")["Id"])
    return DONE


def _convert_draft(call: Call) -> Answer:
    draft = found_or_404(call, VOUCHER_DRAFTS, "Voucher draft")
    if not draft["VoucherText"]:
        raise errors.invalid_field("VoucherText", "The field is required.", "Required")
    voucher = create(
        call.books,
        draft,
        series=draft["NumberSeries"] or DEFAULT_SERIES,
        default_vat_codes=False,
        automatic_vat=False,
    )
    call.books.delete(VOUCHER_DRAFTS, draft["Id"])
    return created(public(voucher))


OPERATIONS = (
    Operation("GET", "/vouchers", _list),
    Operation("POST", "/vouchers", _create),
    Operation("GET", "/vouchers/{}", _list_of_year),
    Operation("GET", "/vouchers/{}/{}", _get),
    Operation("GET", "/voucherdrafts", _list_drafts),
    Operation("POST", "/voucherdrafts", _create_draft),
    Operation("GET", "/voucherdrafts/{}", _get_draft),
    Operation("PUT", "/voucherdrafts/{}", _replace_draft),
    Operation("DELETE", "/voucherdrafts/{}", _delete_draft),
    Operation("POST", "/voucherdrafts/{}/convert", _convert_draft),
)

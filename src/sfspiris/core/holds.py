"""Why a Deal waits for a person: a stable code, a sentence that names the record, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfspiris.core.written import Versions
    from sfspiris.sentences import Sentence

_MESSAGE_LENGTH: Final = 255
"""Of the field for sales on the Deal (Spiris_Sync_Message__c); the same words must compare equal in the next run."""


class HoldCode(StrEnum):
    """Stable names that reports, filters and pipelines rely on; add, never rename."""

    NO_ROUTE = "NO_ROUTE"
    NO_LINES = "NO_LINES"
    ZERO_AMOUNT = "ZERO_AMOUNT"
    NEGATIVE_PRICE = "NEGATIVE_PRICE"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    CURRENCY_NOT_ENABLED = "CURRENCY_NOT_ENABLED"
    IBAN_MISSING = "IBAN_MISSING"
    CUSTOMER_MISSING = "CUSTOMER_MISSING"
    CUSTOMER_NAME_MISSING = "CUSTOMER_NAME_MISSING"
    CUSTOMER_ADDRESS_INCOMPLETE = "CUSTOMER_ADDRESS_INCOMPLETE"
    CUSTOMER_AMBIGUOUS = "CUSTOMER_AMBIGUOUS"
    CUSTOMER_INACTIVE = "CUSTOMER_INACTIVE"
    ORGNR_MISSING = "ORGNR_MISSING"
    ORGNR_INVALID = "ORGNR_INVALID"
    ORGNR_PLACEHOLDER = "ORGNR_PLACEHOLDER"
    ORGNR_IS_OURS = "ORGNR_IS_OURS"
    VAT_NUMBER_INVALID = "VAT_NUMBER_INVALID"
    VAT_NUMBER_MISMATCH = "VAT_NUMBER_MISMATCH"
    VIES_REFUSED = "VIES_REFUSED"
    VIES_UNAVAILABLE = "VIES_UNAVAILABLE"
    VAT_TREATMENT_UNCLEAR = "VAT_TREATMENT_UNCLEAR"
    VAT_RATE_UNKNOWN = "VAT_RATE_UNKNOWN"
    VAT_RATE_DATE = "VAT_RATE_DATE"
    VAT_RATE_MISMATCH = "VAT_RATE_MISMATCH"
    ARTICLE_MISSING = "ARTICLE_MISSING"
    ARTICLE_INACTIVE = "ARTICLE_INACTIVE"
    PAYMENT_TERMS_UNKNOWN = "PAYMENT_TERMS_UNKNOWN"
    REFERENCE_MISSING = "REFERENCE_MISSING"
    ORDER_CANNOT_CARRY = "ORDER_CANNOT_CARRY"
    COST_CENTRE_UNKNOWN = "COST_CENTRE_UNKNOWN"
    PROJECT_UNKNOWN = "PROJECT_UNKNOWN"
    DIMENSION_OFF = "DIMENSION_OFF"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    POSTAL_CODE_INVALID = "POSTAL_CODE_INVALID"
    COUNTRY_UNKNOWN = "COUNTRY_UNKNOWN"
    PRECISION_LOST = "PRECISION_LOST"
    PERIOD_LOCKED = "PERIOD_LOCKED"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    HOUSEWORK_DEDUCTION = "HOUSEWORK_DEDUCTION"
    TOTAL_MISMATCH = "TOTAL_MISMATCH"
    DEAL_CHANGED_AFTER_INVOICE = "DEAL_CHANGED_AFTER_INVOICE"
    INVOICE_UNCERTAIN = "INVOICE_UNCERTAIN"
    DRAFT_DELETED = "DRAFT_DELETED"
    DRAFT_EDITED_BY_FINANCE = "DRAFT_EDITED_BY_FINANCE"
    DRAFT_ISSUED = "DRAFT_ISSUED"
    DEAL_REOPENED = "DEAL_REOPENED"
    LEDGER_REFUSED = "LEDGER_REFUSED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"


class WarningCode(StrEnum):
    """Findings that let a Deal pass but that a person should see."""

    ARTICLE_FALLBACK = "ARTICLE_FALLBACK"
    ATTACHMENT_FAILED = "ATTACHMENT_FAILED"
    BEFORE_START_DATE = "BEFORE_START_DATE"
    COPIED_FIELDS = "COPIED_FIELDS"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    COUNTRY_ASSUMED = "COUNTRY_ASSUMED"
    CUSTOMER_CHANGED_TWICE = "CUSTOMER_CHANGED_TWICE"
    CUSTOMER_DIFFERS = "CUSTOMER_DIFFERS"
    CUSTOMER_NAME_DIFFERS = "CUSTOMER_NAME_DIFFERS"
    DELIVERY_COUNTRY_DIFFERS = "DELIVERY_COUNTRY_DIFFERS"
    DELIVERY_IN_FUTURE = "DELIVERY_IN_FUTURE"
    CUSTOMER_NOT_UPDATED = "CUSTOMER_NOT_UPDATED"
    DUPLICATE_SOURCE = "DUPLICATE_SOURCE"
    HELD_SHARE = "HELD_SHARE"
    LEFT_IN_LEDGER = "LEFT_IN_LEDGER"
    NOTHING_TO_TAKE_BACK = "NOTHING_TO_TAKE_BACK"
    LEDGER_LINK_FAILED = "LEDGER_LINK_FAILED"
    FIELD_NOT_WRITTEN = "FIELD_NOT_WRITTEN"
    FLOW_DISABLED = "FLOW_DISABLED"
    FOREIGN_CURRENCY = "FOREIGN_CURRENCY"
    LONG_PAYMENT_TERMS = "LONG_PAYMENT_TERMS"
    ORGNR_PERSONAL = "ORGNR_PERSONAL"
    ORGNR_UNUSUAL = "ORGNR_UNUSUAL"
    PLAN_STALE = "PLAN_STALE"
    QUOTE_MISMATCH = "QUOTE_MISMATCH"
    SOURCE_FIELD_MISSING = "SOURCE_FIELD_MISSING"
    POSTAL_CODE_REPAIRED = "POSTAL_CODE_REPAIRED"
    TERRITORY = "TERRITORY"
    UNIT_DIFFERS = "UNIT_DIFFERS"
    VAT_NUMBER_UNCONFIRMED = "VAT_NUMBER_UNCONFIRMED"
    VAT_TREATMENT = "VAT_TREATMENT"
    INVOICE_DIFFERS = "INVOICE_DIFFERS"
    MIRROR_RESTORED = "MIRROR_RESTORED"
    WRITE_BACK_FAILED = "WRITE_BACK_FAILED"
    WRITE_BACK_UNAVAILABLE = "WRITE_BACK_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why one Deal is left alone. `value` never shows a personal number; `field` is the CRM's field name.

    `versions` are the fields that differ between what we wrote, the CRM now and the ledger now, where that is the reason.

    A `value` that is money is a decimal number as programs read it, in `currency`.
    """

    deal_id: str
    deal_name: str
    company: str | None
    code: HoldCode
    message: Sentence
    fix: Sentence
    field: str | None = None
    value: str | None = None
    owner: str | None = None
    versions: tuple[Versions, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Warn:
    """One finding that did not stop a Deal; `deal_id` is None when it concerns the whole run."""

    code: WarningCode
    message: Sentence
    deal_id: str | None = None


def for_sales(holds: Iterable[Hold], spoken: Callable[[str], str] = str) -> str:
    """The reasons in the CRM's language as they fit into the field on the Deal; the code and the run's report keep every word."""
    words = " ".join(f"{spoken(hold.message)} {spoken(hold.fix)}" for hold in holds)
    return words if len(words) <= _MESSAGE_LENGTH else words[: _MESSAGE_LENGTH - 1].rstrip() + "…"

"""Numbers with check digits: payment references and personal numbers."""

import re
from datetime import date

_DIGITS = re.compile(r"\D")
_PERSONAL = re.compile(r"(?:19|20)?\d{6}[-+]?\d{4}")


def luhn(digits: str) -> int:
    """The check digit to append to `digits` (modulus 10, weights 2 and 1 from the right)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the digit sum of a two-digit product
    return -total % 10


def payment_reference(customer_number: str, invoice_number: int) -> str:
    """The OCR of an invoice: the digits of the customer number, the invoice number, and a check digit.

    Long customer numbers are cut from the left so that the reference keeps within 25 digits (Bankgirot's limit).
    """
    body = f"{_DIGITS.sub('', customer_number)}{invoice_number}"[-24:]
    return f"{body}{luhn(body)}"


def is_personal_number(text: str) -> bool:
    """Whether `text` is a Swedish personal or coordination number: a possible date of birth and a right check digit."""
    if not _PERSONAL.fullmatch(text.strip()):
        return False
    digits = _DIGITS.sub("", text)[-10:]
    month, day = int(digits[2:4]), int(digits[4:6])
    try:
        date(2000, month, day - 60 if day > 60 else day)  # noqa: PLR2004 - coordination numbers add 60 to the day
    except ValueError:
        return False
    return luhn(digits[:9]) == int(digits[9])

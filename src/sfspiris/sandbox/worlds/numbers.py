"""Registration numbers with a right check digit, for companies that do not exist.

Person numbers are never made: a number with a right check digit could be somebody's.
"""

_ORGNR_WEIGHTS = (2, 1, 2, 1, 2, 1, 2, 1, 2)
_NORWAY_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_FINLAND_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)
_MODULUS = 11


def orgnr(nine_digits: str) -> str:
    """The Swedish organisation number NNNNNN-NNNN that begins with these nine digits (Luhn)."""
    products = (weight * int(digit) for weight, digit in zip(_ORGNR_WEIGHTS, nine_digits, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    return f"{nine_digits[:6]}-{nine_digits[6:]}{-total % 10}"


def norwegian_vat(eight_digits: str) -> str | None:
    """The Norwegian VAT number that begins with these digits (modulus 11); None where no check digit fits."""
    check = -_weighed(eight_digits, _NORWAY_WEIGHTS) % _MODULUS
    return None if check > 9 else f"NO{eight_digits}{check}MVA"  # noqa: PLR2004  a check digit is one digit


def finnish_vat(seven_digits: str) -> str | None:
    """The Finnish VAT number that begins with these digits (modulus 11); None where no check digit fits."""
    check = -_weighed(seven_digits, _FINLAND_WEIGHTS) % _MODULUS
    return None if check > 9 else f"FI{seven_digits}{check}"  # noqa: PLR2004  a check digit is one digit


def german_vat(eight_digits: str) -> str:
    """The German VAT number that begins with these digits (ISO 7064, modulus 11,10)."""
    product = 10
    for digit in eight_digits:
        remainder = (int(digit) + product) % 10 or 10
        product = 2 * remainder % _MODULUS
    return f"DE{eight_digits}{(_MODULUS - product) % 10}"


def _weighed(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))

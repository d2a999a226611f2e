"""Whether digits have the shape of a natural person's identity number, right or mistyped.

This decides masking, so it is generous: it looks at dates, not at check digits, and takes what might be a person number
with a digit missing, a letter O for a zero or a lost leading zero. A false alarm hides a value from a report; a miss
prints somebody's person number.
"""

import re
from itertools import accumulate

_MISREAD = str.maketrans("OIL", "011")
_MONTH = r"(?:0\d|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_COORDINATION_DAY = r"(?:6\d|[78]\d|9[01])"
_DATED = re.compile(rf"\d\d(?:(?!00){_MONTH}{_DAY}|{_MONTH}{_COORDINATION_DAY})")
_DATED_AFTER_CENTURY = re.compile(rf"(?:18|19|20){_DATED.pattern}")
_RUN = re.compile(r"\d(?:[ .+-]{0,3}\d){7,}")
_FEWEST_DIGITS = 8
_ONE_LOST = 9
_AFTER_ONE_NUMBER = 10
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))? ?E ?\+?\d+")

_DAY_FIRST = rf"{_DAY}(?!00){_MONTH}\d\d"
_YEAR_FIRST = rf"\d\d(?!00){_MONTH}{_DAY}"
_FOREIGN_PERSONS = {
    "BG": rf"{_YEAR_FIRST}\d{{4}}|\d\d[2-5]\d{_DAY}\d{{4}}",
    "DK": rf"{_DAY_FIRST}[ -]?\d{{4}}",
    "EE": rf"[1-8]{_YEAR_FIRST}\d{{4}}",
    "FI": rf"{_DAY_FIRST}[-+A-FU-Y]\d{{3}}[0-9A-Z]",
    "IS": rf"{_DAY_FIRST}[ -]?\d{{4}}",
    "LT": rf"[1-8]{_YEAR_FIRST}\d{{4}}",
    "LV": rf"{_DAY_FIRST}[ -]?\d{{5}}|32\d{{4}}[ -]?\d{{5}}",
    # A Norwegian D-number has the birth day plus 40.
    "NO": r"[0-7]\d(?!00)(?:0\d|1[0-2])\d\d ?\d{5}",
    "PL": r"\d\d[0-3]\d(?:0[1-9]|[12]\d|3[01])\d{5}",
    "RO": rf"[1-9]{_YEAR_FIRST}\d{{6}}",
}
_SAME_NUMBERS = {"AX": "FI", "FO": "DK", "GL": "DK", "SJ": "NO"}
_COMPANIES_LOOK_DATED = frozenset({"IS"})
"""Iceland gives companies the numbers of people with 40 added to the day, which reads as a year elsewhere."""
_ANY_COUNTRY = rf"(?:{_YEAR_FIRST}|{_DAY_FIRST})[-+]\d{{4}}|(?:18|19|20){_YEAR_FIRST}[-+]?\d{{4}}"


def is_dated(digits: str) -> bool:
    """Whether digits start as a person or co-ordination number does: year, month 01-12 and day 01-31.

    A co-ordination number has 60 added to the day and may lack a known month (00) or day (60). The day is not compared
    with the month's length: 31 June is a mistyped birthday, not a company.
    """
    return _DATED.match(digits) is not None


def in_text(typed: str) -> bool:
    """Whether a cleaned field might contain a Swedish person number, complete or not."""
    scientific = _SCIENTIFIC.fullmatch(typed)
    if scientific:
        return is_dated((scientific[1] + (scientific[2] or "")).ljust(10, "0"))
    return any(_may_start_with_person(run.group()) for run in _RUN.finditer(typed.translate(_MISREAD)))


def is_foreign_person(typed: str, *, country: str) -> bool:
    """Whether a customer abroad has been given a person's identity number, of its own country or a Nordic-looking one."""
    own = _FOREIGN_PERSONS.get(_SAME_NUMBERS.get(country, country), _ANY_COUNTRY)
    shapes = (own,) if country in _COMPANIES_LOOK_DATED else (own, _ANY_COUNTRY)
    return any(re.fullmatch(shape, typed) for shape in shapes)


def _may_start_with_person(run: str) -> bool:
    """Whether a number that starts at the beginning of a digit group, or after ten digits, is shaped like a person's."""
    groups = re.findall(r"\d+", run)
    digits = "".join(groups)
    starts = {*accumulate(map(len, groups), initial=0), _AFTER_ONE_NUMBER}
    beginnings = [digits[start : start + _FEWEST_DIGITS] for start in starts]
    # Nine digits may have lost the leading zero of somebody born in the first years of a century.
    if len(digits) == _ONE_LOST:
        beginnings.append("0" + digits)
    return any(
        len(beginning) >= _FEWEST_DIGITS and (is_dated(beginning) or _DATED_AFTER_CENTURY.match(beginning))
        for beginning in beginnings
    )

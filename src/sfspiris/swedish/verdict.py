"""The answer every rule gives: may the value be used, what is its canonical form, and which rule said so.

A `Finding` is a value, not an exception: bad master data is expected, and whoever decides needs all findings of a record
at once. The reason never repeats the value that was read, because that value may be somebody's person number.
"""

from dataclasses import dataclass
from enum import Enum
from functools import total_ordering
from typing import Literal

from sfspiris.sentences import Sentence

PERSONAL_ID = "[personal-id]"
"""What a log or report shows instead of a number that identifies a natural person."""

Problem = Literal[
    "missing",  # nothing to read
    "characters",  # letters or signs that do not belong, such as O for 0
    "length",  # too few, too many
    "digits_lost",  # a spreadsheet's scientific notation: the digits cannot be restored
    "ambiguous",  # more than one value, or two readings of one value
    "check_digit",  # arithmetic says it was mistyped
    "placeholder",  # passes arithmetic, belongs to nobody
    "third_digit",  # neither an organisation number nor anybody's birth date
    "date",  # the birth date in it does not exist or is still to come
    "series",  # a number range that is not in use
    "gd_nummer",  # the companies register's identity for a natural person
    "personal",  # a natural person's number where it must not be carried
    "suffix",  # a Swedish VAT number that ends in something other than 01
    "mismatch",  # belongs to someone else than the organisation number says
    "scheme",  # an OSS or IOSS number, which never belongs to a customer
    "prefix",  # the country of a VAT number cannot be told
    "range",  # outside the codes in use
    "unknown",  # text that is not in the table
]
"""Why a value is held, as one word a programme can match on."""


@total_ordering
class Verdict(Enum):
    """What may happen with a value, from harmless to stop: accept < normalise < warn < hold."""

    ACCEPT = "accept"
    """Already canonical, used as it is."""
    NORMALISE = "normalise"
    """Rewritten safely; nobody needs to look."""
    WARN = "warn"
    """May proceed, and the finding is shown in the run report."""
    HOLD = "hold"
    """Nothing is written to the ledger until a person has decided."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        order = list(Verdict)
        return order.index(self) < order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer about one value.

    `canonical` is the form to store and compare, or None when there is none. `reason` is a plain English sentence naming
    the rule; it never contains the value. `problem` is set exactly when the verdict is hold.
    """

    verdict: Verdict
    canonical: str | None
    reason: Sentence
    problem: Problem | None = None

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.HOLD) != (self.problem is not None):
            raise ValueError("a finding names a problem exactly when it is held")

    @property
    def is_held(self) -> bool:
        """Whether a person has to decide before anything is written."""
        return self.verdict is Verdict.HOLD


def rewritten(canonical: str, raw: str) -> Verdict:
    """ACCEPT when `raw` already was canonical, else NORMALISE."""
    return Verdict.ACCEPT if canonical == raw else Verdict.NORMALISE

"""What Spiris' error answers mean for us: who can do something about it, and what.

Codes: developer.vismaonline.com/docs/error-codes and its change log, read November 2026.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from sfspiris.adapters.retrying import Then, after_spiris
from sfspiris.adapters.spiris import wire
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutOfQuota,
    Refused,
    SafetyStop,
    VatNumberRefused,
    VatNumberUnchecked,
)
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.adapters.transport import Reply
    from sfspiris.errors import SfspirisError

logger = logging.getLogger("sfspiris.spiris")

NOT_AUTHORIZED: Final = 4005
NOT_FOUND: Final = 3000
_CONFLICT = 4000
_CANNOT_OR_NO_MODULE = 4002
_NO_SCOPE = 4006
_PERIOD_LOCKED = 4026
_WRONG_KIND_OF_COMPANY = 4034

_NO_MODULE = re.compile(r"no access to module:?\s*([\w.-]{1,40})?", re.IGNORECASE)
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_LONG_NUMBER = rf"(?!{_DAY.pattern}(?!\d))(?<!\d)(?<!\d[.,])(?>\d[\d +-]{{5,}}\d)(?![.,]\d)"
"""Digits that may name somebody or something of theirs; not an amount, which has a decimal sign."""
_VIES = re.compile(r"\bvies\b", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"\b(?:not (?:answer|respond|available|reachable|be (?:checked|reached|verified))|unavailable|unreachable|"
    r"time[- ]?(?:d[- ])?out|no (?:answer|response)|(?:is|was) down|svarar inte|inte (?:nås|tillgänglig))",
    re.IGNORECASE,
)
_SUPPORT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_LONGEST_DETAILS = 500
_SHORTEST_HIDDEN = 3

_SETUP: Final[Mapping[int, tuple[str, str]]] = {
    4003: (
        "has not completed its start-up guide",
        "Complete the start-up guide in Spiris, then run the command again.",
    ),
    4004: ("is not active in Spiris", "Open the company in Spiris, or take it out of sfspiris.toml."),
    4011: (
        "is closed to the user who signed in",
        (
            "Give that user access to the company in Spiris, or sign in as another user with "
            "`sfspiris auth spiris --company {company}`."
        ),
    ),
}

_REMEDIES: Final[Mapping[int, str]] = {
    _CONFLICT: "Look in Spiris for a record with the same number or name; keep one of them, then run `sfspiris push-closed-won` again.",
    _PERIOD_LOCKED: "Open the bookkeeping period in Spiris or choose a later date, then run `sfspiris push-closed-won` again.",
}
_CORRECT_NUMBER = (
    "Ask the buyer for its VAT number and correct it on the account (ec.europa.eu/taxation_customs/vies tells which are valid), "
    "then run `sfspiris push-closed-won` again."
)
_CORRECT_AND_PUSH = "Correct what Spiris names, then run `sfspiris push-closed-won` again."


def error_body(reply: Reply) -> wire.ErrorBody | None:
    """The vendor's own refusal, or None when the answer is somebody else's page."""
    try:
        body = wire.ErrorBody.model_validate(reply.json())
    except (BrokenReply, ValidationError):
        return None
    # The id by which the vendor's support finds the call; it says nothing about anybody.
    error_id = body.error_id if _SUPPORT_ID.fullmatch(body.error_id or "") else "none"
    logger.info("Spiris refused with code %d, error id %s", body.error_code, error_id)
    return body


def of_company(body: wire.ErrorBody, *, company: str, retry_after: float) -> SfspirisError | None:
    """The error when the refusal concerns the company or the sign-in as a whole, else None."""
    module = _NO_MODULE.search(body.developer_error_message or "")
    match body.error_code:
        case code if code in _SETUP:
            what, remedy = _SETUP[code]
            return ConfigError(f"Company {company} {what} ({code}).", remedy=remedy.format(company=company))
        case code if code == _CANNOT_OR_NO_MODULE and module:
            name = module[1] or "API"
            return ConfigError(
                f"Company {company} lacks the module {name} in Spiris, or another company was opened ({code}).",
                remedy=f"Switch the module {name} on in Spiris, or sign in again and choose the right company with "
                f"`sfspiris auth spiris --company {company}`.",
            )
        case code if code == _NO_SCOPE:
            return ConfigError(
                f"The sign-in of company {company} lacks the permission (scope) ea:sales ({code}).",
                remedy=f"Sign in again with `sfspiris auth spiris --company {company}` and allow what it asks for.",
            )
        case code if code == _WRONG_KIND_OF_COMPANY:
            return SafetyStop(
                f"Company {company} is a real company, but its client id is for sandbox companies only ({code}).",
                remedy=f"Set environment and client_id under [companies.{company}] in sfspiris.toml to the same kind.",
                code="WRONG_COMPANY",
            )
        case code if after_spiris(code) is Then.RETRY:
            return OutOfQuota(
                f"Spiris takes no more requests for {retry_after:g} seconds.",
                remedy="Nothing is lost; run the same command again after that.",
                retry_after=retry_after,
            )
        case _:
            return None


def of_record(body: wire.ErrorBody, *, what: str, sent: Mapping[str, object]) -> Refused:
    """The refusal of one record. Vendor sentences may repeat what was sent, so those values are taken out."""
    hidden = _pattern_of(sent)
    said = [
        f"{one.field}: {_without(hidden, one.message)}" if one.field else _without(hidden, one.message)
        for one in body.errors
        if one.message
    ] or [_without(hidden, body.developer_error_message or "no reason given")]
    details = text.one_line("; ".join(said))[:_LONGEST_DETAILS]
    kind, remedy = Refused, _REMEDIES.get(body.error_code, _CORRECT_AND_PUSH)
    if _VIES.search(details):
        kind, remedy = _of_vies(details)
    return kind(
        f"Spiris refused the {what}: {details} ({body.error_code}).",
        remedy=remedy,
        vendor_code=str(body.error_code),
        details=details,
    )


def _of_vies(details: str) -> tuple[type[Refused], str]:
    """Which of VIES' two noes it is: the register knows the number as not valid, or it could not be asked.

    Spiris asks VIES whenever it saves a customer with a VAT number, and has no code of its own for either answer.
    """
    if _NO_ANSWER.search(details):
        return VatNumberUnchecked, "Run again later: no answer is no verdict, and nothing needs to be mended."
    return VatNumberRefused, _CORRECT_NUMBER


def _pattern_of(sent: Mapping[str, object]) -> re.Pattern[str]:
    values = sorted(set(_words_of(sent)), key=len, reverse=True)
    whole = "|".join(re.escape(value) for value in values)
    return re.compile(rf"(?<!\w)(?:{whole})(?!\w)|{_LONG_NUMBER}" if whole else _LONG_NUMBER)


def _without(hidden: re.Pattern[str], said: str) -> str:
    return hidden.sub("…", said)


def _words_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        # A day is nobody's secret, and "2026-10-31 is locked" is no use without it.
        if len(value) >= _SHORTEST_HIDDEN and not _DAY.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words_of(inner)

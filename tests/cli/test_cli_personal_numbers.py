"""One sole trader goes through a whole month; his personal number is afterwards nowhere but where it must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playground import finance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Playground

# The demo's sole trader; the same with a wrong check digit; and as it stands inside a VAT number.
NUMBERS = ("9006022397", "9006022398")
TYPED = {"H & M Hennes & Mauritz AB": {"Organisation_Number__c": "19900602-2398"}}
COMMANDS = (
    ("preflight",),
    ("preflight", "--json"),
    ("push-closed-won", "--dry-run", "-vv", "--log-format", "json"),
    ("push-closed-won", "--dry-run", "--report", "plan.html"),
    ("push-closed-won", "--dry-run", "--report", "plan-sv.html", "--lang", "sv"),
    ("push-closed-won", "--dry-run", "--report", "plan.md"),
    ("push-closed-won", "--dry-run", "--report", "plan.csv"),
    ("push-closed-won", "--dry-run", "--report", "plan.json"),
    ("push-closed-won", "-vv"),
    ("review", "list"),
    ("review", "list", "--json"),
    ("pull-invoice-status", "-vv", "--json"),
    ("reconcile", "--report", "compared.html", "--lang", "sv"),
    ("reconcile", "--json"),
    ("sync", "-vv"),
    ("runs", "list"),
    ("state", "info"),
)


def pattern(number: str) -> re.Pattern[bytes]:
    """The number however it is spelled, with or without a century, dash, spaces or percent signs."""
    return re.compile(rb"(?:[^0-9A-Za-z]|%2[0-9Bb]){0,2}".join(digit.encode() for digit in number))


def shown(demo: Playground) -> Iterator[tuple[str, bytes]]:
    """All that a run leaves behind: every file in the folder and the home, and every address that was called."""
    for path in sorted(demo.folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
            yield "a file's name", path.name.encode()
    for side in ("salesforce", "spiris"):
        for call in demo.control(side, "GET", "requests"):
            yield f"an address at {side}", f"{call['path']}?{call['query']}".encode()
            if side == "salesforce" and call["method"] in {"POST", "PATCH", "PUT"}:
                yield "what Salesforce is told", repr(call["body"]).encode()


def test_a_personal_number_is_in_no_report_log_file_state_row_or_address(demo: Playground) -> None:
    accounts = demo.control("salesforce", "GET", "state")["records"]["Account"]
    (trader,) = [one for one in accounts if "9006022397" in (one["Organisation_Number__c"] or "")]
    for name, fields in TYPED.items():
        (one,) = [one for one in accounts if one["Name"] == name]
        demo.control("salesforce", "PATCH", f"records/Account/{one['Id']}", fields)

    told: list[tuple[str, bytes]] = []
    for arguments in COMMANDS:
        if arguments[0] == "pull-invoice-status":
            for draft in demo.company()["drafts"]:
                finance(demo, f"drafts/{draft['Id']}/issue")
        ended = demo.sfspiris(*arguments)
        assert ended.code in {0, 3}, ended.out + ended.err
        told.append((" ".join(arguments), (ended.out + ended.err).encode()))
    for deal in demo.deals().values():
        if deal["AccountId"] == trader["Id"]:
            told += [
                (f"explain {deal['Name']}", demo.sfspiris("explain", deal["Id"], *options).out.encode())
                for options in ((), ("--json",), ("--lang", "sv"))
            ]

    assert all(
        pattern("9006022397").search(one) for one in (b"19900602-2397", b"900602 2397", b"900602%2B2397")
    )
    customers = [one["CorporateIdentityNumber"] or "" for one in demo.company()["customers"]]
    assert any("900602" in one for one in customers), "the ledger needs it, and got it"
    assert any(b"[personal-id]" in words for _, words in told), "it was masked somewhere, so it was met"
    for where, words in [*told, *shown(demo)]:
        for number in NUMBERS:
            assert not pattern(number).search(words), where

"""Prints of invoices: where they are asked for, with what, and what counts as a whole one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from sfspiris.adapters.reply import Reply
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.errors import BrokenReply

if TYPE_CHECKING:
    from sfspiris.adapters.spiris.oauth import Bearer
    from sfspiris.adapters.transport import Transport

API = "https://books.example/v2"
WHOLE = b"%PDF-1.4 words %%EOF\n"


@dataclass
class Line:
    """A transport that answers from a table and remembers what was asked, and with which token."""

    answers: dict[str, bytes]
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    calls: int = 0

    def request(self, method: str, url: str, **given: Any) -> Reply:
        assert method == "GET"
        self.asked.append((url, given["headers"].get("Authorization")))
        kind = "application/json" if url.endswith("/pdf") else "application/pdf"
        return Reply(200, {"content-type": kind}, self.answers[url], "Spiris")


class Token:
    """A sign-in that holds."""

    def token(self) -> str:
        return "secret"


def client(line: Line) -> SpirisClient:
    return SpirisClient(cast("Transport", line), API, cast("Bearer", Token()), company="se")


def address(url: str) -> bytes:
    return json.dumps({"Url": url}).encode()


def test_an_address_beside_the_api_is_read_without_the_sign_in() -> None:
    there = "https://books.example/files/k.pdf"
    line = Line({f"{API}/customerinvoices/1/pdf": address(there), there: WHOLE})
    assert client(line).invoice_pdf("1") == WHOLE
    assert line.asked == [(f"{API}/customerinvoices/1/pdf", "Bearer secret"), (there, None)]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/files/k.pdf",
        "http://books.example/files/k.pdf",
        "https://books.example:8443/k.pdf",
        "https://books.example@evil.example/k.pdf",
        "file:///etc/passwd",
    ],
)
def test_no_other_host_is_ever_asked(elsewhere: str) -> None:
    line = Line(
        {
            f"{API}/customerinvoices/1/pdf": address(elsewhere),
            f"{API}/customerinvoices/1/print": WHOLE,
        }
    )
    assert client(line).invoice_pdf("1") == WHOLE
    assert [url for url, _ in line.asked] == [
        f"{API}/customerinvoices/1/pdf",
        f"{API}/customerinvoices/1/print",
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"%PDF-1.4 cut", WHOLE + b" " * 2000])
def test_what_is_no_whole_pdf_is_refused_after_three_readings(body: bytes) -> None:
    there = "https://books.example/files/k.pdf"
    line = Line({f"{API}/customerinvoices/1/pdf": address(there), there: body})
    with pytest.raises(BrokenReply, match="whole PDF"):
        client(line).invoice_pdf("1")
    assert len(line.asked) == 4

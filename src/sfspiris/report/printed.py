"""What `sfspiris draft pdf` did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts

if TYPE_CHECKING:
    from rich.console import Console


class PrintedDocument(Facts):
    """What `draft pdf` prints. `attached`: put on the deal by this command, there already, or not asked for."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["draft pdf"] = "draft pdf"
    deal: str
    company: str
    draft_id: str
    file: str
    bytes: int
    attached: Literal["now", "before", "no"]


def print_printed(console: Console, document: PrintedDocument) -> None:
    """Print where the file is."""
    page = Page(console)
    page.say(f"{document.file}: the draft as it stands in Spiris. Nothing was issued or sent.")
    match document.attached:
        case "now":
            page.say(f"It is on the deal {document.deal} in Salesforce now.")
        case "before":
            page.say(f"It was on the deal {document.deal} in Salesforce already.")
        case "no":
            pass

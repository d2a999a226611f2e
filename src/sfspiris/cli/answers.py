"""How a command that is no run answers: one document for programs, or a page for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfspiris.report.json import to_json
from sfspiris.report.page import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from sfspiris.cli.options import Common
    from sfspiris.report.shapes import Facts


def answer(common: Common, document: Facts, show: Callable[[Console], None]) -> None:
    """Print the document on stdout with `--json`, else let `show` print its page there."""
    if common.json:
        sys.stdout.write(to_json(document))
        sys.stdout.flush()
    elif not common.quiet:
        show(terminal(sys.stdout, plain=common.no_color))

"""The command with two seconds of patience where it has thirty, for tests in which somebody never answers.

Run as a program with the command's own arguments; everything but the time limits is as installed.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace

from sfspiris.adapters.limits import DEFAULT_LIMITS
from sfspiris.cli import desk, wiring
from sfspiris.cli.app import main

SECONDS = 2.0
HASTY = replace(DEFAULT_LIMITS, read=SECONDS, total=SECONDS)

if __name__ == "__main__":
    for opened in (desk.desk_of_run, wiring.open_session):
        usual = inspect.unwrap(opened).__kwdefaults__
        assert usual["limits"] is DEFAULT_LIMITS
        usual["limits"] = HASTY
    sys.exit(main())

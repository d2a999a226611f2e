"""Files that tests read and this project does not own: vendors' API documents and golden vectors.

They lie beside the repository, in `../shared`. Where they are absent, the tests that need them are skipped with the
reason; in continuous integration, which always has them, their absence is a failure.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared"


def found(name: str) -> Path | None:
    """The file of this name below `../shared`, such as "specs/spiris-openapi.json"; None where it is absent."""
    path = FOLDER / name
    return path if path.is_file() else None


def shared_file(name: str) -> Path:
    """The file of this name; without it, the running test is skipped, or fails in continuous integration."""
    path = found(name)
    if path is not None:
        return path
    reason = f"{name} is not part of this project; put it into {FOLDER} to run this test"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, as continuous integration must")
    pytest.skip(reason)

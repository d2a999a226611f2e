"""Which hold codes the stories of a run raised over HTTP, gathered from every process of the test run.

Each command that a story carries out, in this process or as one of its own, passes by here; what it held on its one JSON
document is noted with the story's name. The end of a whole run shows the table, and fails when a code has no story.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from sfspiris.core.holds import HoldCode

FOLDER: Final = "SFSPIRIS_TESTS_HELD"
"""The environment variable that names where the processes of a test run note what they saw."""
_CURRENT: Final = "PYTEST_CURRENT_TEST"


def note(out: str) -> None:
    """Note the codes in what a command printed; anything but a document of a run is passed over."""
    folder, story = os.environ.get(FOLDER), os.environ.get(_CURRENT)
    if folder is None or story is None or '"holds"' not in out:
        return
    try:
        held = json.loads(out).get("holds") or []
    except ValueError:
        return
    codes = {one.get("code") for one in held if isinstance(one, dict)}
    with (Path(folder) / f"{os.getpid()}.tsv").open("a", encoding="utf-8") as notes:
        notes.writelines(f"{code}\t{story.rsplit(' ', 1)[0]}\n" for code in sorted(filter(None, codes)))


def gathered(folder: Path) -> dict[str, set[str]]:
    """The stories by hold code; every code of the program is there, also one that no story raised."""
    found: dict[str, set[str]] = {code.value: set() for code in HoldCode}
    for file in folder.glob("*.tsv"):
        for line in file.read_text(encoding="utf-8").splitlines():
            code, _, story = line.partition("\t")
            found.setdefault(code, set()).add(story)
    return found


def told(found: dict[str, set[str]]) -> list[str]:
    """The table: code, how many stories raised it, one of them."""
    return [
        f"{code:<28}{len(stories):>4}  {min(stories).split('::')[-1] if stories else 'raised by no story'}"
        for code, stories in sorted(found.items())
    ]

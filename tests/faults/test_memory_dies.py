"""The demo's story, with the state file deleted, replaced by yesterday's, or flipped between its runs: the same end, once."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from playground import Ended, Playground, finance, settled
from sfspiris.core.identity import markers_in

if TYPE_CHECKING:
    from pathlib import Path

    from playground import Served

Json = dict[str, Any]
Deed = Callable[["Story"], None]
LATER = tuple(f"2026-11-20T{when}:00Z" for when in ("08:30", "09:00", "09:30", "10:00"))
"""Each more than a settle window after the one before, by the clock of both systems."""


@dataclass
class Story:
    """One telling. `disturbed` are the gaps between two runs in which something happens to the state file."""

    demo: Playground
    what: str = "nothing"
    disturbed: frozenset[int] = frozenset()
    told: list[Ended] = field(default_factory=list)
    gap: int = 0

    def run(self, *arguments: str) -> None:
        """A run, and before it whatever happens to the file; a file that is refused is made anew, as the words say."""
        file = self.demo.folder / "sfspiris.db"
        if self.gap in self.disturbed and file.exists():
            self._harm()
        self.gap += 1
        if file.exists():
            shutil.copyfile(file, self.yesterday)
        ended = self.demo.sfspiris(*arguments, "--json")
        if ended.code == 7:
            assert self.what == "flipped"
            assert ended.document["error"]["code"] == "STATE_DAMAGED"
            assert "sfspiris state rebuild" in ended.document["error"]["remedy"]
            self.rebuild()
            ended = self.demo.sfspiris(*arguments, "--json")
        assert ended.code in {0, 3, 4}, ended.out
        self.told.append(ended)
        self.must_stand_once_each()

    @property
    def yesterday(self) -> Path:
        return self.demo.folder / "yesterday.db"

    def rebuild(self) -> None:
        rebuilt = self.demo.sfspiris("state", "rebuild", "--json")
        assert rebuilt.code in {0, 3}, rebuilt.out
        assert set(rebuilt.kinds()) <= {"adopt"}
        for left_over in self.demo.folder.glob("*aside*"):
            left_over.unlink()

    def _harm(self) -> None:
        file = self.demo.folder / "sfspiris.db"
        match self.what:
            case "deleted":
                file.unlink()
            case "deleted with its seal":
                for one in self.demo.folder.glob("sfspiris.db*"):
                    one.unlink()
            case "yesterday's" if self.yesterday.exists():
                shutil.copyfile(self.yesterday, file)
            case "yesterday's":  # there was none yet
                file.unlink()
            case _:
                content = bytearray(file.read_bytes())
                place = random.Random(self.gap).randrange(100 * 8, len(content) * 8)  # noqa: S311 - replays
                content[place // 8] ^= 1 << place % 8
                file.write_bytes(content)

    def documents(self) -> Counter[str]:
        companies = [self.demo.company(key) for key in ("se", "int")]
        return Counter(
            f"{one['key']} {mark.deal_id}"
            for one in companies
            for document in (*one["drafts"], *one["invoices"])
            if not document.get("IsCreditInvoice")
            for mark in markers_in(document.get("OurReference"))
        )

    def must_stand_once_each(self) -> None:
        assert set(self.documents().values()) <= {1}, "one deal, one draft"

    def world(self) -> Json:
        return {
            "documents": self.documents(),
            "deals": sorted(
                (
                    one["Id"],
                    str(one.get("Spiris_Sync_Status__c")),
                    str(one.get("Spiris_Sync_Code__c")),
                    str(one.get("Spiris_Invoice_Number__c")),
                )
                for one in self.demo.deals().values()
            ),
        }

    def clock(self, now: str | None) -> None:
        for side in ("salesforce", "spiris"):
            self.demo.control(side, "PUT", "clock", {"now": now})


RUNS = 8


def tell(demo: Playground, what: str = "nothing", disturbed: frozenset[int] = frozenset()) -> Json:
    """Push two, push all; finance issues and gets paid; pull; push, reconcile and sync when time has passed; rebuild at the end.

    The run before the rebuild is the first that nothing befalls: where the memory died before every run, no run could wait
    for what an unknown one may have sent, and make the rest.
    """
    demo.reset("demo")
    story = Story(demo, what, disturbed)
    story.yesterday.unlink(missing_ok=True)
    story.run("push-closed-won", "--limit", "2")
    (first, *_) = demo.company("se")["drafts"]
    story.run("push-closed-won")
    invoice = finance(demo, f"drafts/{first['Id']}/issue", {"date": "2026-11-20"})
    story.run("pull-invoice-status")
    finance(demo, f"invoices/{invoice['Id']}/pay")
    story.run("push-closed-won")
    story.run("pull-invoice-status")
    story.clock(LATER[0])
    story.run("push-closed-won")
    story.run("reconcile")
    story.clock(LATER[1])
    story.run("sync")
    assert story.gap == RUNS
    story.clock(LATER[2])
    story.run("sync")
    story.rebuild()
    story.must_stand_once_each()
    story.clock(LATER[3])
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json")
    assert planned.kinds() == [], str(planned.document["actions"][:2])
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []
    assert demo.sfspiris("pull-invoice-status", "--json").code in {0, 3}
    story.must_stand_once_each()
    found = story.world()
    story.clock(None)
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, common_sandbox: Served) -> Playground:
    return settled(tmp_path_factory.mktemp("memory"), common_sandbox)


@pytest.fixture(scope="module")
def wanted(demo: Playground) -> Json:
    found = tell(demo)
    assert len(found["documents"]) > 5
    return found


HARMS = ["deleted", "deleted with its seal", "yesterday's", "flipped"]


@pytest.mark.parametrize(
    "what", [pytest.param(one, marks=pytest.mark.release) if "seal" in one else one for one in HARMS]
)
def test_a_memory_that_dies_between_every_two_runs_changes_nothing_in_the_end(
    demo: Playground, wanted: Json, what: str
) -> None:
    assert tell(demo, what, frozenset(range(1, RUNS))) == wanted


@pytest.mark.release
@pytest.mark.timeout(600)
@pytest.mark.parametrize("gap", range(1, RUNS))
@pytest.mark.parametrize("what", HARMS)
def test_a_memory_that_dies_once_changes_nothing_in_the_end(
    demo: Playground, wanted: Json, what: str, gap: int
) -> None:
    assert tell(demo, what, frozenset({gap})) == wanted

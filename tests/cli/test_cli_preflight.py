"""Stories of `preflight`, told with the command line."""

from __future__ import annotations

from playground import DEMO_HELD, Playground


def test_preflight_lists_by_rule_and_owner_and_writes_nothing(demo: Playground) -> None:
    ended = demo.sfspiris("preflight", "--json", "--report", "preflight.html")
    assert ended.code == 3, ended.err
    document = ended.document
    assert (document["command"], document["mode"]) == ("preflight", "dry-run")
    assert document["summary"]["held"] >= DEMO_HELD
    assert document["open_deals"]
    assert sum(one["deals"] for one in document["by_owner"]) == document["summary"]["held"]
    assert demo.writes() == []
    assert not list(demo.folder.glob("sfspiris.db*"))
    assert "Who has something to mend" in (demo.folder / "preflight.html").read_text(encoding="utf-8")
    assert demo.sfspiris("preflight", "--allow-held").code == 0

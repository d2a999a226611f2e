"""Stories of `preflight`, told with the command line."""

from __future__ import annotations

from playground import DEMO_HELD, Playground, finance, pushed


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


def test_preflight_names_the_deal_of_each_warning_and_counts_invoices_as_documents(demo: Playground) -> None:
    draft = next(iter(pushed(demo).values()))
    finance(demo, f"drafts/{draft}/issue")
    assert demo.sfspiris("pull-invoice-status").code == 0
    ended = demo.sfspiris("preflight", "--json", "--report", "preflight.md")
    document = ended.document
    named = {one["Id"]: one["Name"] for one in demo.deals().values()}
    about = [(one["deal"], one["message"]) for one in document["warnings"] if one["deal"]]
    assert about
    listed = (demo.folder / "preflight.md").read_text(encoding="utf-8")
    english, swedish = (
        " ".join(demo.sfspiris("preflight", "--lang", one).out.split()) for one in ("en", "sv")
    )
    for deal, _ in about:
        assert f"* {named[deal]}: " in english
        assert f"* {named[deal]}: " in swedish
    for deal, message in about:
        assert f"{named[deal]}: {message}"[:40] in listed
    unchanged = document["summary"]["unchanged"]
    assert unchanged
    assert f"{unchanged} have their document already." in english
    assert f"{unchanged} har sitt dokument redan." in swedish

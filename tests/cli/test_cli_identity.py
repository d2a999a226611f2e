"""The company behind a sign-in, as the installed command meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground import Playground


def test_swapped_sign_ins_are_refused_though_the_registers_were_just_read(demo: Playground) -> None:
    assert demo.sfspiris("push-closed-won").code == 3
    drafts = demo.drafts()
    se, other = (demo.folder / "tokens" / f"spiris-{key}.json" for key in ("se", "int"))
    kept = {one: one.read_text() for one in (se, other)}
    try:
        se.write_text(kept[other])
        other.write_text(kept[se])
        for command in ("push-closed-won", "pull-invoice-status", "reconcile"):
            ended = demo.sfspiris(command, "--json")
            assert ended.code == 7, ended.out
            assert ended.document["error"]["code"] == "WRONG_COMPANY"
            assert demo.company("int")["settings"]["Name"] in ended.document["error"]["message"]
        # Whoever swaps only the tokens inside the files is found out by looking.
        inside = json.loads(kept[se]) | {"access_token": json.loads(kept[other])["access_token"]}
        se.write_text(json.dumps(inside))
        other.write_text(kept[other])
        ended = demo.sfspiris("reconcile", "--json")
        assert (ended.code, ended.document["error"]["code"]) == (7, "WRONG_COMPANY")
        assert demo.company("int")["settings"]["Name"] in ended.document["error"]["message"]
    finally:
        for one, text in kept.items():
            one.write_text(text)
    assert demo.drafts() == drafts


def test_a_changed_organisation_number_is_refused_at_once(demo: Playground) -> None:
    assert demo.sfspiris("push-closed-won").code == 3
    demo.edit_config('orgnr = "559987-1430"', 'orgnr = "556016-0680"')
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 7
    assert ended.document["error"]["code"] == "WRONG_COMPANY"
    assert demo.company("se")["settings"]["Name"] in ended.document["error"]["message"]


def test_without_sign_ins_every_command_names_all_that_are_missing(demo: Playground) -> None:
    kept = {one: one.read_text() for one in (demo.folder / "tokens").glob("spiris-*.json")}
    try:
        for one in kept:
            one.unlink()
        for command in ("push-closed-won", "pull-invoice-status", "reconcile"):
            ended = demo.sfspiris(command, "--json")
            assert ended.code == 5, ended.out
            for company in ("se", "int"):
                assert f"sfspiris auth spiris --company {company}" in ended.document["error"]["remedy"]
    finally:
        for one, text in kept.items():
            one.write_text(text)
            one.chmod(0o600)

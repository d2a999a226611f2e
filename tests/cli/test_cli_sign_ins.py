"""Keeping sign-ins alive: how old they are, when they would end for want of use, and renewing them without a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Json, Playground


@pytest.fixture
def signed_in(demo: Playground) -> Iterator[Playground]:
    """Stories here end sign-ins, which other stories go on with."""
    yield demo
    demo.control("spiris", "PUT", "switches", {"refresh_reuse": "refused"})
    assert demo.sfspiris("sandbox", "login").code == 0


def token_calls(demo: Playground) -> list[Json]:
    found: list[Json] = demo.control("spiris", "GET", "requests")
    return [one for one in found if one["path"].endswith("/connect/token")]


def age(demo: Playground, company: str, *, days: int) -> None:
    """The company's kept sign-in was last renewed so many days ago."""
    path = demo.folder / "tokens" / f"spiris-{company}.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    then = datetime.now(UTC) - timedelta(days=days, minutes=1)  # noqa: TID251 - sign-ins go by this machine's clock
    kept["obtained_at"] = kept["expires_at"] = then.isoformat()
    path.write_text(json.dumps(kept), encoding="utf-8")


def spend(demo: Playground, company: str) -> None:
    """The kept refresh token has been used by somebody who did not keep the new one."""
    path = demo.folder / "tokens" / f"spiris-{company}.json"
    before = path.read_text(encoding="utf-8")
    assert demo.sfspiris("auth", "refresh", "--company", company).code == 0
    path.write_text(before, encoding="utf-8")


def told(ended_document: Json) -> dict[str | None, Json]:
    return {one["company"]: one for one in ended_document["sign_ins"]}


def test_a_refresh_renews_each_sign_in_once_and_runs_go_on_with_the_new_ones(signed_in: Playground) -> None:
    signed_in.control("spiris", "PUT", "switches", {"refresh_reuse": "ends_sign_in"})
    ended = signed_in.sfspiris("auth", "refresh", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["command"] == "auth refresh"
    found = told(ended.document)
    assert set(found) == {None, "se", "int"}
    assert all(one["signed_in"] and one["age_seconds"] < 600 for one in found.values())
    assert [one["status"] for one in token_calls(signed_in)] == [200, 200]
    assert signed_in.sfspiris("push-closed-won").code == 3
    assert len(token_calls(signed_in)) == 2


def test_a_sign_in_that_nobody_uses_is_told_of_before_it_ends_and_kept_alive(signed_in: Playground) -> None:
    age(signed_in, "se", days=25)
    age(signed_in, "int", days=3)
    status = signed_in.sfspiris("auth", "status")
    assert status.out.count("may end after 30 days") == 1
    assert "this one in 4 days; `sfspiris auth refresh` renews it" in " ".join(status.out.split())
    kept = told(signed_in.sfspiris("auth", "status", "--json").document)
    assert kept["se"]["ends_unused_at"] < kept["int"]["ends_unused_at"]
    assert kept[None]["ends_unused_at"] is None, "signed in with a key, anew when it is needed"
    signed_in.forget_calls()
    assert signed_in.sfspiris("auth", "refresh", "--keepalive").code == 0
    assert len(token_calls(signed_in)) == 1
    assert "may end" not in signed_in.sfspiris("auth", "status").out
    assert signed_in.sfspiris("auth", "refresh", "--keepalive").code == 0
    assert len(token_calls(signed_in)) == 1


def test_one_that_only_a_person_can_renew_keeps_no_other_from_it(signed_in: Playground) -> None:
    spend(signed_in, "int")
    signed_in.forget_calls()
    ended = signed_in.sfspiris("auth", "refresh", "--json")
    assert ended.code == 5
    found = told(ended.document)
    assert not found["int"]["signed_in"]
    assert "sfspiris auth spiris --company int" in found["int"]["note"]
    assert found["se"]["note"] == "Renewed."
    assert sorted(one["status"] for one in token_calls(signed_in)) == [200, 400]


def test_a_sign_in_that_was_never_made_is_told_with_the_command_that_makes_it(signed_in: Playground) -> None:
    (signed_in.folder / "tokens" / "spiris-se.json").unlink()
    ended = signed_in.sfspiris("auth", "refresh", "--company", "se")
    assert ended.code == 5
    assert "sfspiris auth spiris --company se" in ended.out
    assert token_calls(signed_in) == []


def test_a_token_server_that_cannot_be_reached_leaves_the_sign_in_as_it_was(signed_in: Playground) -> None:
    fault = {"path": "/connect/token", "effect": "status", "code": 503, "times": None}
    signed_in.control("spiris", "POST", "faults", fault)
    ended = signed_in.sfspiris("auth", "refresh", "--company", "se")
    assert ended.code == 8
    assert "run the same command again" in ended.out
    signed_in.control("spiris", "DELETE", "faults")
    assert signed_in.sfspiris("auth", "refresh", "--company", "se").code == 0

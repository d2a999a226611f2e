"""`sandbox config` works for whoever asks, also where another account started the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground import Playground, clean_environ

if TYPE_CHECKING:
    from pathlib import Path


def test_another_account_gets_a_configuration_that_signs_in_and_the_first_ones_still_does(
    demo: Playground, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ports = [part.rsplit(":", 1)[1] for part in (demo.salesforce, demo.spiris)]
    other = Playground(tmp_path, demo.salesforce, demo.spiris, clean_environ(home))
    printed = other.sfspiris("sandbox", "config", "--salesforce-port", ports[0], "--spiris-port", ports[1])
    assert printed.code == 0, printed.err
    (tmp_path / "sfspiris.toml").write_text(printed.out, encoding="utf-8")
    assert other.sfspiris("sandbox", "login").code == 0
    assert demo.sfspiris("sandbox", "login").code == 0
    again = other.sfspiris("sandbox", "config", "--salesforce-port", ports[0], "--spiris-port", ports[1])
    assert again.out == printed.out


def test_the_age_of_a_sign_in_is_measured_by_the_clock_that_is_asked(demo: Playground) -> None:
    signed_in = demo.sfspiris("sandbox", "login", "--json").document
    assert all(one["age_seconds"] < 60 for one in signed_in["sign_ins"])


def test_a_limit_that_is_no_number_is_told_in_plain_words(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--limit", "abc")
    assert ended.code == 2
    assert "it is no whole number" in ended.err
    assert "parse" not in ended.err

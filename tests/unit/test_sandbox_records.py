"""What a simulator remembers: tables, transactions, and a log that survives a kill at any byte."""

import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Record, Records


class Undone(Exception):
    pass


def names(records: Records, table: str = "toys") -> list[str]:
    return [record["name"] for record in records.all(table)]


def filled(*toys: str) -> Records:
    records = Records()
    for toy in toys:
        records.put("toys", toy, {"name": toy})
    return records


def put_and_fail(records: Records, name: str) -> None:
    with records.transaction():
        records.put("toys", name, {"name": name})
        raise Undone


def test_records_come_in_the_order_in_which_their_ids_arrived() -> None:
    records = filled("kite", "doll", "ball")
    records.put("toys", "kite", {"name": "red kite"})
    assert names(records) == ["red kite", "doll", "ball"]


def test_what_is_stored_is_a_copy_of_what_was_given() -> None:
    records, rows = Records(), [{"n": 1}]
    records.put("toys", "kite", {"rows": rows})
    rows[0]["n"] = 2
    stored = records.get("toys", "kite")
    assert stored == {"rows": [{"n": 1}]}


class Colour(StrEnum):
    RED = "red"


def test_a_named_text_or_number_is_kept_as_the_plain_one_that_the_log_gives_back() -> None:
    records = Records()
    records.put("toys", "kite", {"colour": Colour.RED, "status": HTTPStatus.OK, "is_red": True})
    assert [type(value) for value in records.all("toys")[0].values()] == [str, int, bool]


@pytest.mark.parametrize("value", [0.1, {1, 2}, b"bytes", object(), {"$decimal": "1"}])
def test_a_value_that_could_not_come_back_the_same_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        Records().put("toys", "kite", {"nested": [value]})


def test_records_are_found_by_a_field_as_they_change_and_go() -> None:
    records = Records()
    records.put("toys", "1", {"colour": "red"})
    assert len(records.find("toys", "colour", "red")) == 1
    records.put("toys", "2", {"colour": "red"})
    records.put("toys", "3", {})
    records.put("toys", "1", {"colour": "blue"})
    assert records.find("toys", "colour", "red") == [{"colour": "red"}]
    assert records.find("toys", "colour", None) == [{}]
    records.delete("toys", "2")
    assert records.find("toys", "colour", "red") == []
    assert records.find("toys", "colour", ["red"]) == []
    assert records.find("dolls", "colour", "red") == []


def test_an_exception_undoes_the_whole_transaction_in_place() -> None:
    records = filled("kite", "doll", "ball")
    records.find("toys", "name", "doll")
    records.next("toy")

    def everything_and_an_exception() -> None:
        with records.transaction():
            records.put("toys", "kite", {"name": "changed"})
            records.delete("toys", "doll")
            records.put("toys", "new", {"name": "new"})
            records.next("toy")
            records.next("other")
            records.clear()
            records.put("other", "1", {})
            raise Undone

    with pytest.raises(Undone):
        everything_and_an_exception()
    assert names(records) == ["kite", "doll", "ball"]
    assert records.find("toys", "name", "doll") == [{"name": "doll"}]
    assert records.find("toys", "name", "new") == []
    assert (records.next("toy"), records.next("other")) == (2, 1)
    assert records.all("other") == []


def test_an_inner_transaction_is_undone_alone() -> None:
    records = Records()
    with records.transaction():
        records.put("toys", "kite", {"name": "kite"})
        with pytest.raises(Undone):
            put_and_fail(records, "doll")
        records.put("toys", "ball", {"name": "ball"})
    assert names(records) == ["kite", "ball"]


def test_clearing_keeps_the_tables_that_are_named() -> None:
    records = filled("kite")
    records.put("tokens", "1", {})
    records.next("toy", start=100)
    records.clear(keep=("tokens",))
    assert (records.count("toys"), records.count("tokens"), records.peek("toy", start=100)) == (0, 1, 100)


def test_deleting_what_is_not_there_says_so() -> None:
    with pytest.raises(KeyError, match="toys has no record kite"):
        Records().delete("toys", "kite")


def test_every_kind_of_value_comes_back_from_the_log_as_it_was(tmp_path: Path) -> None:
    record = {
        "price": Decimal("0.10"),
        "count": 3,
        "gone": None,
        "is_red": True,
        "day": date(2026, 11, 20),
        "at": datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC),
        "rows": [{"name": "Åsa \U0001f384 \ud800", "parts": []}],
        "one": {"$other": 1},
    }
    with closing(Records(tmp_path / "log")) as records:
        records.put("toys", "kite", record)
        records.next("toy")
    with closing(Records(tmp_path / "log")) as records:
        stored = records.get("toys", "kite")
        assert stored == record
        assert str(stored["price"]) == "0.10"
        assert records.next("toy") == 2


def log_of_three(path: Path) -> list[bytes]:
    with closing(Records(path)) as records:
        for name in ("kite", "doll", "ball"):
            with records.transaction():
                records.put("toys", name, {"name": name})
                records.next("toy")
    return path.read_bytes().splitlines(keepends=True)


def test_one_transaction_is_one_line(tmp_path: Path) -> None:
    assert len(log_of_three(tmp_path / "log")) == 3


def test_a_log_cut_anywhere_holds_whole_transactions_and_takes_new_ones(tmp_path: Path) -> None:
    lines = log_of_three(tmp_path / "log")
    whole = b"".join(lines)
    ends = [sum(map(len, lines[:count])) for count in range(4)]
    for cut in range(len(whole) + 1):
        path = tmp_path / f"cut-{cut}"
        path.write_bytes(whole[:cut])
        with closing(Records(path)) as records:
            survivors = sum(end <= cut for end in ends[1:])
            assert names(records) == ["kite", "doll", "ball"][:survivors]
            records.put("toys", "late", {"name": "late"})
        with closing(Records(path)) as records:
            assert names(records)[-1] == "late"
            assert records.count("toys") == survivors + 1


def test_a_line_that_is_damaged_in_the_middle_stops_the_start(tmp_path: Path) -> None:
    lines = log_of_three(tmp_path / "log")
    (tmp_path / "log").write_bytes(lines[0] + b"[[oops\n" + lines[2])
    with pytest.raises(SandboxError, match=r"Line 2 of .*log cannot be read"):
        Records(tmp_path / "log")


def test_an_undone_transaction_leaves_no_line(tmp_path: Path) -> None:
    with closing(Records(tmp_path / "log")) as records:
        with pytest.raises(Undone):
            put_and_fail(records, "kite")
        records.put("toys", "doll", {"name": "doll"})
    assert b"kite" not in (tmp_path / "log").read_bytes()


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_the_disk_refuses_is_undone_in_memory_and_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with closing(Records(path)) as records:
        records.put("toys", "kite", {"name": "kite"})
        before = path.read_bytes()
        with (
            no_file_longer_than(len(before) + 20),
            pytest.raises(SandboxError, match="could not write its data"),
        ):
            records.put("toys", "doll", {"name": "doll" * 100})
        assert names(records) == ["kite"]
        assert path.read_bytes() == before
        records.put("toys", "ball", {"name": "ball"})
    with closing(Records(path)) as records:
        assert names(records) == ["kite", "ball"]


def test_a_long_log_is_rewritten_at_start_with_nothing_lost(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with closing(Records(path)) as records:
        for number in range(1_100):
            records.put("toys", "kite", {"name": "kite", "number": number})
        records.next("toy")
        records.put("toys", "doll", {"name": "doll"})
    before = path.stat().st_size
    with closing(Records(path)) as records:
        assert path.stat().st_size < before / 100
        records.put("toys", "ball", {"name": "ball"})
    with closing(Records(path)) as records:
        assert records.all("toys")[0] == {"name": "kite", "number": 1_099}
        assert names(records) == ["kite", "doll", "ball"]
        assert records.next("toy") == 2


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "delete", "clear", "fail"]), st.sampled_from("abc"), st.integers(0, 2)),
    max_size=30,
)


@given(OPERATIONS)
def test_records_behave_like_a_plain_dictionary_with_undo(operations: list[tuple[str, str, int]]) -> None:
    """Whatever is put, deleted, cleared and undone: content, order and searches equal those of a dict."""
    records, model = Records(), dict[str, Record]()
    records.find("t", "v", 0)
    for kind, key, value in operations:
        before = dict(model)
        try:
            with records.transaction():
                apply(records, model, kind, key, value)
        except (Undone, KeyError):
            model = before
        assert records.all("t") == list(model.values())
        for wanted in range(3):
            found = records.find("t", "v", wanted)
            assert sorted(map(str, found)) == sorted(str(one) for one in model.values() if one["v"] == wanted)


def apply(records: Records, model: dict[str, Any], kind: str, key: str, value: int) -> None:
    if kind == "delete":
        records.delete("t", key)
        del model[key]
    elif kind == "clear":
        records.clear()
        model.clear()
    else:
        records.put("t", key, {"k": key, "v": value})
        model[key] = {"k": key, "v": value}
        if kind == "fail":
            if key in model and value:
                records.delete("t", key)
            raise Undone

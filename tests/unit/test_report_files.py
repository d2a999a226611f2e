"""Where a report goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report_samples import realistic_dry_run, record_url
from sfspiris.errors import UsageError
from sfspiris.report.document import run_document
from sfspiris.report.files import check_report, write_report

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = run_document(realistic_dry_run(), record_url=record_url)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("plan.html", "<!doctype html>"),
        ("PLAN.HTML", "<!doctype html>"),
        ("plan.md", "## "),
        ("plan.csv", "\ufeffline,"),
    ],
)
def test_the_files_name_says_in_which_form_a_report_is_written(
    tmp_path: Path, name: str, beginning: str
) -> None:
    write_report(tmp_path / name, DOCUMENT)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["plan.pdf", "plan", "plan.html.exe", ".html"])
def test_another_name_is_refused_and_the_three_forms_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refusal:
        write_report(tmp_path / name, DOCUMENT)
    assert all(suffix in refusal.value.remedy for suffix in (".html", ".md", ".csv"))


def test_a_refused_name_of_a_list_with_one_form_names_that_form(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        check_report(tmp_path / "list.toml", (".csv",))
    assert refusal.value.remedy == "Give it a name that ends in .csv."


def test_a_report_into_a_folder_that_is_not_there_is_refused_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        check_report(tmp_path / "missing" / "plan.html")


def test_a_folder_with_the_reports_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.html").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_report(tmp_path / "plan.html")


def test_an_earlier_report_is_replaced_by_a_whole_one(tmp_path: Path) -> None:
    target = tmp_path / "plan.md"
    target.write_text("yesterday", encoding="utf-8")
    write_report(target, DOCUMENT)
    assert "yesterday" not in target.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_says_why_and_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "plan.md"
    target.write_text("yesterday", encoding="utf-8")
    (tmp_path / ".plan.md.unfinished").mkdir()
    with pytest.raises(UsageError, match="could not be written") as refusal:
        write_report(target, DOCUMENT)
    assert "runs list" in refusal.value.remedy
    assert target.read_text(encoding="utf-8") == "yesterday"


def test_a_report_that_nobody_may_write_is_refused_before_the_run(tmp_path: Path) -> None:
    (tmp_path / ".plan.md.unfinished").mkdir()  # stands in for a folder or disk that takes nothing
    with pytest.raises(UsageError, match="could not be written") as refusal:
        check_report(tmp_path / "plan.md")
    assert "Nothing was done" in refusal.value.remedy


def test_looking_whether_a_report_can_be_written_leaves_no_trace(tmp_path: Path) -> None:
    check_report(tmp_path / "plan.md")
    assert list(tmp_path.iterdir()) == []

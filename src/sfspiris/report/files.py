"""Where a report goes: the file's name says in which form."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sfspiris.errors import UsageError
from sfspiris.report.csv import csv_report
from sfspiris.report.html import html_report
from sfspiris.report.json import to_json
from sfspiris.report.markdown import markdown_report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from sfspiris.report.helping import Language
    from sfspiris.report.shapes import RunDocument

_FORMS: Final[Mapping[str, Callable[..., str]]] = {
    ".html": html_report,
    ".md": markdown_report,
    ".csv": csv_report,
    ".json": to_json,
}


def check_report(path: Path, suffixes: Collection[str] = tuple(_FORMS)) -> None:
    """Refuse a report that could not be written, before any work is done for it.

    Raises UsageError when the file's name ends in none of the suffixes, its folder does not exist, or nothing can be
    written there.
    """
    _check_name(path, suffixes)
    check_file(path)


def check_file(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done for it.

    Raises UsageError when its folder does not exist, or nothing can be written there.
    """
    if not path.parent.is_dir():
        raise UsageError(
            f"There is no folder {path.parent} for {path.name}.",
            remedy="Make the folder, or name another one.",
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", remedy="Name a file.")
    unfinished = _unfinished(path)
    try:
        unfinished.write_bytes(b"")
        unfinished.unlink()
        if path.exists():
            path.open("ab").close()
    except OSError as error:
        raise _unwritable(path, error, "Nothing was done. Name a file where you may write.") from error


def write_report(
    path: Path, document: RunDocument, language: Language = "en", told: RunDocument | None = None
) -> None:
    """Write the report in the form that the file's name asks for. A file of that name is replaced, whole or not at all.

    What people read, HTML and Markdown, is in the language, with `told`, the document with its sentences in that language;
    what programs read is English.

    Raises UsageError when it cannot be written there.
    """
    form = _form(path)
    if form is html_report or form is markdown_report:
        write_text(path, form(told or document, language))
    else:
        write_text(path, form(document))


def write_text(path: Path, content: str) -> None:
    """Write a text as UTF-8. A file of that name is replaced, whole or not at all.

    Raises UsageError when it cannot be written there.
    """
    write_bytes(path, content.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; one of that name is replaced, whole or not at all.

    Raises UsageError when it cannot be written there.
    """
    unfinished = _unfinished(path)
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise _unwritable(
            path,
            error,
            "Name a file where you may write; the run itself is recorded, see `sfspiris runs list`.",
        ) from error


def _form(path: Path) -> Callable[..., str]:
    _check_name(path, _FORMS)
    return _FORMS[path.suffix.lower()]


def _check_name(path: Path, suffixes: Collection[str]) -> None:
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        known = f"{', '.join(others)} or {last}" if others else last
        raise UsageError(
            f"A report cannot be written as {path.name}.",
            remedy=f"Give it a name that ends in {known}.",
        )


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


def _unwritable(path: Path, error: OSError, remedy: str) -> UsageError:
    return UsageError(
        f"The file {path} could not be written: {error.strerror or error}.",
        remedy=remedy,
        code="REPORT_NOT_WRITTEN",
    )

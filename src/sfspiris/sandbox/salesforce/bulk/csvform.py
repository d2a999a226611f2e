"""CSV as the bulk APIs read and write it. Source: Bulk API 2.0 Developer Guide, "Prepare CSV Files" (read November 2026)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DELIMITERS: Final = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
NULL: Final = "#N/A"
"""What a cell says to clear a field; an empty one leaves it alone."""


@dataclass(frozen=True, slots=True)
class CsvForm:
    """One job's delimiter and line ending."""

    delimiter: str
    line_ending: str

    @classmethod
    def of(cls, job: dict[str, Any]) -> CsvForm:
        """The form that a job was created with. Raises `ApiError`."""
        try:
            return cls(
                DELIMITERS[job.get("columnDelimiter", "COMMA")], LINE_ENDINGS[job.get("lineEnding", "LF")]
            )
        except KeyError as error:
            raise ApiError(
                "INVALIDJOB", f"InvalidJob : unknown columnDelimiter or lineEnding {error}"
            ) from error

    def written(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
        """A table, every cell quoted."""
        out = io.StringIO()
        writer = csv.writer(
            out, delimiter=self.delimiter, lineterminator=self.line_ending, quoting=csv.QUOTE_ALL
        )
        writer.writerow(header)
        writer.writerows([cell(value) for value in row] for row in rows)
        return out.getvalue()

    def read(self, text: str) -> tuple[list[str], list[list[str]]]:
        """Header and rows of an uploaded table; blank lines are skipped. Raises `ApiError`."""
        reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=self.delimiter)
        try:
            lines = [line for line in reader if line]
        except csv.Error as error:
            raise ApiError("InvalidBatch", f"InvalidBatch : Failed to parse CSV: {error}") from error
        if not lines:
            return [], []
        return [name.strip() for name in lines[0]], lines[1:]


def cell(value: Any) -> str:
    """A value in a cell: instants end in Z, empty is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") else text


def record_of(header: Sequence[str], line: Sequence[str]) -> dict[str, Any]:
    """A line as a record: `Rel__r.Ext__c` names a parent by its external id, `Owner:User.Username` one of a certain kind."""
    record: dict[str, Any] = {}
    for name, said in zip(header, line, strict=False):
        if said == "":
            continue
        value = None if said == NULL else said
        relationship, dot, field = name.partition(".")
        if dot:
            relationship, _, kind = relationship.partition(":")
            record[relationship] = {field: value, **({"type": kind} if kind else {})}
        else:
            record[name] = value
    return record

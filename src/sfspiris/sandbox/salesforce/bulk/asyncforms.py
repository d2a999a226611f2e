"""The forms in which the first Bulk API is spoken: JSON, or XML around CSV, depending on the request and the job.

What is about a job is answered in the form that the request has; what is about its batches, in the job's own: JSON for a JSON
job, XML for a CSV one, whose records and results are CSV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.salesforce.bulk.csvform import CsvForm, record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON: Final = "application/json;charset=UTF-8"
XML: Final = "application/xml;charset=UTF-8"
CSV: Final = "text/csv;charset=UTF-8"
CONTENT_TYPES: Final = frozenset({"JSON", "CSV"})
"""What a job's records may be. Records as XML are not simulated."""

_NAMESPACE: Final = "http://www.force.com/2009/06/asyncapi/dataload"
_COMMA: Final = CsvForm(",", "\n")


def document_of(raw: bytes, media_type: str) -> dict[str, Any]:
    """What a request about a job says, in either form. Raises `ValueError`."""
    if "xml" not in media_type:
        document = jsonio.loads(raw)
        if not isinstance(document, dict):
            raise ValueError("it is not an object")
        return document
    try:
        root = ET.fromstring(raw)  # noqa: S314 - what the machine's own user sends to a sandbox on loopback
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    return {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in root}


def as_xml(root: str, content: Any) -> bytes:
    """An answer as XML; the parts of a list are repeated under the name they have in JSON."""
    body = _element(root, content, f' xmlns="{_NAMESPACE}"')
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()


def _element(name: str, content: Any, attributes: str = "") -> str:
    if isinstance(content, dict):
        inner = "".join(_element(key, value) for key, value in content.items() if value is not None)
    elif isinstance(content, list):
        return "".join(_element(name, one) for one in content)
    elif isinstance(content, bool):
        inner = str(content).lower()
    else:
        inner = escape(str(content))
    return f"<{name}{attributes}>{inner}</{name}>"


def records_of(text: str) -> list[dict[str, Any]]:
    """The records of an uploaded table. Raises `ApiError`."""
    header, lines = _COMMA.read(text)
    return [record_of(header, line) for line in lines]


def table_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A query's rows."""
    return _COMMA.written(columns, rows).encode()


def results_of(results: list[dict[str, Any]]) -> bytes:
    """What became of each record."""
    rows = [
        (
            one["id"] or "",
            one["success"],
            one["created"],
            "; ".join(
                f"{error['statusCode']}:{error['message']}:{' '.join(error['fields'])} --"
                for error in one["errors"]
            ),
        )
        for one in results
    ]
    return _COMMA.written(("Id", "Success", "Created", "Error"), rows).encode()

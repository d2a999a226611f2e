"""Documents as canonical JSON, and the schemas that they keep to."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sfspiris.report.gdpr import GdprEraseDocument, GdprExportDocument
from sfspiris.report.shapes import SCHEMA_VERSION, SCHEMAS
from sfspiris.report.status import StatusDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.report.shapes import Facts

SHIPPED: Final[Mapping[str, type[Facts]]] = {
    **SCHEMAS,
    "status": StatusDocument,
    "gdpr-export": GdprExportDocument,
    "gdpr-erase": GdprEraseDocument,
}
"""The documents whose JSON Schema ships with the package, as `schemas/<name>-1.json`."""

# A terminal may act on the 8-bit control characters and a reader be misled by direction marks, even inside JSON.
_RISKY_IN_JSON: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def to_json(document: Facts) -> str:
    """The document as canonical JSON text with a final line break: the same facts give the same bytes in UTF-8."""
    text = json.dumps(document.model_dump(mode="json"), ensure_ascii=False, indent=2, allow_nan=False)
    return _RISKY_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of one of `SHIPPED`, made from the model."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | SHIPPED[name].model_json_schema(
        mode="serialization"
    )
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def shipped_schema(name: str) -> str:
    """The JSON Schema of one of `SHIPPED` as it ships with the package."""
    source = files("sfspiris.report").joinpath("schemas", f"{name}-{SCHEMA_VERSION}.json")
    return source.read_text(encoding="utf-8")

"""Documents as canonical JSON, and the schemas that they keep to."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sfspiris.report.shapes import SCHEMA_VERSION, SCHEMAS

if TYPE_CHECKING:
    from sfspiris.report.shapes import Facts

# A terminal may act on the 8-bit control characters and a reader be misled by direction marks, even inside JSON.
_RISKY_IN_JSON: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def to_json(document: Facts) -> str:
    """The document as canonical JSON text with a final line break: the same facts give the same bytes in UTF-8."""
    text = json.dumps(document.model_dump(mode="json"), ensure_ascii=False, indent=2, allow_nan=False)
    return _RISKY_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of one of `SCHEMAS`, made from the model."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | SCHEMAS[name].model_json_schema(
        mode="serialization"
    )
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def shipped_schema(name: str) -> str:
    """The JSON Schema of one of `SCHEMAS` as it ships with the package."""
    source = files("sfspiris.report").joinpath("schemas", f"{name}-{SCHEMA_VERSION}.json")
    return source.read_text(encoding="utf-8")

"""A zip in metadata form: its manifest, and its files as plain documents.

Source: Metadata API Developer Guide, "Sample package.xml" and "CustomObject" (read November 2026).
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as ET

from sfspiris.sandbox.salesforce.errors import ApiError

NAMESPACE: Final = "{http://soap.sforce.com/2006/04/metadata}"
MOST_FILES: Final = 10_000
MOST_BYTES: Final = 400 * 1024 * 1024
"""Unzipped. Source: Metadata API Developer Guide, "Metadata Limits"."""

_LISTS: Final = frozenset(
    {
        "fields",
        "validationRules",
        "fieldPermissions",
        "objectPermissions",
        "types",
        "members",
        "value",
        "customValue",
    }
)
_KINDS: Final = {
    "objects": ("CustomObject", ".object"),
    "permissionsets": ("PermissionSet", ".permissionset"),
}


@dataclass(slots=True)
class Package:
    """What a zip holds: the names its manifest promises by type, and its documents by type and name."""

    manifest: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)


def read(data: bytes) -> Package:
    """The package in a zip. Raises `ApiError` for what is no zip, too big, or no XML."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ApiError("INVALID_INPUT", f"The file is not a zip: {error}") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ApiError("LIMIT_EXCEEDED", f"A package has at most {MOST_FILES} files and 400 MB")
    package = Package()
    found = False
    for entry in entries:
        path = entry.filename
        name = path.rpartition("/")[2]
        if name == "package.xml":
            found = True
            document = _document(archive.read(entry), path)
            for kind in document.get("types", []):
                package.manifest.setdefault(kind.get("name", ""), []).extend(kind.get("members", []))
            continue
        for folder, (kind, suffix) in _KINDS.items():
            if f"/{path}".rpartition("/")[0].endswith(f"/{folder}") and name.endswith(suffix):
                key = (kind, name.removesuffix(suffix))
                package.documents[key] = _document(archive.read(entry), path)
                package.files[key] = path
    if not found:
        raise ApiError("INVALID_INPUT", "No package.xml found in the zip")
    return package


def _document(data: bytes, path: str) -> dict[str, Any]:
    try:
        root = ET.fromstring(data)  # noqa: S314 - what the machine's own user deploys to a sandbox on loopback
    except ET.ParseError as error:
        raise ApiError("INVALID_INPUT", f"{path} is not XML: {error}") from error
    document = _plain(root)
    return document if isinstance(document, dict) else {}


def _plain(element: ET.Element) -> Any:
    """An element as text, or as a dictionary of its children; what may repeat is a list."""
    if not len(element):
        return (element.text or "").strip()
    result: dict[str, Any] = {}
    for child in element:
        name = child.tag.removeprefix(NAMESPACE)
        if name in _LISTS:
            result.setdefault(name, []).append(_plain(child))
        else:
            result[name] = _plain(child)
    return result

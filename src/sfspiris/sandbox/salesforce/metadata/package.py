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
        "listViews",
        "columns",
        "filters",
        "layoutSections",
        "layoutColumns",
        "layoutItems",
        "sections",
        "groupingsDown",
        "groupingsAcross",
        "components",
        "dashboardGridComponents",
    }
)
"""Elements that may repeat."""

_KINDS: Final = {
    "objects": ("CustomObject", ".object"),
    "permissionsets": ("PermissionSet", ".permissionset"),
    "layouts": ("Layout", ".layout"),
    "reportTypes": ("ReportType", ".reportType"),
    "reports": ("Report", ".report"),
    "dashboards": ("Dashboard", ".dashboard"),
}
"""By folder of the zip. Reports and dashboards stand in folders of their own, each with a `-meta.xml` beside it."""

_FOLDERED: Final = frozenset({"reports", "dashboards"})
_BESIDE: Final = "-meta.xml"


@dataclass(slots=True)
class Package:
    """What a zip holds: the names its manifest promises by type, and its documents by type and name."""

    manifest: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """Folder and file of what no kind of component is known for."""

    def of(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Full name and document of each of a kind."""
        return [(name, document) for (one, name), document in self.documents.items() if one == kind]


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
        key = _key_of(path)
        if key is None:
            package.unknown.append((path.rpartition("/")[0].rpartition("/")[2], name))
        else:
            package.documents[key] = _document(archive.read(entry), path)
            package.files[key] = path
    if not found:
        raise ApiError("INVALID_INPUT", "No package.xml found in the zip")
    return package


def _key_of(path: str) -> tuple[str, str] | None:
    """The kind and full name that a file's place in the zip says; None for a place that says nothing."""
    parts = path.split("/")
    for folder, (kind, suffix) in _KINDS.items():
        if folder not in parts[:-1]:
            continue
        below = parts[parts.index(folder) + 1 :]
        name = "/".join(below)
        if name.endswith(suffix) and (len(below) == 1 or folder in _FOLDERED):
            return kind, name.removesuffix(suffix)
        if folder in _FOLDERED and len(below) == 1 and name.endswith(_BESIDE):
            return f"{kind}Folder", name.removesuffix(_BESIDE).partition(".")[0]
    return None


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

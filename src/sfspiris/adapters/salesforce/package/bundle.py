"""Pure: the package as files, either a source tree for `sf project deploy` or the zip that the Metadata API takes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.package import metadata, views
from sfspiris.adapters.salesforce.package.fields import ACCOUNT, INVOICE, OPPORTUNITY, of_object
from sfspiris.adapters.salesforce.package.metadata import READER_SET, SYNC_SET, node, to_xml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree import ElementTree as ET

_LONG_AGO: Final = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the earliest that a zip can say: the same package gives the same bytes
_MAIN: Final = "force-app/main/default"
_OBJECTS: Final = (INVOICE, OPPORTUNITY, ACCOUNT)


def source_files(api_version: str) -> dict[str, str]:
    """A Salesforce DX project: path → text, each field and view in a file of its own."""
    files = {
        "sfdx-project.json": (
            '{\n  "packageDirectories": [{"path": "force-app", "default": true}],\n'
            f'  "name": "sfspiris",\n  "namespace": "",\n  "sourceApiVersion": "{api_version}"\n}}\n'
        ),
        f"{_MAIN}/objects/{INVOICE}/{INVOICE}.object-meta.xml": to_xml(metadata.invoice_object()),
    }
    for object_ in _OBJECTS:
        for one in of_object(object_):
            files[f"{_MAIN}/objects/{object_}/fields/{one.name}.field-meta.xml"] = to_xml(
                metadata.field(one, "CustomField")
            )
        for view in metadata.list_views(object_):
            name = view.findtext("fullName")
            view.tag = "ListView"
            files[f"{_MAIN}/objects/{object_}/listViews/{name}.listView-meta.xml"] = to_xml(view)
    for path, root in _others().items():
        plain = path if path.endswith("-meta.xml") else f"{path}-meta.xml"
        files[f"{_MAIN}/{_as_source(plain)}"] = to_xml(root)
    return files


def deployable(api_version: str) -> bytes:
    """The zip that `/metadata/deployRequest` takes; the same bytes each time."""
    files = {f"objects/{object_}.object": to_xml(_whole_object(object_)) for object_ in _OBJECTS}
    files |= {path: to_xml(root) for path, root in _others().items()}
    files["package.xml"] = to_xml(_manifest(api_version))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, _LONG_AGO), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _whole_object(object_: str) -> ET.Element:
    made = metadata.invoice_object() if object_ == INVOICE else node("CustomObject")
    made.extend(metadata.field(one, "fields") for one in of_object(object_))
    made.extend(metadata.list_views(object_))
    return made


def _others() -> dict[str, ET.Element]:
    """Everything but objects, by its path in a zip."""
    return {
        f"permissionsets/{SYNC_SET}.permissionset": metadata.sync_permissions(),
        f"permissionsets/{READER_SET}.permissionset": metadata.reader_permissions(),
        **{f"layouts/{name}.layout": root for name, root in views.layouts().items()},
        f"reportTypes/{views.REPORT_TYPE}.reportType": views.report_type(),
        f"reports/{views.FOLDER}-meta.xml": views.folder("ReportFolder"),
        **{f"reports/{name}.report": root for name, root in views.reports().items()},
        f"dashboards/{views.FOLDER}-meta.xml": views.folder("DashboardFolder"),
        f"dashboards/{views.FOLDER}/Spiris.dashboard": views.dashboard(),
    }


def _as_source(path: str) -> str:
    """A path of the zip as a source tree names it: folders tell their kind."""
    for kind, suffix in (("reports", "reportFolder"), ("dashboards", "dashboardFolder")):
        if path == f"{kind}/{views.FOLDER}-meta.xml":
            return f"{kind}/{views.FOLDER}.{suffix}-meta.xml"
    return path


def _manifest(api_version: str) -> ET.Element:
    members: Mapping[str, list[str]] = {
        "CustomObject": [INVOICE],
        "CustomField": [one.full_name for object_ in _OBJECTS for one in of_object(object_)],
        "ListView": [
            f"{object_}.{view.findtext('fullName')}"
            for object_ in _OBJECTS
            for view in metadata.list_views(object_)
        ],
        "Layout": list(views.layouts()),
        "ReportType": [views.REPORT_TYPE],
        "Report": [views.FOLDER, *views.reports()],
        "Dashboard": [views.FOLDER, f"{views.FOLDER}/Spiris"],
        "PermissionSet": [READER_SET, SYNC_SET],
    }
    types = [
        node("types", *(node("members", name) for name in names), node("name", kind))
        for kind, names in members.items()
    ]
    return node("Package", *types, node("version", api_version))

"""The package that an org gets: what it declares is what the code writes, and its files are what Salesforce takes."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from sfspiris.adapters.salesforce import mapping
from sfspiris.adapters.salesforce.catalog import Field
from sfspiris.adapters.salesforce.package import bundle
from sfspiris.adapters.salesforce.package.compare import compare
from sfspiris.adapters.salesforce.package.fields import FIELDS, Kind
from sfspiris.adapters.salesforce.package.metadata import NAMESPACE
from sfspiris.core.model import DealStatus

DESCRIBED = {
    Kind.TEXT: "string",
    Kind.LONG_TEXT: "textarea",
    Kind.NUMBER: "double",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.CHECKBOX: "boolean",
    Kind.PICKLIST: "picklist",
    Kind.LOOKUP: "reference",
}


def org() -> dict[str, dict[str, Field]]:
    """What an org with the whole package describes."""
    found: dict[str, dict[str, Field]] = {}
    for one in FIELDS:
        fields = found.setdefault(one.object, {})
        fields[one.name.lower()] = Field(
            one.name, DESCRIBED[one.kind], length=one.length, scale=one.scale, updateable=True
        )
    return found


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own files


def zipped() -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(bundle.deployable("66.0"))) as archive:
        return {name: parsed(archive.read(name).decode()) for name in archive.namelist()}


def texts(root: ET.Element, path: str) -> list[str]:
    return [one.text or "" for one in root.findall(path, {"": NAMESPACE})]


def test_every_field_that_a_run_writes_is_declared() -> None:
    declared = {one.name for one in FIELDS if one.object == "Opportunity"}
    written = {
        *mapping.SYNC_FIELDS.values(),
        mapping.SYNC_TIME,
        mapping.RETRY,
        mapping.READY,
        mapping.READY_REASONS,
    }
    assert written == declared


def test_the_status_field_takes_every_status_and_no_other() -> None:
    fields = zipped()["objects/Opportunity.object"].findall("fields", {"": NAMESPACE})
    status = next(one for one in fields if texts(one, "fullName") == ["Spiris_Sync_Status__c"])
    assert texts(status, "valueSet/valueSetDefinition/value/fullName") == [one.value for one in DealStatus]
    assert texts(status, "valueSet/restricted") == ["true"]


def test_the_manifest_names_what_the_zip_holds() -> None:
    files = zipped()
    manifest = {
        texts(one, "name")[0]: texts(one, "members")
        for one in files["package.xml"].findall("types", {"": NAMESPACE})
    }
    assert sorted(manifest["CustomField"]) == sorted(one.full_name for one in FIELDS)
    for kind, folder, suffix in (
        ("Layout", "layouts", "layout"),
        ("PermissionSet", "permissionsets", "permissionset"),
        ("ReportType", "reportTypes", "reportType"),
    ):
        assert {f"{folder}/{name}.{suffix}" for name in manifest[kind]} == {
            name for name in files if name.startswith(f"{folder}/")
        }
    for name in (*manifest["Report"], *manifest["Dashboard"]):
        assert any(path.partition("/")[2].startswith(name) for path in files), name


def test_every_field_is_in_both_forms_of_the_package() -> None:
    source = bundle.source_files("66.0")
    for one in FIELDS:
        root = parsed(source[f"force-app/main/default/objects/{one.object}/fields/{one.name}.field-meta.xml"])
        in_zip = zipped()[f"objects/{one.object}.object"]
        twin = next(
            field
            for field in in_zip.findall("fields", {"": NAMESPACE})
            if texts(field, "fullName") == [one.name]
        )
        assert [(leaf.tag, (leaf.text or "").strip()) for leaf in root.iter()][1:] == [
            (leaf.tag, (leaf.text or "").strip()) for leaf in twin.iter()
        ][1:]


def test_the_same_package_has_the_same_bytes() -> None:
    assert bundle.deployable("66.0") == bundle.deployable("66.0")
    assert bundle.source_files("66.0") == bundle.source_files("66.0")


def test_the_integration_user_may_write_every_field_and_delete_nothing() -> None:
    granted = zipped()["permissionsets/Spiris_Sync.permissionset"]
    editable = [
        texts(one, "field")[0]
        for one in granted.findall("fieldPermissions", {"": NAMESPACE})
        if texts(one, "editable") == ["true"]
    ]
    assert sorted(editable) == sorted(one.full_name for one in FIELDS)
    objects = granted.findall("objectPermissions", {"": NAMESPACE})
    assert {texts(one, "allowDelete")[0] for one in objects} == {"false"}
    assert {texts(one, "modifyAllRecords")[0] for one in objects} == {"false"}


def test_readers_may_edit_nothing_but_the_wish_for_another_try() -> None:
    granted = zipped()["permissionsets/Spiris_Reader.permissionset"]
    editable = [
        texts(one, "field")[0]
        for one in granted.findall("fieldPermissions", {"": NAMESPACE})
        if texts(one, "editable") == ["true"]
    ]
    assert editable == ["Opportunity.Spiris_Retry__c"]


def test_an_org_with_the_whole_package_lacks_nothing() -> None:
    assert [one.problem for one in compare(org())] == [None] * len(FIELDS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "string"}, "type"),
        ({"updateable": False}, "may not write"),
        ({"scale": 0}, "decimals"),
    ],
)
def test_a_field_that_differs_is_told_with_how(change: dict[str, object], told: str) -> None:
    there = org()
    fields = there["Spiris_Invoice__c"]
    fields["balance__c"] = replace(fields["balance__c"], **change)  # type: ignore[arg-type]
    problems = {one.name: one.problem for one in compare(there) if one.problem}
    assert list(problems) == ["Balance__c"]
    assert told in (problems["Balance__c"] or "")


def test_a_text_field_that_is_too_short_is_told() -> None:
    there = org()
    there["Opportunity"]["spiris_sync_message__c"] = replace(
        there["Opportunity"]["spiris_sync_message__c"], length=255
    )
    assert ["255" in one.problem for one in compare(there) if one.problem] == [True]


def test_a_missing_object_and_a_missing_field_are_told() -> None:
    there = org()
    del there["Spiris_Invoice__c"]
    del there["Account"]["spiris_open_balance__c"]
    problems = {f"{one.object}.{one.name}": one.problem or "" for one in compare(there) if one.problem}
    assert "does not exist" in problems["Account.Spiris_Open_Balance__c"]
    assert all("Spiris_Invoice__c" in text for name, text in problems.items() if name.startswith("Spiris_"))

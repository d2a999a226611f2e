"""Deploying fields to the Salesforce simulator: a package, its refusals, and what permission sets make visible."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from salesforce_box import DATA, Api, Box

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
OBJECT = """<label>Receipt</label><pluralLabel>Receipts</pluralLabel>
<nameField><label>Number</label><type>AutoNumber</type><displayFormat>R-{0000}</displayFormat></nameField>
<deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>"""
TEXT = "<fields><fullName>Ocr__c</fullName><label>OCR</label><type>Text</type><length>25</length>{}</fields>"
LOOKUP = """<fields><fullName>Account__c</fullName><label>Account</label><type>Lookup</type><referenceTo>Account</referenceTo>
<relationshipName>Receipts</relationshipName></fields>"""
PICKS = """<fields><fullName>Kind__c</fullName><label>Kind</label><type>Picklist</type><valueSet><restricted>true</restricted>
<valueSetDefinition><value><fullName>Cash</fullName><default>true</default><label>Kontant</label></value>
<value><fullName>Card</fullName><label>Kort</label></value></valueSetDefinition></valueSet></fields>"""
RULE = """<validationRules><fullName>Ocr_needed</fullName><active>true</active>
<errorConditionFormula>ISBLANK(Ocr__c)</errorConditionFormula><errorMessage>An OCR is needed.</errorMessage></validationRules>"""
ACCOUNT_FIELD = """<fields><fullName>Score__c</fullName><label>Score</label><type>Number</type><precision>5</precision>
<scale>1</scale></fields>"""
GRANTS = """<label>Receipts</label>
<fieldPermissions><editable>true</editable><field>Account.Score__c</field><readable>true</readable></fieldPermissions>
<fieldPermissions><editable>true</editable><field>Receipt__c.Ocr__c</field><readable>true</readable></fieldPermissions>
<fieldPermissions><editable>false</editable><field>Receipt__c.Kind__c</field><readable>true</readable></fieldPermissions>
<objectPermissions><allowCreate>true</allowCreate><allowRead>true</allowRead><object>Receipt__c</object></objectPermissions>"""
MANIFEST = {
    "CustomObject": ["Receipt__c"],
    "CustomField": ["Account.Score__c", "Receipt__c.Ocr__c"],
    "PermissionSet": ["Receipts"],
}


def xml(root: str, content: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACE}>{content}</{root}>'


def package(manifest: dict[str, list[str]] | None = None, **files: str) -> bytes:
    """A zip: `receipt` and `account` are the contents of objects, `grants` of the permission set."""
    paths = {
        "receipt": ("objects/Receipt__c.object", "CustomObject"),
        "account": ("objects/Account.object", "CustomObject"),
        "grants": ("permissionsets/Receipts.permissionset", "PermissionSet"),
        "layout": ("layouts/Receipt__c-Receipt Layout.layout", "Layout"),
        "report_type": ("reportTypes/Receipts.reportType", "ReportType"),
        "report_folder": ("reports/Money-meta.xml", "ReportFolder"),
        "report": ("reports/Money/All_Receipts.report", "Report"),
        "dashboard_folder": ("dashboards/Money-meta.xml", "DashboardFolder"),
        "dashboard": ("dashboards/Money/Overview.dashboard", "Dashboard"),
        "stray": ("classes/Trigger.cls", "ApexClass"),
    }
    types = "".join(
        "<types>" + "".join(f"<members>{name}</members>" for name in names) + f"<name>{kind}</name></types>"
        for kind, names in (manifest or {}).items()
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("package.xml", xml("Package", f"{types}<version>62.0</version>"))
        for name, content in files.items():
            path, root = paths[name]
            archive.writestr(path, xml(root, content))
    return out.getvalue()


def deploy(api: Api, data: bytes, **options: Any) -> dict[str, Any]:
    """The finished result of a deployment."""
    parts = {
        "json": (None, json.dumps({"deployOptions": options}), "application/json"),
        "file": ("deploy.zip", data, "application/zip"),
    }
    asked = api.ok("POST", "/metadata/deployRequest", status=201, files=parts)
    assert asked["deployResult"]["done"] is False
    assert asked["url"].endswith(f"{DATA}/metadata/deployRequest/{asked['id']}")
    path = f"/metadata/deployRequest/{asked['id']}"
    result: dict[str, Any] = api.ok("GET", path, params={"includeDetails": "true"})["deployResult"]
    return result


def problems(result: dict[str, Any]) -> dict[str, str]:
    assert (result["status"], result["success"], result["numberComponentsDeployed"]) == ("Failed", False, 0)
    return {one["fullName"]: one["problem"] for one in result["details"]["componentFailures"]}


def test_what_was_deployed_is_invisible_until_a_permission_set_is_assigned(org: Box, api: Api) -> None:
    receipt = OBJECT + TEXT.format("<externalId>true</externalId>") + LOOKUP + PICKS
    result = deploy(api, package(MANIFEST, receipt=receipt, account=ACCOUNT_FIELD, grants=GRANTS))
    assert (result["status"], result["done"], result["numberComponentsDeployed"]) == ("Succeeded", True, 6)
    assert api.query_refusal("SELECT Score__c FROM Account") == "INVALID_FIELD"
    assert api.query_refusal("SELECT Id FROM Receipt__c") == "INVALID_TYPE"

    (permission_set,) = api.values("SELECT Id FROM PermissionSet WHERE Name = 'Receipts'", "Id")
    user = api.values("SELECT Id FROM User WHERE Username = 'integration@example.com'", "Id")[0]
    api.create("PermissionSetAssignment", PermissionSetId=permission_set, AssigneeId=user)

    fields = {one["name"]: one for one in api.ok("GET", "/sobjects/Receipt__c/describe")["fields"]}
    assert (fields["Ocr__c"]["length"], fields["Ocr__c"]["externalId"], fields["Ocr__c"]["updateable"]) == (
        25,
        True,
        True,
    )
    assert fields["Kind__c"]["updateable"] is False
    assert [pick["label"] for pick in fields["Kind__c"]["picklistValues"]] == ["Kontant", "Kort"]
    assert "Account__c" not in fields, "nobody granted it"
    made = api.ok("PATCH", "/sobjects/Receipt__c/Ocr__c/1234", status=201, json={})["id"]
    record = api.ok("GET", f"/sobjects/Receipt__c/{made}")
    assert (record["Name"], record["Kind__c"]) == ("R-0001", "Cash")
    assert api.values("SELECT Score__c FROM Account LIMIT 1", "Score__c") == [None]


def test_deploying_again_changes_what_is_there(org: Box, api: Api) -> None:
    deploy(api, package({}, account=ACCOUNT_FIELD, grants=GRANTS.split("<fieldPermissions>", maxsplit=1)[0]))
    again = deploy(api, package({}, account=ACCOUNT_FIELD.replace("<precision>5", "<precision>9")))
    (field,) = again["details"]["componentSuccesses"]
    assert (field["fullName"], field["created"], field["changed"]) == ("Account.Score__c", False, True)


def test_a_validation_rule_comes_along(org: Box, api: Api) -> None:
    receipt = (
        OBJECT
        + TEXT.format("<required>true</required>")
        + RULE.replace("ISBLANK(Ocr__c)", "LEN(Ocr__c) &lt; 4")
    )
    grants = (
        "<label>R</label><objectPermissions><allowCreate>true</allowCreate><allowRead>true</allowRead>"
        "<object>Receipt__c</object></objectPermissions>"
    )
    assert deploy(api, package({}, receipt=receipt, grants=grants))["success"] is True
    org.person_adds(
        "PermissionSetAssignment",
        PermissionSetId=api.values("SELECT Id FROM PermissionSet", "Id")[0],
        AssigneeId=api.values("SELECT Id FROM User LIMIT 1", "Id")[0],
    )
    assert api.message("POST", "/sobjects/Receipt__c", json={"Ocr__c": "123"}) == "An OCR is needed."


def test_one_wrong_part_undoes_the_whole_package(org: Box, api: Api) -> None:
    receipt = OBJECT + "<fields><fullName>Ocr__c</fullName><label>OCR</label><type>Text</type></fields>"
    result = deploy(api, package({}, account=ACCOUNT_FIELD, receipt=receipt))
    assert problems(result) == {"Receipt__c.Ocr__c": "Must specify 'length' for a CustomField of type Text"}
    assert "Score__c" not in org.state("Account")[0]


@pytest.mark.parametrize(
    ("files", "full_name", "problem"),
    [
        (
            {"receipt": OBJECT + TEXT.format("<required>true</required>"), "grants": GRANTS},
            "Receipts",
            "You cannot deploy to a required field: Receipt__c.Ocr__c",
        ),
        ({"grants": GRANTS}, "Receipts", "no CustomField named Account.Score__c found"),
        (
            {"account": ACCOUNT_FIELD.replace("Score__c", "Score")},
            "Account.Score",
            "A custom field's name ends in __c",
        ),
        (
            {"account": ACCOUNT_FIELD.replace("Number", "Colour")},
            "Account.Score__c",
            "cannot have the type 'Colour'",
        ),
    ],
)
def test_a_part_that_cannot_be_is_named_with_its_problem(
    api: Api, files: dict[str, str], full_name: str, problem: str
) -> None:
    if full_name == "Receipts" and "receipt" in files:
        files = {**files, "account": ACCOUNT_FIELD, "receipt": files["receipt"] + PICKS}
    found = problems(deploy(api, package({}, **files)))
    assert problem in found[full_name]


def test_what_the_manifest_names_must_be_in_the_zip(api: Api) -> None:
    found = problems(deploy(api, package({"CustomField": ["Account.Nope__c"]}, account=ACCOUNT_FIELD)))
    assert "was named in package.xml, but was not found" in found["Account.Nope__c"]


def test_a_check_changes_nothing(org: Box, api: Api) -> None:
    result = deploy(api, package({}, account=ACCOUNT_FIELD), checkOnly=True)
    assert (result["success"], result["checkOnly"]) == (True, True)
    assert "Score__c" not in org.state("Account")[0]


def test_a_deployment_can_take_its_time(org: Box, api: Api) -> None:
    org.switch(polls_until_done=1)
    result = deploy(api, package({}, account=ACCOUNT_FIELD))
    assert (result["status"], result["done"]) == ("InProgress", False)


def test_a_body_that_is_no_package_is_refused(api: Api) -> None:
    path = "/metadata/deployRequest"
    assert api.refused("POST", path, json={}) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert api.refused("POST", path, files={"json": (None, "{}")}) == (400, "INVALID_INPUT")
    assert api.refused("POST", path, files={"file": ("x.zip", b"no zip")}) == (400, "INVALID_INPUT")
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    assert api.refused("POST", path, files={"file": ("x.zip", empty.getvalue())}) == (400, "INVALID_INPUT")
    assert api.refused("GET", f"{path}/0Af000000000000AAA") == (404, "NOT_FOUND")


# who sees what was deployed


def test_a_deployed_field_is_seen_by_the_users_it_was_granted_to_and_by_nobody_else(
    org: Box, api: Api
) -> None:
    receipt = OBJECT + TEXT.format("<externalId>true</externalId>") + PICKS
    deploy(api, package({}, receipt=receipt, account=ACCOUNT_FIELD, grants=GRANTS))
    (permission_set,) = api.values("SELECT Id FROM PermissionSet WHERE Name = 'Receipts'", "Id")
    assignment = {"PermissionSetId": permission_set, "AssigneeId": user_of(api, "integration@example.com")}
    api.create("PermissionSetAssignment", **assignment)
    assert api.refused("POST", "/sobjects/PermissionSetAssignment", json=assignment) == (
        400,
        "DUPLICATE_VALUE",
    )
    org.control.put(
        "/_sandbox/clients",
        json={"client_id": "sales", "client_secret": "s", "username": "sara@exempel.example"},
    )
    form = {"grant_type": "client_credentials", "client_id": "sales", "client_secret": "s"}
    token = org.control.post("/services/oauth2/token", data=form).json()["access_token"]
    hers = {"Authorization": f"Bearer {token}"}
    for statement in ("SELECT Score__c FROM Account", "SELECT Ocr__c FROM Receipt__c"):
        assert api.get("/query", params={"q": statement}).status_code == 200
        assert api.get("/query", params={"q": statement}, headers=hers).status_code == 400
    assert "Score__c" not in api.get("/sobjects/Account/describe", headers=hers).text
    # The platform itself sees everything: what she deletes takes its receipts along.
    account = api.create("Account", Name="Hers")
    assert api.delete(f"/sobjects/Account/{account}", headers=hers).status_code == 204


def test_an_object_takes_what_its_permissions_say(org: Box, api: Api) -> None:
    deploy(api, package({}, receipt=OBJECT + TEXT.format("") + PICKS, account=ACCOUNT_FIELD, grants=GRANTS))
    (permission_set,) = api.values("SELECT Id FROM PermissionSet WHERE Name = 'Receipts'", "Id")
    user = user_of(api, "integration@example.com")
    api.create("PermissionSetAssignment", PermissionSetId=permission_set, AssigneeId=user)
    described = api.ok("GET", "/sobjects/Receipt__c/describe")
    assert [described[one] for one in ("createable", "updateable", "deletable")] == [True, False, False]
    made = api.create("Receipt__c", Ocr__c="1")
    refused = (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert api.refused("PATCH", f"/sobjects/Receipt__c/{made}", json={"Ocr__c": "2"}) == refused
    assert api.refused("DELETE", f"/sobjects/Receipt__c/{made}") == refused


def user_of(api: Api, username: str) -> str:
    found: str = api.values(f"SELECT Id FROM User WHERE Username = '{username}'", "Id")[0]
    return found


# what shows it

VIEW = """<listViews><fullName>All</fullName><columns>NAME</columns><columns>Ocr__c</columns><filters><field>Kind__c</field>
<operation>equals</operation><value>Cash</value></filters><filterScope>Everything</filterScope><label>All</label></listViews>"""
LAYOUT = """<layoutSections><label>Information</label><layoutColumns><layoutItems><behavior>Edit</behavior>
<field>Ocr__c</field></layoutItems></layoutColumns><layoutColumns/></layoutSections>"""
REPORT_TYPE = """<baseObject>Receipt__c</baseObject><category>other</category><deployed>true</deployed><label>Receipts</label>
<sections><columns><checkedByDefault>true</checkedByDefault><field>Ocr__c</field><table>Receipt__c</table></columns>
<masterLabel>Receipts</masterLabel></sections>"""
REPORT = """<columns><field>Receipt__c$Ocr__c</field></columns><format>Tabular</format><name>All receipts</name>
<reportType>Receipts__c</reportType>"""
DASHBOARD = """<leftSection><components><componentType>Metric</componentType><report>Money/All_Receipts</report></components>
</leftSection><title>Overview</title>"""
SHOWN = {
    "receipt": OBJECT + TEXT.format("") + PICKS + VIEW,
    "layout": LAYOUT,
    "report_type": REPORT_TYPE,
    "report_folder": "<name>Money</name>",
    "report": REPORT,
    "dashboard_folder": "<name>Money</name>",
    "dashboard": DASHBOARD,
}


def test_views_layouts_reports_and_dashboards_come_along_and_again_without_a_change(api: Api) -> None:
    manifest = {"ListView": ["Receipt__c.All"], "Report": ["Money/", "Money/All_Receipts"], "Layout": ["*"]}
    first, again = (deploy(api, package(manifest, **SHOWN)) for _ in range(2))
    kinds = {one["componentType"] for one in first["details"]["componentSuccesses"]}
    assert {"ListView", "Layout", "ReportType", "Report", "Dashboard"} <= kinds
    for result, is_first in ((first, True), (again, False)):
        assert result["status"] == "Succeeded"
        told = {(one["created"], one["changed"]) for one in result["details"]["componentSuccesses"]}
        assert told == {(is_first, is_first)}


@pytest.mark.parametrize(
    ("changes", "full_name", "problem"),
    [
        (
            {"receipt": SHOWN["receipt"].replace("<columns>Ocr__c", "<columns>Ocrr__c")},
            "Receipt__c.All",
            "Could not resolve list view column: Ocrr__c",
        ),
        (
            {"layout": LAYOUT.replace("Ocr__c", "Nope__c")},
            "Receipt__c-Receipt Layout",
            "In field: field - no CustomField named Receipt__c.Nope__c found",
        ),
        (
            {"report_type": REPORT_TYPE.replace("<field>Ocr__c", "<field>Nope__c")},
            "Receipts",
            "In field: field - no CustomField named Receipt__c.Nope__c found",
        ),
        (
            {"report": REPORT.replace("Receipts__c", "Other__c")},
            "Money/All_Receipts",
            "Invalid report type: Other__c",
        ),
        (
            {"report": REPORT.replace("$Ocr__c", "$Nope__c")},
            "Money/All_Receipts",
            "Invalid field name: Receipt__c$Nope__c",
        ),
        (
            {"dashboard": DASHBOARD.replace("All_", "None_")},
            "Money/Overview",
            "Cannot find a report with that name: Money/None_Receipts",
        ),
        ({"stray": ""}, "Trigger.cls", "The folder classes holds nothing that can be deployed to this org"),
    ],
)
def test_a_view_of_what_is_not_there_is_refused(
    api: Api, changes: dict[str, str], full_name: str, problem: str
) -> None:
    assert problem in problems(deploy(api, package({}, **{**SHOWN, **changes})))[full_name]


def test_what_is_right_stays_when_nothing_is_to_be_rolled_back(org: Box, api: Api) -> None:
    files = {"account": ACCOUNT_FIELD, "layout": LAYOUT}
    result = deploy(api, package({}, **files), rollbackOnError=False)
    assert (result["status"], result["success"], result["numberComponentErrors"]) == (
        "SucceededPartial",
        True,
        1,
    )
    assert "Score__c" in org.state("Account")[0]


# one field, by the tooling API


def test_a_single_field_is_made_without_a_zip_and_is_invisible_too(org: Box, api: Api) -> None:
    body = {
        "FullName": "Account.Score__c",
        "Metadata": {"type": "Number", "label": "Score", "precision": 5, "scale": 1},
    }
    assert api.ok("POST", "/tooling/sobjects/CustomField", status=201, json=body)["success"] is True
    assert "Score__c" in org.state("Account")[0]
    assert api.query_refusal("SELECT Score__c FROM Account") == "INVALID_FIELD"
    assert api.refused("POST", "/tooling/sobjects/CustomField", json=body) == (
        400,
        "DUPLICATE_DEVELOPER_NAME",
    )
    wrong = {**body, "FullName": "Account.Other__c", "Metadata": {"type": "Number", "label": "x"}}
    assert api.refused("POST", "/tooling/sobjects/CustomField", json=wrong) == (
        400,
        "FIELD_INTEGRITY_EXCEPTION",
    )
    sandboxes = {"q": "SELECT Id FROM SandboxProcess"}
    assert api.refused("GET", "/tooling/query", params=sandboxes) == (400, "INVALID_TYPE")

"""Pure: layouts, the report type, two reports and the dashboard over invoices, in the words of the Metadata API.

Nothing here replaces what an org has: the layouts are further ones, to be assigned by an administrator. Deploying a layout
replaces it whole, so a section could only be added to the org's own after reading that, and the REST form of the Metadata API deploys
and does not retrieve. Source: Metadata API Developer Guide, "Metadata Types" (Layout,
ReportType, Report, Dashboard; version 66.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.package.fields import ACCOUNT, INVOICE, OPPORTUNITY, of_object
from sfspiris.adapters.salesforce.package.metadata import node

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree import ElementTree as ET

FOLDER: Final = "Spiris"
REPORT_TYPE: Final = "Spiris_Invoices"
_STANDARD: Final = {
    OPPORTUNITY: ("Name", "AccountId", "CloseDate", "StageName", "Amount", "OwnerId"),
    ACCOUNT: ("Name", "OwnerId", "Phone", "BillingAddress"),
}
_REQUIRED: Final = frozenset({"Name", "CloseDate", "StageName"})


def layouts() -> dict[str, ET.Element]:
    """Layouts by full name: the invoice's own, and for deals and accounts one with a section of ours."""
    return {
        f"{INVOICE}-Spiris Invoice Layout": node(
            "Layout",
            _section("Invoice", [(one.name, "Readonly") for one in of_object(INVOICE)]),
            _section("System", [("OwnerId", "Edit")]),
        ),
        **{
            f"{object_}-{object_} with Spiris": node(
                "Layout",
                _section(
                    f"{object_}",
                    [(name, "Required" if name in _REQUIRED else "Edit") for name in _STANDARD[object_]],
                ),
                _section(
                    "Spiris",
                    [(one.name, "Edit" if one.by_people else "Readonly") for one in of_object(object_)],
                ),
                _related(object_),
            )
            for object_ in (OPPORTUNITY, ACCOUNT)
        },
    }


def _section(label: str, items: list[tuple[str, str]]) -> ET.Element:
    half = (len(items) + 1) // 2
    columns = [
        node(
            "layoutColumns",
            *(node("layoutItems", behavior=behaviour, field=name) for name, behaviour in some),
        )
        for some in (items[:half], items[half:])
    ]
    return node(
        "layoutSections",
        *columns,
        node("style", "TwoColumnsTopToBottom"),
        customLabel=True,
        detailHeading=True,
        editHeading=True,
        label=label,
    )


def _related(parent: str) -> ET.Element:
    made = node("relatedLists")
    made.extend(
        node("fields", one) for one in ("NAME", "Invoice_Number__c", "Status__c", "Due_Date__c", "Balance__c")
    )
    # A lookup's related list is named by the child object and the lookup.
    made.append(node("relatedList", f"{INVOICE}.{parent}__c"))
    return made


def report_type() -> ET.Element:
    """Invoices with every field of theirs, as a base for the org's own reports."""
    columns = [
        node("columns", checkedByDefault=name in _SHOWN, field=name, table=INVOICE)
        for name in ("Name", *(one.name for one in of_object(INVOICE)))
    ]
    return node(
        "ReportType",
        node("sections", *columns, node("masterLabel", "Invoices")),
        baseObject=INVOICE,
        category="other",
        deployed=True,
        description="Invoices and credit notes in Spiris.",
        label="Spiris Invoices",
    )


_SHOWN: Final = frozenset(
    {"Name", "Invoice_Number__c", "Account__c", "Status__c", "Due_Date__c", "Balance__c"}
)


def reports() -> dict[str, ET.Element]:
    """Reports by full name: what is overdue, by account, and what was invoiced and collected, by month."""
    return {
        f"{FOLDER}/Overdue_by_account": _report(
            "Overdue by account",
            "What each account owes that should have been paid.",
            columns=("Invoice_Number__c", "Due_Date__c", "Currency__c"),
            sums=("Balance__c",),
            group=("Account__c", None),
            only=("Is_Overdue__c", "equals", "1"),
        ),
        f"{FOLDER}/Invoiced_and_collected": _report(
            "Invoiced and collected by month",
            "Invoices less credit notes, and what was paid of them, by the month of issue.",
            columns=("Invoice_Number__c", "Company__c", "Status__c"),
            sums=("Amount_Total_Base__c", "Amount_Paid__c", "Balance__c"),
            group=("Invoice_Date__c", "Month"),
        ),
    }


def _report(
    name: str,
    description: str,
    *,
    columns: Iterable[str],
    sums: Iterable[str],
    group: tuple[str, str | None],
    only: tuple[str, str, str] | None = None,
) -> ET.Element:
    made = node("Report")
    made.extend(node("columns", field=_of_type(one)) for one in columns)
    made.extend(node("columns", aggregateTypes="Sum", field=_of_type(one)) for one in sums)
    made.append(node("description", description))
    if only is not None:
        place, operation, value = only
        made.append(
            node("filter", node("criteriaItems", column=_of_type(place), operator=operation, value=value))
        )
    made.append(node("format", "Summary"))
    place, granularity = group
    made.append(
        node("groupingsDown", dateGranularity=granularity or "Day", field=_of_type(place), sortOrder="Asc")
    )
    made.append(node("name", name))
    made.append(node("reportType", f"{REPORT_TYPE}__c"))
    made.append(node("scope", "organization"))
    made.append(node("showDetails", "true"))
    made.append(node("timeFrameFilter", dateColumn=_of_type("Invoice_Date__c"), interval="INTERVAL_CUSTOM"))
    return made


def _of_type(name: str) -> str:
    return f"{INVOICE}${name}"


def dashboard() -> ET.Element:
    """Both reports at a glance, shown to each person with what that person may see."""
    return node(
        "Dashboard",
        node("dashboardType", "LoggedInUser"),
        node(
            "leftSection",
            _chart("Overdue by account", "Bar", "Overdue_by_account"),
            node("columnSize", "Medium"),
        ),
        node(
            "rightSection",
            _chart("Invoiced by month", "Column", "Invoiced_and_collected"),
            node("columnSize", "Medium"),
        ),
        node("title", "Spiris: invoiced and paid"),
        backgroundEndColor="#FFFFFF",
        backgroundFadeDirection="Diagonal",
        backgroundStartColor="#FFFFFF",
    )


def _chart(title: str, kind: str, report: str) -> ET.Element:
    return node(
        "components",
        autoselectColumnsFromReport=True,
        componentType=kind,
        displayUnits="Auto",
        drillEnabled=False,
        drillToDetailEnabled=False,
        enableHover=False,
        expandOthers=False,
        header=title,
        legendPosition="Bottom",
        report=f"{FOLDER}/{report}",
        showPercentage=False,
        showPicturesOnCharts=False,
        showValues=True,
        sortBy="RowLabelAscending",
        useReportChart=False,
    )


def folder(tag: str) -> ET.Element:
    """The public, read-only folder that reports (`ReportFolder`) or dashboards (`DashboardFolder`) lie in."""
    return node(tag, accessType="Public", name="Spiris", publicFolderAccess="ReadOnly")

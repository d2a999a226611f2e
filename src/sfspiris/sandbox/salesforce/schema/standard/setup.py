"""Users, the organisation itself, record types, currencies and permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.schema.build import (
    address,
    area,
    check,
    computed,
    create_only,
    currency,
    day,
    lookup,
    mail,
    moment,
    number,
    phone,
    pick,
    required,
    sobject,
    text,
    whole,
)

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.schema.model import SObject

_SETUP: Final[dict[str, Any]] = {"createable": False, "updateable": False, "deletable": False}

_TIME_ZONES: Final = (
    "Europe/Stockholm",
    "Europe/Oslo",
    "Europe/Copenhagen",
    "Europe/Helsinki",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "GMT",
)

USER: Final[SObject] = sobject(
    "User",
    "005",
    required(text("Username", 80, unique=True)),
    required(text("LastName", 80, compound="Name")),
    text("FirstName", 40, compound="Name"),
    computed(required(text("Name", 121, label="Full Name", name_field=True))),
    text("CompanyName", 80),
    text("Division", 80),
    text("Department", 80),
    text("Title", 80),
    address("", codes=False),
    required(mail("Email", 128)),
    phone("Phone"),
    phone("MobilePhone", label="Cell"),
    required(text("Alias", 8)),
    check("IsActive", label="Active", default=True),
    required(
        pick(
            "TimeZoneSidKey",
            *_TIME_ZONES,
            length=40,
            label="Time Zone",
            restricted=True,
            default="Europe/Stockholm",
        )
    ),
    required(
        pick(
            "LocaleSidKey",
            "sv_SE",
            "en_US",
            "en_GB",
            length=40,
            label="Locale",
            restricted=True,
            default="sv_SE",
        )
    ),
    required(
        pick(
            "EmailEncodingKey",
            "UTF-8",
            "ISO-8859-1",
            length=40,
            label="Email Encoding",
            restricted=True,
            default="UTF-8",
        )
    ),
    lookup("ProfileId", "Profile", children="Users"),
    computed(
        pick("UserType", "Standard", "PowerPartner", "Guest", length=40, restricted=True, default="Standard")
    ),
    required(
        pick(
            "LanguageLocaleKey", "sv", "en_US", length=40, label="Language", restricted=True, default="en_US"
        )
    ),
    text("EmployeeNumber", 20),
    lookup("ManagerId", "User", children="ManagedUsers"),
    computed(moment("LastLoginDate", label="Last Login")),
    text("FederationIdentifier", 512, label="SAML Federation ID"),
    pick("DefaultCurrencyIsoCode", length=3, label="Default Currency ISO Code", needs="multi_currency"),
    computed(currency()),
    deletable=False,
)

ORGANIZATION: Final[SObject] = sobject(
    "Organization",
    "00D",
    required(text("Name", 80, name_field=True)),
    text("Division", 80),
    address("", codes=False),
    phone("Phone"),
    phone("Fax"),
    text("PrimaryContact", 80),
    pick("DefaultLocaleSidKey", "sv_SE", "en_US", "en_GB", length=40, label="Locale"),
    pick("TimeZoneSidKey", *_TIME_ZONES, length=40, label="Time Zone"),
    pick("LanguageLocaleKey", "sv", "en_US", length=40, label="Language"),
    whole("FiscalYearStartMonth", label="Fiscal Year Starts In"),
    check("UsesStartDateAsFiscalYearName", label="Fiscal Year Name by Start"),
    text("NamespacePrefix", 15),
    text("InstanceName", 5),
    check("IsSandbox", label="Is Sandbox"),
    pick(
        "OrganizationType",
        "Team Edition",
        "Professional Edition",
        "Enterprise Edition",
        "Developer Edition",
        "Unlimited Edition",
        length=40,
        label="Edition",
    ),
    moment("TrialExpirationDate"),
    **_SETUP,
)

RECORD_TYPE: Final[SObject] = sobject(
    "RecordType",
    "012",
    required(text("Name", 80, name_field=True)),
    required(text("DeveloperName", 80, label="Record Type Name")),
    text("NamespacePrefix", 15),
    area("Description", 255),
    lookup("BusinessProcessId", "BusinessProcess"),
    required(pick("SobjectType", length=40, label="SObject Type Name")),
    check("IsActive", label="Active", default=True),
    **_SETUP,
)

CURRENCY_TYPE: Final[SObject] = sobject(
    "CurrencyType",
    "01L",
    required(pick("IsoCode", length=3, label="Currency ISO Code", name_field=True)),
    required(number("ConversionRate", 18, 6)),
    required(whole("DecimalPlaces", 1)),
    check("IsActive", label="Active", default=True),
    computed(check("IsCorporate", label="Corporate Currency")),
    needs="multi_currency",
    deletable=False,
)

DATED_CONVERSION_RATE: Final[SObject] = sobject(
    "DatedConversionRate",
    "04w",
    create_only(required(pick("IsoCode", length=3, label="Currency ISO Code"))),
    create_only(required(day("StartDate"))),
    computed(day("NextStartDate")),
    required(number("ConversionRate", 18, 6)),
    needs="advanced_currency",
)

PROFILE: Final[SObject] = sobject(
    "Profile",
    "00e",
    required(text("Name", 255, name_field=True)),
    pick("UserType", "Standard", "Guest", length=40),
    area("Description", 255),
    **_SETUP,
)

PERMISSION_SET: Final[SObject] = sobject(
    "PermissionSet",
    "0PS",
    required(text("Name", 80, label="Permission Set Name", name_field=True)),
    required(text("Label", 80, label="Permission Set Label")),
    text("NamespacePrefix", 15),
    area("Description", 255),
    check("IsCustom", default=True),
    check("IsOwnedByProfile"),
    lookup("ProfileId", "Profile"),
)

PERMISSION_SET_ASSIGNMENT: Final[SObject] = sobject(
    "PermissionSetAssignment",
    "0Pa",
    create_only(required(lookup("PermissionSetId", "PermissionSet", children="Assignments", cascades=True))),
    create_only(required(lookup("AssigneeId", "User", children="PermissionSetAssignments"))),
    computed(check("IsActive", default=True)),
    undeletable=False,
)

GROUP: Final[SObject] = sobject(
    "Group",
    "00G",
    required(text("Name", 40, name_field=True)),
    text("DeveloperName", 80),
    pick("Type", "Queue", "Regular", length=40, default="Queue"),
    mail("Email", 255),
    **_SETUP,
)

SETUP: Final = (
    USER,
    ORGANIZATION,
    RECORD_TYPE,
    CURRENCY_TYPE,
    DATED_CONVERSION_RATE,
    PROFILE,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    GROUP,
)

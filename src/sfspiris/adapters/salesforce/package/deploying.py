"""Puts the package into an org, gives its permissions to our user, and looks at what is there.

Source: Metadata API Developer Guide, "Deploying and Retrieving Metadata with REST"; deploying the same package again
changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce import soql
from sfspiris.adapters.salesforce.package.bundle import deployable
from sfspiris.adapters.salesforce.package.compare import compare
from sfspiris.adapters.salesforce.package.fields import FIELDS
from sfspiris.adapters.salesforce.package.metadata import SYNC_SET
from sfspiris.errors import ConfigError
from sfspiris.ports.fields import Deployed

if TYPE_CHECKING:
    from sfspiris.adapters.salesforce.client import SalesforceClient
    from sfspiris.ports.fields import FieldState

_BY_HAND: Final = (
    "Let an administrator run it, or write the source with `sfspiris salesforce fields --out DIR` and deploy that with "
    "`sf project deploy start`."
)
_SHOWN: Final = 5


def deploy(client: SalesforceClient) -> Deployed:
    """Deploy the package, all of it or nothing, and assign its permission set to the user that we sign in as.

    Raises ConfigError naming the components that Salesforce refused.
    """
    result = client.deploy(deployable(client.api_version))
    details = result.details
    failures = details.failures if details else []
    if not result.success:
        told = "; ".join(f"{one.full_name}: {one.problem}" for one in failures[:_SHOWN])
        more = f" and {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
        raise ConfigError(
            f"Salesforce did not deploy the fields ({result.status}): {told or result.error or 'no reason given'}{more}. "
            "Nothing was changed.",
            remedy=_BY_HAND,
            code="DEPLOY_REFUSED",
        )
    successes = [one for one in (details.successes if details else []) if one.full_name != "package.xml"]
    return Deployed(
        created=tuple(one.full_name for one in successes if one.created),
        changed=tuple(one.full_name for one in successes if one.changed and not one.created),
        assigned=_assign(client),
    )


def state(client: SalesforceClient) -> tuple[FieldState, ...]:
    """Every field of the package as our user sees it in the org."""
    return compare(client.describe(sorted({one.object for one in FIELDS})))


def _assign(client: SalesforceClient) -> bool:
    """Give our user the permission set; False when it has it already."""
    sets = client.query(soql.permission_set_query(SYNC_SET)).rows
    users = client.query(soql.user_query(client.session.user or "")).rows
    if not sets or not users:
        raise ConfigError(
            f"The fields are in the org, but the permission set {SYNC_SET} could not be given to "
            f"{client.session.user or 'the integration user'}.",
            remedy=f"Assign the permission set {SYNC_SET} to the integration user in Setup, under Permission Sets.",
            code="PERMISSION_SET_NOT_ASSIGNED",
        )
    user, permission_set = users[0]["Id"], sets[0]["Id"]
    already = client.query(soql.assignment_query(user, permission_set)).rows
    if already:
        return False
    client.create("PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": permission_set})
    return True

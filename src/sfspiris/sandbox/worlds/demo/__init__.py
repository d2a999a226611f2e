"""The demo: a Swedish subsidiary's November, with clean deals, every kind of customer, and one deal for each planted defect.

Companies with public organisation numbers carry their public names; what they buy here is invented.
"""

from typing import Any

from sfspiris.sandbox.worlds import group
from sfspiris.sandbox.worlds.demo.books import international_company, swedish_company
from sfspiris.sandbox.worlds.demo.buyers import accounts, accounts_with_defects, contact_roles, contacts
from sfspiris.sandbox.worlds.demo.sales import CLEAN, PLANTED, clean_deals, other_deals, planted_deals
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

__all__ = ["CLEAN", "NOW", "PLANTED", "world"]

Json = dict[str, Any]

NOW = "2026-11-20T08:00:00Z"


def world() -> Json:
    """The world document."""
    deals = [*clean_deals(), *planted_deals(), *other_deals()]
    return {
        "now": NOW,
        "salesforce": {
            "org": group.ORG,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": {
                "User": group.people(),
                "Account": [*accounts(), *accounts_with_defects()],
                "Contact": contacts(),
                **group.product_records(),
                "Opportunity": [record for record, _ in deals],
                "OpportunityLineItem": [row for _, lines in deals for row in lines],
                "OpportunityContactRole": contact_roles(),
            },
        },
        "spiris": {"companies": [swedish_company(), international_company()]},
    }

"""The platform's own objects, as far as integrations of sales and invoicing meet them.

Names, types and lengths: Object Reference for the Salesforce Platform (read November 2026). Objects and fields outside
sales, products, orders, quotes, files and the set-up around them are not simulated and answer `INVALID_TYPE` or `INVALID_FIELD`.
"""

from __future__ import annotations

from typing import Final

from sfspiris.sandbox.salesforce.schema.standard.crm import CRM
from sfspiris.sandbox.salesforce.schema.standard.files import FILES
from sfspiris.sandbox.salesforce.schema.standard.sales import SALES
from sfspiris.sandbox.salesforce.schema.standard.setup import SETUP

STANDARD: Final = (*CRM, *SALES, *FILES, *SETUP)

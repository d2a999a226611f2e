"""Pages for people who rehearse: what each simulator stores, what it was asked, and buttons for what finance does.

They are rendered here, work without scripts and load nothing from elsewhere. A page only looks; what a button does goes
through the control call of the same name, so that a person in the browser and a test meet the same rules.

`site` is what both sandboxes' pages share, `spiris` and `salesforce` say what there is to see of each. A view gives plain
data (`shapes`); the templates decide how it looks.
"""

from typing import TYPE_CHECKING

from sfspiris.sandbox.pages.salesforce import SalesforceSite
from sfspiris.sandbox.pages.site import Site
from sfspiris.sandbox.pages.spiris import SpirisSite
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.spiris.simulator import SpirisSimulator

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sfspiris.sandbox.kernel.simulator import Simulator


def pages_of(simulator: "Simulator", control: "ASGIApp") -> "ASGIApp":
    """The pages of a simulator, as an ASGI application; `control` serves its control calls."""
    if isinstance(simulator, SpirisSimulator):
        return SpirisSite(simulator, control).application()
    if isinstance(simulator, SalesforceSimulator):
        return SalesforceSite(simulator, control).application()
    return Site(simulator, control).application()

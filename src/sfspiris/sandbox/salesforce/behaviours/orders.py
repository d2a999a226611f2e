"""Orders: draft until activated."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save
from sfspiris.sandbox.salesforce.errors import ApiError

_STATUS_CODES: Final = {
    "draft": "Draft",
    "activated": "Activated",
    "cancelled": "Canceled",
    "expired": "Expired",
}


class Orders(Behaviour):
    """Status decides the status category; an order begins as a draft and is activated once it has products."""

    def before(self, save: Save) -> None:
        """Derive the status category; activate where it says so."""
        row = save.row
        if save.is_insert:
            row["TotalAmount"] = Decimal("0.0")
            if save.author.in_product and row["Status"] is None:
                row["Status"] = "Draft"
        if row["Status"] is None:
            return  # refused with the other required fields
        row["StatusCode"] = _STATUS_CODES.get(row["Status"].lower(), "Draft")
        if row["StatusCode"] == "Activated" and save.changed("StatusCode"):
            self._activate(save)

    @staticmethod
    def _activate(save: Save) -> None:
        row, dml = save.row, save.dml
        if save.is_insert and not save.author.in_product:
            raise ApiError(
                "FAILED_ACTIVATION", "Choose a valid order status and save your changes.", fields=("Status",)
            )
        if not save.is_insert and not dml.store.now_referring("OrderItem", "OrderId", row["Id"]):
            raise ApiError(
                "FAILED_ACTIVATION", "An order must have at least one product.", fields=("Status",)
            )
        row["ActivatedDate"], row["ActivatedById"] = dml.stamp(save.author), save.author.user_id

    def deleting(self, removal: Removal) -> None:
        """Refuse while the order is activated."""
        if removal.row["StatusCode"] == "Activated" and not removal.author.in_product:
            raise ApiError("DELETE_FAILED", "Activated orders cannot be deleted.")

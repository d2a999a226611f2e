"""Set-up records whose saving changes what the org's schema is."""

from __future__ import annotations

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save
from sfspiris.sandbox.salesforce.errors import ApiError


class Permissions(Behaviour):
    """Permission sets and who has them, record types, stages: all of them shape describe."""

    def before(self, save: Save) -> None:
        """Refuse to assign a permission set to a user who has it."""
        if save.entity.name != "PermissionSetAssignment" or not save.is_insert:
            return
        there = save.dml.store.now_referring(
            "PermissionSetAssignment", "PermissionSetId", save.row["PermissionSetId"]
        )
        twin = next((one for one in there if one["AssigneeId"] == save.row["AssigneeId"]), None)
        if twin is not None:
            raise ApiError(
                "DUPLICATE_VALUE",
                f"duplicate value found: PermissionSetId, AssigneeId duplicates value on record with id: {twin['Id']}",
            )

    def after(self, save: Save) -> None:
        """Have the schema built anew."""
        save.dml.org.refresh()

    def deleted(self, removal: Removal) -> None:
        """Have the schema built anew."""
        removal.dml.org.refresh()


class Currencies(Permissions):
    """Currencies and their dated rates: a rate holds until the next one of its currency starts."""

    def after(self, save: Save) -> None:
        """Chain dated rates, and have the schema built anew."""
        if save.entity.name == "DatedConversionRate":
            self._chain(save)
        super().after(save)

    @staticmethod
    def _chain(save: Save) -> None:
        store = save.dml.store
        rates = sorted(
            store.now_referring("DatedConversionRate", "IsoCode", save.row["IsoCode"]),
            key=lambda rate: rate["StartDate"],
        )
        for rate, following in zip(rates, [*rates[1:], None], strict=True):
            ends = following["StartDate"] if following is not None else "9999-12-31"
            if rate["NextStartDate"] != ends:
                store.put(save.entity, {**rate, "NextStartDate": ends})

"""Names of people, and accounts that are people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save
from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record


def full_name(row: Record) -> str | None:
    """First and last name as one, as the compound name field shows them."""
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or None


class People(Behaviour):
    """Contacts and users: the name is made of its parts."""

    def before(self, save: Save) -> None:
        """Make the name of its parts."""
        if save.author.in_product and "Name" in save.given and not save.given & {"FirstName", "LastName"}:
            first, _, last = (save.row["Name"] or "").rpartition(" ")
            save.row["FirstName"], save.row["LastName"] = first or None, last or None
        save.row["Name"] = full_name(save.row)
        if save.entity.name == "User":
            self._user(save)

    @staticmethod
    def _user(save: Save) -> None:
        row = save.row
        if save.is_insert and save.author.in_product:
            name = row["LastName"] or ""
            row["Alias"] = row["Alias"] or name.lower()[:8]
            row["Email"] = row["Email"] or row["Username"]


class Accounts(Behaviour):
    """Accounts: person accounts get their name from its parts; one with won deals is not deleted."""

    def before(self, save: Save) -> None:
        """Make a person account of one with a last name."""
        row = save.row
        if "IsPersonAccount" not in save.entity.fields:
            return
        if save.is_insert and row.get("LastName"):
            row["IsPersonAccount"] = True
        if row.get("IsPersonAccount"):
            if "Name" in save.given and not save.given & {"FirstName", "LastName"}:
                save.refuse_fields("Name")
                first, _, last = (row["Name"] or "").rpartition(" ")
                row["FirstName"], row["LastName"] = first or None, last or None
            row["Name"] = full_name(row)

    def deleting(self, removal: Removal) -> None:
        """Refuse while won deals belong to the account."""
        row = removal.row
        deals = removal.dml.store.now_referring("Opportunity", "AccountId", row["Id"])
        won = [deal for deal in deals if deal["IsWon"]]
        if won and not removal.author.in_product:
            names = ", ".join(deal["Name"] for deal in won)
            raise ApiError(
                "DELETE_FAILED",
                f"Your attempt to delete {row['Name']} could not be completed because it is associated with the following "
                f"closed won opportunities.: {names}",
            )

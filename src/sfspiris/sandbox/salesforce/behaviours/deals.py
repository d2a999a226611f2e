"""Opportunities: what the stage decides, what the lines decide, and the history that is kept.

Source: Object Reference, Opportunity (read November 2026). With lines, an update of Amount is accepted and changes nothing.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save, integrity
from sfspiris.sandbox.salesforce.behaviours.quotes import start_syncing
from sfspiris.sandbox.salesforce.soql.days import fiscal_quarter, fiscal_year
from sfspiris.sandbox.salesforce.values import rounded

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.dml import Author, Dml

_FROM_LINES: Final = ("Amount", "TotalOpportunityQuantity")
_SNAPSHOT: Final = ("StageName", "Amount", "CloseDate", "Probability", "ForecastCategory", "ExpectedRevenue")
_TRACKED: Final = {
    "StageName": ("StageName", "DynamicEnum"),
    "Amount": ("Amount", "Currency"),
    "CloseDate": ("CloseDate", "DateOnly"),
    "OwnerId": ("Owner", "EntityId"),
}
"""Field to its name and data type in the field history."""


class Deals(Behaviour):
    """Opportunities."""

    def before(self, save: Save) -> None:
        """Derive what follows from stage, dates and lines."""
        row = save.row
        if row["StageName"] is None or row["CloseDate"] is None:
            return  # refused with the other required fields
        if not save.is_insert and row["HasOpportunityLineItem"] and not save.by_platform:
            self._with_lines(save)
        if save.is_insert or save.changed("StageName"):
            self._stage(save)
        amount, probability = row["Amount"], row["Probability"]
        row["ExpectedRevenue"] = (
            None if amount is None or probability is None else rounded(amount * probability / 100, 2)
        )
        closes = date.fromisoformat(row["CloseDate"])
        starts: int = save.dml.org.settings["FiscalYearStartMonth"]
        row["FiscalYear"], row["FiscalQuarter"] = fiscal_year(closes, starts), fiscal_quarter(closes, starts)
        row["Fiscal"] = f"{row['FiscalYear']} {row['FiscalQuarter']}"
        if save.old is not None and row["CloseDate"][:7] > save.old["CloseDate"][:7]:
            row["PushCount"] = (row["PushCount"] or 0) + 1

    @staticmethod
    def _with_lines(save: Save) -> None:
        if "amount_follows_lines" in save.dml.org.traps:
            save.keep(*_FROM_LINES)
        for name in ("CurrencyIsoCode", "Pricebook2Id"):
            if save.changed(name) and not save.author.in_product:
                raise integrity(name, "it cannot be changed while the opportunity has products")

    @staticmethod
    def _stage(save: Save) -> None:
        row = save.row
        stage = _stage_of(save.dml, row["StageName"])
        if stage is None:
            row["IsClosed"] = row["IsWon"] = False
            row["ForecastCategory"], category = "Pipeline", "Pipeline"
        else:
            row["StageName"] = stage["ApiName"] or stage["MasterLabel"]
            row["IsClosed"], row["IsWon"] = stage["IsClosed"], stage["IsWon"]
            row["ForecastCategory"], category = stage["ForecastCategory"], stage["ForecastCategoryName"]
            if "Probability" not in save.given:
                row["Probability"] = stage["DefaultProbability"]
        if save.old is not None and save.old["IsWon"]:
            row["IsWon"] = row["IsWon"] or "reopened_deal_is_not_won" not in save.dml.org.traps
        if "ForecastCategoryName" not in save.given:
            row["ForecastCategoryName"] = category
        if not save.is_insert:
            row["LastStageChangeDate"] = save.dml.stamp(save.author)

    def after(self, save: Save) -> None:
        """Keep the history, and carry account and synced quote along."""
        if save.is_insert and save.row["ContactId"] is not None:
            save.dml.create(
                save.dml.org.schema["OpportunityContactRole"],
                {"OpportunityId": save.row["Id"], "ContactId": save.row["ContactId"], "IsPrimary": True},
                save.author.as_product(),
            )
        if save.is_insert or save.changed(*_SNAPSHOT):
            _snapshot(save)
        if save.old is not None:
            _track(save, save.old)
            if save.changed("SyncedQuoteId"):
                start_syncing(save.dml, save.row, save.author)
            if save.changed("AccountId") and "Quote" in save.dml.org.schema.entities:
                for quote in save.dml.store.now_referring("Quote", "OpportunityId", save.row["Id"]):
                    save.dml.adjust("Quote", quote["Id"], {"AccountId": save.row["AccountId"]}, save.author)


class ContactRoles(Behaviour):
    """At most one contact of a deal is the primary one; the deal's ContactId follows it."""

    def after(self, save: Save) -> None:
        """Leave one primary contact, and tell the deal."""
        row, dml = save.row, save.dml
        if row["IsPrimary"]:
            for other in dml.store.now_referring(
                "OpportunityContactRole", "OpportunityId", row["OpportunityId"]
            ):
                if other["Id"] != row["Id"] and other["IsPrimary"]:
                    dml.adjust("OpportunityContactRole", other["Id"], {"IsPrimary": False}, save.author)
        self._follow(dml, row["OpportunityId"], save.author)

    def deleted(self, removal: Removal) -> None:
        """Tell the deal."""
        self._follow(removal.dml, removal.row["OpportunityId"], removal.author)

    @staticmethod
    def _follow(dml: Dml, deal_id: str, author: Author) -> None:
        deal = dml.store.current("Opportunity", deal_id)
        if deal is None:
            return
        roles = dml.store.now_referring("OpportunityContactRole", "OpportunityId", deal_id)
        primary = next((role["ContactId"] for role in roles if role["IsPrimary"]), None)
        if deal["ContactId"] != primary:
            dml.adjust("Opportunity", deal_id, {"ContactId": primary}, author, stamps=False)


def _stage_of(dml: Dml, name: str) -> Record | None:
    wanted = name.casefold()
    for stage in dml.store.records.all("OpportunityStage"):
        if wanted in {(stage["ApiName"] or "").casefold(), stage["MasterLabel"].casefold()}:
            return stage
    return None


def _snapshot(save: Save) -> None:
    """A row of OpportunityHistory: how the deal stands after this save."""
    dml, row, old = save.dml, save.row, save.old
    entity = dml.org.schema["OpportunityHistory"]
    values: dict[str, Any] = {name: row[name] for name in _SNAPSHOT}
    values |= {
        "OpportunityId": row["Id"],
        "PrevAmount": old["Amount"] if old is not None else None,
        "PrevCloseDate": old["CloseDate"] if old is not None else None,
    }
    if "CurrencyIsoCode" in entity.fields:
        values["CurrencyIsoCode"] = row["CurrencyIsoCode"]
    record_id = dml.note(entity, values, save.author)
    if old is not None and save.changed("Amount", "CloseDate"):
        for name in ("Amount", "CloseDate"):
            if save.changed(name):
                row[f"Last{name}ChangedHistoryId"] = record_id
        dml.store.put(save.entity, row)


def _track(save: Save, old: Record) -> None:
    """Rows of OpportunityFieldHistory, one for each tracked field that changed."""
    entity = save.dml.org.schema["OpportunityFieldHistory"]
    for name, (shown_name, data_type) in _TRACKED.items():
        if save.changed(name):
            save.dml.note(
                entity,
                {
                    "OpportunityId": save.row["Id"],
                    "Field": shown_name,
                    "DataType": data_type,
                    "OldValue": _as_text(old[name]),
                    "NewValue": _as_text(save.row[name]),
                },
                save.author,
            )


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)

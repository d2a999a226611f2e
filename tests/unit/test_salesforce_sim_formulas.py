"""The formula language of the simulator's calculated fields and validation rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from salesforce_box import WORLD
from sfspiris.sandbox.kernel.app import start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.formula import Moment, checked, compiled
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.salesforce.soql.run import Run


@pytest.fixture(scope="module")
def won() -> Moment:
    """The won deal of the world, before it was: it had another stage and amount."""
    simulator = SalesforceSimulator(Clock(), Records())
    start_over(simulator, WORLD)
    run = Run(simulator.store, simulator.org.calendar(), "62.0", lambda *_: None)
    (row,) = (row for row in simulator.records.all("Opportunity") if row["IsWon"])
    old = {**row, "StageName": "Prospecting", "Amount": Decimal(100)}
    return Moment(run, simulator.org.schema["Opportunity"], row, old)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3 - 4 / 2", Decimal(5)),
        ("-(2 + 3) * 2", Decimal(-10)),
        ("1 / 0", None),
        ("'a' & \"b\" & TEXT(1.50)", "ab1.5"),
        ("Name", "Won deal"),
        ("Account.Owner.FirstName", "Sara"),
        ("PO_Number__c", None),
        ("BLANKVALUE(PO_Number__c, 'none')", "none"),
        ("PO_Number__c + 1", Decimal(1)),
        ("CloseDate - DATE(2026, 11, 1)", Decimal(17)),
        ("CloseDate + 2", date(2026, 11, 20)),
        ("TODAY() - CloseDate", Decimal(2)),
        ("YEAR(CloseDate) * 100 + MONTH(CloseDate)", Decimal(202611)),
        ("IF(Amount > 10000, 'big', 'small')", "big"),
        ("CASE(StageName, 'Closed Won', 1, 'Closed Lost', 2, 3)", Decimal(1)),
        ("CASE(StageName, 'x', 1, 3)", Decimal(3)),
        ("AND(IsWon, Amount >= 13364, NOT(ISBLANK(Account.Name)))", True),
        ("OR(IsWon = FALSE, ISPICKVAL(StageName, 'Closed Won'))", True),
        ("IsWon && !IsClosed || Name <> 'Won deal'", False),
        ("ISCHANGED(StageName)", True),
        ("ISCHANGED(Name)", False),
        ("PRIORVALUE(Amount)", Decimal(100)),
        ("ISNEW()", False),
        ("PO_Number__c = ''", True),
        ("PO_Number__c > 5", False),
        ("Handled_By__r.LastName = null", True),
        ("LEFT(Name, 3) & RIGHT(Name, 4)", "Wondeal"),
        ("CONTAINS(LOWER(Name), 'won') && BEGINS(Name, 'Won')", True),
        ("LEN(TRIM('  ab '))", Decimal(2)),
        ("MAX(1, 3, 2) + MIN(4, 5) + ABS(-1) + FLOOR(1.9) + CEILING(1.1)", Decimal(11)),
        ("ROUND(2.345, 2)", Decimal("2.35")),
        ("VALUE('12') + 1", Decimal(13)),
        ("SUBSTITUTE(Name, 'deal', 'x') /* a comment */", "Won x"),
    ],
)
def test_a_formula_has_this_value(won: Moment, formula: str, value: Any) -> None:
    assert compiled(formula)(won) == value


@pytest.mark.parametrize("formula", ["1 +", "AND(", "Name Name", "@", ""])
def test_a_formula_that_cannot_be_read_is_refused_with_its_place(formula: str) -> None:
    with pytest.raises(SandboxError, match=r"The formula of Account.Foo__c cannot be read"):
        checked(formula, "Account.Foo__c")


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(SandboxError, match="no formula function REGEX"):
        checked("REGEX(Name, 'x')", "Account.Foo__c")

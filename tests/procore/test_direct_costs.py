"""Direct costs brought about in a simulated Procore, whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.errors import ConfigError, ProcoreUnavailableError
from qbsync.model.costs import DirectCost, DirectCostLine
from qbsync.procore.costs import bring_about


@pytest.fixture
def made(company):
    """Makes the direct cost of a number, with a line for each amount."""
    company.state.create_line_item_type("Labor", "L", "labor")
    company.state.create_line_item_type("Other", "O", "other")

    def make(number, *amounts, **changes):
        lines = tuple(
            DirectCostLine(
                mark=f"T-{number}|L-{place}",
                cost_code_id=str(company.project_code.id),
                amount=Decimal(amount),
                description=f"Line {place}",
            )
            for place, amount in enumerate(amounts, start=1)
        )
        cost = DirectCost(
            mark=f"T-{number}|J-1",
            type="invoice",
            day="2026-05-08",
            description=f"Check {number}",
            number=str(number),
            vendor_id=str(company.vendor.id),
            lines=lines,
        )
        return replace(cost, **changes)

    return make


def figures(company):
    """Each direct cost's origin id and the amounts of its lines."""
    costs = company.state.direct_costs
    return {cost.origin_id: [line.amount for line in costs.lines(cost.id)] for cost in costs.all()}


def test_direct_costs_are_made_with_their_lines(client, company, made):
    """Header, lines and cost type arrive; the origin id, which locks it, is set last."""
    assert bring_about(client, str(company.project.id), [made(1, "12.50", "-0.01"), made(2, "3")]) == []
    assert figures(company) == {"T-1|J-1": [Decimal("12.50"), Decimal("-0.01")], "T-2|J-1": [Decimal(3)]}
    [first, _] = company.state.direct_costs.all()
    assert (first.status, first.vendor_id, first.invoice_number) == ("approved", company.vendor.id, "1")
    [line, _] = company.state.direct_costs.lines(first.id)
    assert company.state.type_table.get(line.line_item_type_id).base_type == "other"


def test_what_is_there_already_costs_one_call(client, server, company, made):
    """A second pass lists and writes nothing."""
    wanted = [made(1, "12.50")]
    bring_about(client, str(company.project.id), wanted)
    before = len(server.log)
    assert bring_about(client, str(company.project.id), wanted) == []
    assert len(server.log) - before == 1


def test_changes_and_removals_are_followed(client, company, made):
    """A locked one is unlocked, changed and locked again; a line that goes comes to zero; one goes whole."""
    project = str(company.project.id)
    bring_about(client, project, [made(1, "12.50", "7.00"), made(2, "3")])
    assert bring_about(client, project, [made(1, "12.51", description="Check 1, corrected")]) == []
    assert figures(company) == {"T-1|J-1": [Decimal("12.51"), Decimal(0)]}
    assert company.state.direct_costs.all()[0].description == "Check 1, corrected"


def test_what_people_entered_stays(client, company, made):
    """A direct cost that is none of ours is neither changed nor removed."""
    own = company.state.direct_costs.create(company.project.id, origin_data="{not ours")
    bring_about(client, str(company.project.id), [made(1, "1")])
    bring_about(client, str(company.project.id), [])
    assert company.state.direct_costs.all() == [own]


class Dying:
    """A client whose nth bulk update is the last thing it does, before or after Procore did it."""

    def __init__(self, client, nth, *, after):
        self.client, self.left, self.after = client, nth, after
        self.company_id, self.get_all, self.delete = client.company_id, client.get_all, client.delete

    def sync(self, *arguments):
        """The bulk update, if it is not the last."""
        self.left -= 1
        if self.left:
            return self.client.sync(*arguments)
        if self.after:
            list(self.client.sync(*arguments))
        raise ProcoreUnavailableError("The line went dead.")


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [True, False])
def test_whatever_is_lost_on_the_way_nothing_doubles(client, company, made, nth, after):
    """Each bulk update in turn is lost before or after Procore did it; the next pass ends with the same."""
    project = str(company.project.id)
    bring_about(client, project, [made(1, "7.00", "8.00")])
    wanted = [made(1, "12.50"), made(2, "3", "4")]
    with pytest.raises(ProcoreUnavailableError):
        bring_about(Dying(client, nth, after=after), project, wanted)
    assert bring_about(client, project, wanted) == []
    assert figures(company) == {
        "T-1|J-1": [Decimal("12.50"), Decimal(0)],
        "T-2|J-1": [Decimal(3), Decimal(4)],
    }


def test_a_refused_line_keeps_its_direct_cost_open(client, company, made):
    """Procore's words are given, the others are complete, and the next pass tries that one again."""
    bad = made(1, "12.50")
    bad = replace(bad, lines=(replace(bad.lines[0], cost_code_id="999"),))
    [refusal] = bring_about(client, str(company.project.id), [bad, made(2, "3")])
    assert "must exist" in refusal
    assert set(figures(company)) == {None, "T-2|J-1"}
    assert bring_about(client, str(company.project.id), [made(1, "12.50"), made(2, "3")]) == []
    assert set(figures(company)) == {"T-1|J-1", "T-2|J-1"}


def test_a_cost_type_that_procore_lacks_is_named(client, company, made):
    """The option's value is in the words, and nothing was written."""
    with pytest.raises(ConfigError, match="'Nonsense'"):
        bring_about(client, str(company.project.id), [made(1, "1")], cost_type="Nonsense")
    assert company.state.direct_costs.all() == []


def test_a_cost_type_is_found_by_name_or_abbreviation(client, company, made):
    """The option takes either, whatever its case."""
    for number, name in ((1, "labor"), (2, "l")):
        wanted = [made(one, "1") for one in range(1, number + 1)]
        assert bring_about(client, str(company.project.id), wanted, cost_type=name) == []
    costs = company.state.direct_costs
    types = [costs.lines(cost.id)[0].line_item_type_id for cost in costs.all()]
    assert {company.state.type_table.get(one).name for one in types} == {"Labor"}


def test_what_two_processes_made_twice_is_there_once_afterwards(client, company, made):
    """Of two direct costs with one mark the complete one stays and the other goes."""
    project = str(company.project.id)
    wanted = [made(1, "12.50")]
    bring_about(client, project, wanted)
    [complete] = company.state.direct_costs.all()
    company.state.direct_costs.create(company.project.id, origin_data=complete.origin_data)
    assert bring_about(client, project, wanted) == []
    assert company.state.direct_costs.all() == [complete]
    assert figures(company) == {"T-1|J-1": [Decimal("12.50")]}

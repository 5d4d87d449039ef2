"""Estimates, asked for by messages written by hand."""

from __future__ import annotations

import pytest

ADD = "<EstimateAddRq><EstimateAdd>{}{}</EstimateAdd></EstimateAddRq>"
JOB = "<CustomerRef><FullName>Vortex:Plaza</FullName></CustomerRef>"
ITEM = "<ItemRef><FullName>01</FullName></ItemRef>"
USES = "JobsAndEstimatesPreferences/IsUsingEstimates"


def line(fields):
    """A line of an Add."""
    return f"<EstimateLineAdd>{fields}</EstimateLineAdd>"


@pytest.fixture
def estimate(ask, company):
    """An estimate of the job: 10.00 and 20.00."""
    ask(ADD.format(JOB, line(ITEM + "<Amount>10.00</Amount>") + line(ITEM + "<Amount>20.00</Amount>")))
    return company.estimates()[0]


@pytest.fixture
def mod(ask, company):
    """Sends an EstimateMod of the only estimate and answers its status code."""

    def send(fields):
        held = company.estimates()[0]
        head = f"<TxnID>{held.txn_id}</TxnID><EditSequence>{held.edit_sequence}</EditSequence>"
        answer = ask(f"<EstimateModRq><EstimateMod>{head}{fields}</EstimateMod></EstimateModRq>")
        return int(answer[0].get("statusCode"))

    return send


def named(line_id, fields=""):
    """A line of a Mod."""
    return f"<EstimateLineMod><TxnLineID>{line_id}</TxnLineID>{fields}</EstimateLineMod>"


def test_0_is_an_estimate_with_a_number_of_its_own(ask):
    """Without RefNumber QuickBooks counts; a line has amount and rate, the answer the total."""
    answer = ask(ADD.format(JOB, line(ITEM + "<Quantity>4</Quantity><Rate>2.5</Rate><Other1>mark</Other1>")))[
        0
    ]
    ret = answer.find("EstimateRet")
    assert (answer.get("statusCode"), ret.findtext("RefNumber")) == ("0", "1")
    assert (ret.findtext("TotalAmount"), ret.findtext("IsActive")) == ("10.00", "true")
    assert ret.findtext("EstimateLineRet/Other1") == "mark"
    assert ret.findtext("CustomerRef/FullName") == "Vortex:Plaza"


@pytest.mark.parametrize(
    ("status", "head", "lines"),
    [
        (
            1030,
            JOB,
            "<EstimateLineGroupAdd><ItemGroupRef><FullName>G</FullName></ItemGroupRef></EstimateLineGroupAdd>",
        ),
        (3070, JOB + "<RefNumber>123456789012</RefNumber>", line(ITEM)),
        (3070, JOB, line(ITEM + f"<Other1>{'x' * 30}</Other1>")),
        (3140, "<CustomerRef><FullName>Vortex:Tower</FullName></CustomerRef>", line(ITEM)),
        (3140, JOB, line("<ItemRef><FullName>99</FullName></ItemRef>")),
        (3180, JOB, line("<Quantity>1</Quantity>")),
        (3180, JOB, line("<Desc>words</Desc><Amount>1.00</Amount>")),
    ],
    ids=["group", "number", "mark", "job", "item", "empty", "amount without item"],
)
def test_what_an_estimate_cannot_be(code, company, status, head, lines):
    """Each fault has its own status, and there is no estimate."""
    assert code(ADD.format(head, lines)) == status
    assert company.estimates() == []


def test_3250_is_an_estimate_where_they_are_off(code, company, estimate, mod):
    """Neither Add nor Mod goes while the preference is off; the estimate that is there stays."""
    company.human.set_preference(USES, "false")
    assert code(ADD.format(JOB, line(ITEM))) == 3250
    assert mod("<Memo>x</Memo>") == 3250
    assert company.estimates() == [estimate]


def test_a_mod_without_lines_leaves_them(company, estimate, mod):
    """Header fields change; lines, their ids and the total stay."""
    assert mod("<IsActive>false</IsActive><Memo>ours</Memo>") == 0
    [changed] = company.estimates()
    assert (changed.memo, changed.is_active, changed.lines) == ("ours", False, estimate.lines)


def test_a_mod_lists_every_line_again(company, estimate, mod):
    """What is named stays or changes, what is not is gone, and a new line stands last."""
    first, second = (one.txn_line_id for one in estimate.lines)
    new = named("-1", ITEM + "<Amount>7.00</Amount>")
    assert mod(named(first) + named(second, "<Amount>21.00</Amount>") + new) == 0
    assert [str(one.amount) for one in company.estimates()[0].lines] == ["10.00", "21.00", "7.00"]
    assert mod(named(second)) == 0
    [changed] = company.estimates()
    assert [(one.txn_line_id, str(one.amount)) for one in changed.lines] == [(second, "21.00")]
    assert str(changed.total) == "21.00"


def test_a_new_line_before_an_old_one_is_refused(company, estimate, mod):
    """New lines stand after existing ones in an EstimateMod: 3180, and nothing changes."""
    lines = named("-1", ITEM + "<Amount>7.00</Amount>") + "".join(
        named(one.txn_line_id) for one in estimate.lines
    )
    assert mod(lines) == 3180
    assert company.estimates() == [estimate]


def test_what_a_mod_of_an_estimate_cannot_do(ask, company, estimate, mod, clock):
    """An unknown line or item, a group, no lines left, an old EditSequence."""
    first = estimate.lines[0].txn_line_id
    assert mod(named("9999-1")) == 3120
    assert mod(named(first) + named(first)) == 3120
    assert mod(named(first, "<ItemRef><FullName>99</FullName></ItemRef>")) == 3140
    assert mod("<EstimateLineGroupMod><TxnLineID>-1</TxnLineID></EstimateLineGroupMod>") == 1030
    assert mod("<CustomerRef><FullName></FullName></CustomerRef>") == 3150
    clock.tick()
    company.human.edit_estimate(estimate.txn_id, PONumber="77")
    head = f"<TxnID>{estimate.txn_id}</TxnID><EditSequence>{estimate.edit_sequence}</EditSequence>"
    answer = ask(f"<EstimateModRq><EstimateMod>{head}<Memo>x</Memo></EstimateMod></EstimateModRq>")[0]
    assert answer.get("statusCode") == "3200"
    assert [one.lines for one in company.estimates()] == [estimate.lines]


def test_estimates_of_a_job_are_found_with_their_lines(ask, estimate):
    """By job; lines only where asked for; another customer's query finds nothing."""
    query = "<EstimateQueryRq><EntityFilter><FullName>{}</FullName></EntityFilter>{}</EstimateQueryRq>".format
    ret = ask(query("Vortex:Plaza", "<IncludeLineItems>true</IncludeLineItems>"))[0].find("EstimateRet")
    assert (ret.findtext("TxnID"), len(ret.findall("EstimateLineRet"))) == (estimate.txn_id, 2)
    assert ask(query("Vortex:Plaza", ""))[0].find("EstimateRet/EstimateLineRet") is None
    assert ask(query("Vortex", ""))[0].get("statusCode") == "1"

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import NotFoundError
from qbsync.flows import doctor
from qbsync.model.jobs import JobEvent
from qbsync.model.names import Known, ListKind
from qbsync.model.records import RecordKind, Vendor
from qbsync.store import connections, project_codes, troubles
from qbsync.store.secrets import Keeper, new_key

ESTIMATES = "JobsAndEstimatesPreferences/IsUsingEstimates"
ORDERS = "PurchasesAndVendorsPreferences/IsUsingInventory"
SEEN = {"confirmed": True, "name": "Harbor Builders", "path": "C:\\Books\\harbor.qbw"}
RETAINAGE = Known(list=ListKind.ITEM, list_id="I-9", full_name="Retainage", type="Service")


@pytest.fixture
def well(acme):
    """The connection with nothing wrong."""
    acme.know(RETAINAGE)
    acme.set(retainage_item="Retainage")
    change(
        acme,
        last_contact_at=acme.now,
        company_seen={**SEEN, "preferences": {ESTIMATES: "true", ORDERS: "true"}},
    )
    return acme


def change(acme, **columns):
    """Set columns of the connection's row."""
    with acme.database.write() as tx:
        row = connections.get(tx, acme.id)
        for name, value in columns.items():
            setattr(row, name, value)


def checks(acme):
    """Every check of the connection."""
    with acme.database.read() as tx:
        return doctor.of_connection(tx, "acme", acme.now)


def problems(acme):
    """The names of what is not well; each must say what to do."""
    found = [check for check in checks(acme) if not check.ok]
    assert all(check.fix for check in found)
    return [check.name for check in found]


def said(acme, name):
    """What the check of that name says, and what to do."""
    (check,) = [check for check in checks(acme) if check.name == name]
    return check.message, check.fix


def test_a_connection_that_is_well_has_no_problem(well):
    """Each thing is looked at and named all the same."""
    assert problems(well) == []
    assert [check.name for check in checks(well)] == [
        "writing",
        "web_connector",
        "company_file",
        "procore_reading",
        "webhooks",
        "lists",
        "cost_code_income_account",
        "retainage_item",
        "estimates",
        "purchase_orders",
        "payments",
        "costs",
        "drift",
        "jobs_failed",
        "jobs_in_doubt",
        "writebacks_refused",
    ]


def test_a_new_connection_lacks_what_the_web_connector_brings(acme):
    """Before the first session: contact, company file, lists, preferences, and a choice of a person."""
    change(acme, names_at=None)
    assert problems(acme) == [
        "web_connector",
        "company_file",
        "lists",
        "retainage_item",
        "estimates",
        "purchase_orders",
    ]
    assert "qbsync qwc acme" in said(acme, "web_connector")[1]
    assert "retainage_item=" in said(acme, "retainage_item")[1]


def test_an_unknown_connection_is_not_found(acme):
    """As every command says it."""
    with acme.database.read() as tx, pytest.raises(NotFoundError):
        doctor.of_connection(tx, "other", acme.now)


@pytest.mark.parametrize(
    ("columns", "name", "words"),
    [
        ({"stopped": "The company file changed."}, "writing", "The company file changed."),
        ({"pull_error": "Procore is away."}, "procore_reading", "Procore is away."),
    ],
)
def test_what_stops_a_connection_is_said(well, columns, name, words):
    """A stop and a failed reading, in their own words."""
    change(well, **columns)
    assert problems(well) == [name]
    assert words in said(well, name)[0]


def test_a_pause_is_said_with_how_to_resume(well):
    """Someone may have forgotten it."""
    change(well, paused_at=well.now)
    assert problems(well) == ["writing"]
    assert said(well, "writing")[1] == "qbsync connection resume acme"


@pytest.mark.parametrize(("minutes", "late"), [(45, False), (46, True)])
def test_the_web_connector_is_silent_after_three_missed_calls(well, minutes, late):
    """It is to call every 15 minutes."""
    change(well, last_contact_at=well.now - timedelta(minutes=minutes))
    assert problems(well) == (["web_connector"] if late else [])


def test_a_short_interval_is_given_ten_minutes():
    """A call every minute that fails to come thrice may be one slow answer."""
    assert doctor.patience(1) == timedelta(minutes=10)
    assert doctor.patience(15) == timedelta(minutes=45)


@pytest.mark.parametrize(
    ("option", "kind", "type_"),
    [
        ("project_customer", ListKind.CUSTOMER, ""),
        ("cost_code_income_account", ListKind.ACCOUNT, "Income"),
        ("cost_code_expense_account", ListKind.ACCOUNT, "CostOfGoodsSold"),
        ("retainage_item", ListKind.ITEM, "Service"),
        ("ap_account", ListKind.ACCOUNT, "AccountsPayable"),
        ("default_vendor_type", ListKind.VENDOR_TYPE, ""),
        ("default_terms", ListKind.TERMS, ""),
    ],
)
def test_what_an_option_names_must_be_there_active_and_fit(well, option, kind, type_):
    """Missing, of a type that fits nothing, inactive, and at last as it should be."""
    well.set(**{option: "The One"})
    assert problems(well) == [option]
    assert "QuickBooks has no" in said(well, option)[0]
    if type_:
        well.know(Known(list=kind, list_id="X-1", full_name="The One", type="Bank"))
        assert "has to be" in said(well, option)[0]
    well.know(Known(list=kind, list_id="X-1", full_name="The One", type=type_, active=False))
    assert "inactive" in said(well, option)[0]
    well.know(Known(list=kind, list_id="X-1", full_name="The One", type=type_))
    assert problems(well) == []


@pytest.mark.parametrize(("path", "name"), [(ESTIMATES, "estimates"), (ORDERS, "purchase_orders")])
def test_preferences_that_are_off_are_said(well, path, name):
    """With the way through QuickBooks' menus."""
    held = {ESTIMATES: "true", ORDERS: "true", path: "false"}
    change(well, company_seen={**SEEN, "preferences": held})
    assert problems(well) == [name]
    assert "Preferences" in said(well, name)[1]


def test_troubles_are_said_in_their_own_words(well):
    """Each with its guidance."""
    with well.database.write() as tx:
        troubles.keep(tx, well.id, "project 5", message="No access.", guidance="Grant it.", now=well.now)
    assert problems(well) == ["trouble"]
    assert said(well, "trouble") == ("project 5: No access.", "Grant it.")


def test_jobs_that_failed_or_are_in_doubt_are_counted(well):
    """With the command that lists them."""
    well.see(*(Vendor(procore_id=str(at), name=f"Vendor {at}") for at in (1, 2, 3)))
    first, second, third = (job.id for job in well.jobs())
    well.move(first, JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL)
    well.move(second, JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL)
    well.move(third, JobEvent.ACCEPT, JobEvent.SEND, JobEvent.LOSE)
    assert problems(well) == ["jobs_failed", "jobs_in_doubt"]
    assert said(well, "jobs_failed")[0].startswith("2 jobs")
    assert said(well, "jobs_in_doubt")[0].startswith("1 job:")
    assert well.job("1").kind == RecordKind.VENDOR.value


def test_a_secret_of_another_key_is_a_problem(acme):
    """The right key reads it, another does not."""
    keeper = Keeper(new_key())
    change(acme, client_secret=keeper.seal("secret"))
    assert doctor.of_secret(acme.row(), keeper).ok
    other = doctor.of_secret(acme.row(), Keeper(new_key()))
    assert not other.ok
    assert "QBSYNC_SECRET_KEY" in other.fix


def test_signing_in_is_one_call(client, server):
    """A company we may read is well; what Procore refuses is said in its words."""
    assert doctor.of_sign_in(client).ok
    assert {call: count for call, count in server.calls.items() if "/rest/" in call} == {
        "GET /rest/v1.1/projects": 1
    }


def test_a_company_we_may_not_read_is_a_problem(client):
    """As where the app was not installed in that company."""
    client.company_id = "404"
    refused = doctor.of_sign_in(client)
    assert not refused.ok
    assert refused.fix


@pytest.mark.parametrize(("option", "name"), [("payment_minutes", "payments"), ("cost_minutes", "costs")])
def test_what_is_switched_off_is_said_so(well, option, name):
    """Nobody reads "every 0 minutes"."""
    assert "every" in said(well, name)[0]
    well.set(**{option: 0})
    assert f"switched off ({option} is 0)" in said(well, name)[0]
    assert problems(well) == []


def test_a_cost_code_for_the_uncoded_must_be_one_of_the_projects(well):
    """Where no project, or not each, has that code, costs stay out there: the check names how many."""
    well.set(uncoded_cost_code="01-900")
    assert problems(well) == []

    def use(project_id, *codes):
        made = [
            project_codes.ProjectCode(
                procore_id=f"{project_id}{code}", standard_id=code, full_code=code, origin_id=""
            )
            for code in codes
        ]
        with well.database.write() as tx:
            project_codes.put(tx, well.id, project_id, made)

    use("5", "01-010")
    use("6", "01-010")
    assert problems(well) == ["uncoded_cost_code"]
    assert said(well, "uncoded_cost_code")[0].startswith("No project has the cost code '01-900'")
    use("6", "01-900")
    assert said(well, "uncoded_cost_code")[0].startswith("1 of 2 projects lack")
    use("5", "01-900")
    assert problems(well) == []


def test_the_cost_type_of_job_costs_must_be_in_procore(client, server):
    """By name or abbreviation; a wrong one is said with where to find the right ones."""
    server.state.create_line_item_type("Subcontract", "S", "commitment")
    project = str(server.state.create_project("Clinic").id)
    assert doctor.of_cost_type(client, project, "s").ok
    wrong = doctor.of_cost_type(client, project, "Overhead")
    assert not wrong.ok
    assert "'Overhead'" in wrong.message
    assert "job_cost_type" in wrong.fix

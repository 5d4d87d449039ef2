from __future__ import annotations

import pytest

from qbsync.model.options import Options
from qbsync.procore.erp.metadata import metadata


def _entities(**options):
    return metadata(Options(**options))["settings"]["entities"]


@pytest.mark.parametrize(
    ("entity", "field", "length"),
    [
        ("jobs", "name", 41),
        ("vendors", "name", 41),
        ("standard_cost_codes", "code", 31),
        ("commitments", "code", 11),
        ("requisitions", "invoice_number", 20),
        ("vendors", "address", 4 * 41),
        ("vendors", "city", 31),
        ("jobs", "address", 4 * 41),
        ("jobs", "city", 31),
        ("jobs", "state_code", 21),
        ("jobs", "zip", 13),
    ],
)
def test_procore_checks_quickbooks_limits_before_an_export(entity, field, length):
    """The lengths are those of the design; the message names the length."""
    rule = _entities()[entity]["rules"]["export"]["fields"][field]["validation"]["max_length"]
    assert (rule["enabled"], rule["length"]) == (True, length)
    assert "%{length}" in rule["message"]


def test_the_income_account_that_no_option_names_the_approver_must_enter():
    """Procore asks for it before an export, only where the connection has none for all; for nothing else."""

    def needed(**options):
        return {
            field["key"]: field["rules"]["validation"]["present"]["enabled"]
            for entity in _entities(**options).values()
            for field in entity.get("configs", {}).get("export", {}).get("custom_fields", ())
            if "rules" in field
        }

    assert needed() == {"income_account_origin_id": True}
    assert needed(cost_code_income_account="Chosen") == {}


def test_what_qbsync_does_not_export_is_switched_off():
    """Nobody can send what would only be refused."""
    entities = _entities()
    for name in ("sub_jobs", "company_level_direct_costs", "prime_contracts", "payment_applications"):
        assert entities[name] == {"enabled": False}


def test_options_show_in_the_metadata():
    """Duplicate numbers, payments, transactions and Procore Pay follow the connection's options."""
    off = _entities(allow_duplicate_numbers=False, payment_minutes=0)
    on = _entities(cost_transactions=True, payment_account="Checking")
    assert off["commitments"]["configs"]["allow_duplicate_codes"] == {"enabled": False}
    assert off["requisitions"]["configs"]["sync_payments"] == {"enabled": False}
    assert off["contract_payments"]["configs"]["export"] == {"enabled": False}
    assert on["job_cost_transactions"]["configs"]["import"] == {"enabled": True}
    assert on["contract_payments"]["configs"]["export"] == {"enabled": True}


def test_the_approvers_fields_have_the_keys_that_come_back():
    """What a request carries as erp_custom_fields is what the metadata asked for."""
    entities = _entities()
    keys = {
        name: [one["key"] for one in entities[name]["configs"]["export"]["custom_fields"]]
        for name in ("jobs", "vendors", "standard_cost_codes")
    }
    assert keys == {
        "jobs": ["customer"],
        "vendors": ["vendor_type", "terms"],
        "standard_cost_codes": ["income_account_origin_id", "expense_account_origin_id"],
    }

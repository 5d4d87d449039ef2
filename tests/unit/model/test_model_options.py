from __future__ import annotations

from dataclasses import fields

import pytest

from qbsync.errors import ConfigError
from qbsync.model.options import Options
from qbsync.model.records import RecordKind

# The keys of `connection set`, as the design's page lists them.
DESIGN_KEYS = {
    "auto_accept",
    "project_customer",
    "cost_code_income_account",
    "cost_code_expense_account",
    "retainage_item",
    "commitment_line_style",
    "standard_cost_code_list",
    "allow_duplicate_numbers",
    "bill_billable",
    "negative_invoices",
    "cost_types",
    "ap_account",
    "default_vendor_type",
    "default_terms",
    "import_items",
    "payment_minutes",
    "cost_minutes",
    "cost_transactions",
    "poll_seconds",
    "qbwc_minutes",
    "session_lease_seconds",
    "recovery_wait_seconds",
}
# For what Procore leaves undocumented (DESIGN.md: "a setting, where a fact is unverified"), and what its
# words ask for without naming a key: a map of tax codes, a pace of calls, a schedule of drift, an account.
OWN_KEYS = {
    "budget_changes",
    "bill_lines",
    "calls_per_hour",
    "drift_minutes",
    "erp_paths",
    "job_cost_type",
    "payment_account",
    "tax_codes",
    "uncoded_cost_code",
}


def test_the_options_are_the_designs():
    """Each key that the design promises exists, and no other but for what is not documented."""
    assert {f.name for f in fields(Options)} == DESIGN_KEYS | OWN_KEYS


def test_the_defaults_that_the_design_names():
    """The defaults which others rely on are what the design says."""
    options = Options()
    assert options.auto_accept == "none"
    assert options.commitment_line_style == "progress"
    assert options.allow_duplicate_numbers is True
    assert options.negative_invoices == "refuse"
    assert options.session_lease_seconds == 300
    assert options.recovery_wait_seconds == 900


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("project_customer", " Acme Holdings ", "Acme Holdings"),
        ("allow_duplicate_numbers", "FALSE", False),
        ("poll_seconds", "60", 60),
        ("commitment_line_style", "amount", "amount"),
        ("auto_accept", "vendor, cost_code", "vendor,cost_code"),
        ("auto_accept", "all", "all"),
    ],
)
def test_an_option_is_read_from_text(key, text, value):
    """Text from the command line becomes the option's own type, and the original stays as it was."""
    before = Options()
    assert getattr(before.with_value(key, text), key) == value
    assert before == Options()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("poll_minutes", "5"),
        ("poll_seconds", "0"),
        ("poll_seconds", "-1"),
        ("poll_seconds", "\u0665"),
        ("poll_seconds", "soon"),
        ("bill_billable", "yes"),
        ("commitment_line_style", "units"),
        ("negative_invoices", ""),
        ("auto_accept", "vendors"),
        ("auto_accept", " , "),
    ],
)
def test_what_an_option_does_not_take_is_refused_by_name(key, text):
    """The refusal names the key (or lists the keys there are), so that a person can mend the command."""
    with pytest.raises(ConfigError) as caught:
        Options().with_value(key, text)
    assert key in caught.value.message


@pytest.mark.parametrize(
    ("auto_accept", "accepted"),
    [("none", set()), ("all", set(RecordKind)), ("vendor,project", {RecordKind.VENDOR, RecordKind.PROJECT})],
)
def test_auto_accept_covers_the_kinds_it_names(auto_accept, accepted):
    """`all` covers every kind, `none` none, a list its own."""
    options = Options().with_value("auto_accept", auto_accept)
    assert {kind for kind in RecordKind if options.accepts(kind)} == accepted

"""A made-up company, the same for the same seed: what Procore holds, and what QuickBooks holds before."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from anyascii import anyascii

from qbsync.simulator import world_words as words
from qbsync.simulator.procore.rows import ContractKind
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.world_commitments import CodeSpec, CommitmentSpec, make_commitments

LIST_NAME: Final = "QuickBooks Standard Cost Codes"
NAME_LENGTH: Final = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSpec:
    """A company of the directory."""

    name: str
    address: str
    city: str
    state_code: str
    zip: str
    country_code: str
    phone: str
    email: str
    contact: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """A project, and the QuickBooks customer under whom its job belongs."""

    name: str
    number: str
    customer: str
    address: str
    starts: date
    ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """An account of the chart; `type` is QuickBooks' AccountType."""

    full_name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """Both sides before the first sync: Procore full, the company file with its lists but none of ours.

    `quickbooks_customers`, `quickbooks_accounts`, `vendor_types` and `terms` are what the caller puts into
    the company file; the three accounts and two defaults are full names from them, for the connection.
    """

    cost_codes: tuple[CodeSpec, ...]
    vendors: tuple[VendorSpec, ...]
    projects: tuple[ProjectSpec, ...]
    commitments: tuple[CommitmentSpec, ...]
    quickbooks_customers: tuple[str, ...]
    quickbooks_accounts: tuple[AccountSpec, ...]
    vendor_types: tuple[str, ...]
    terms: tuple[str, ...]
    income_account: str
    expense_account: str
    payable_account: str
    default_vendor_type: str
    default_terms: str

    @property
    def uncoded_cost_code(self) -> str:
        """The full code in Procore that takes costs of no item."""
        return "-".join(self._uncoded)

    @property
    def uncoded_item(self) -> str:
        """The item of that code in QuickBooks, by its full name."""
        return ":".join(self._uncoded)

    @property
    def _uncoded(self) -> tuple[str, str]:
        """The last code of the list."""
        last = self.cost_codes[-1]
        return last.division or "", last.code

    def customer_of(self, project_name: str) -> str:
        """The QuickBooks customer of a project; raises KeyError for a name that is not in the world."""
        return {project.name: project.customer for project in self.projects}[project_name]

    def apply(self, state: ProcoreState) -> None:
        """Put everything into a Procore that holds nothing yet, by a person's moves."""
        with state.lock:
            _fill(self, state)

    def furnish(self, company: CompanyFile) -> None:
        """Put into the company file what the firm's books hold before the first sync."""
        human = company.human
        for account in self.quickbooks_accounts:
            parent, _, name = account.full_name.rpartition(":")
            human.add_account(name, account.type, parent=parent)
        for customer in self.quickbooks_customers:
            human.add_customer(customer)
        for vendor_type in self.vendor_types:
            human.add_vendor_type(vendor_type)
        for terms in self.terms:
            human.add_terms(terms)


def build_world(
    seed: int = 7, *, cost_codes: int = 60, vendors: int = 200, projects: int = 5, commitments: int = 40
) -> WorldSpec:
    """Make a company of at least `cost_codes` codes below their divisions and exactly as many of the rest."""
    chance = random.Random(seed)  # noqa: S311  # a made-up company, not a secret
    codes = tuple(_codes(cost_codes))
    jobs = tuple(_project(chance, place) for place in range(projects))
    accounts = (
        AccountSpec(full_name="Construction Income", type="Income"),
        AccountSpec(full_name="Cost of Goods Sold", type="CostOfGoodsSold"),
        AccountSpec(full_name="Cost of Goods Sold:Job Costs & Subs", type="CostOfGoodsSold"),
        AccountSpec(full_name="Accounts Payable", type="AccountsPayable"),
        AccountSpec(full_name="Checking", type="Bank"),
    )
    customers = dict.fromkeys(project.customer for project in jobs)
    return WorldSpec(
        cost_codes=codes,
        vendors=tuple(_vendors(chance, vendors, {key_of(name) for name in customers})),
        projects=jobs,
        commitments=tuple(make_commitments(chance, commitments, codes, (projects, vendors))),
        quickbooks_customers=(*customers, "Walk-in Customer"),
        quickbooks_accounts=accounts,
        vendor_types=("Subcontractor", "Supplier"),
        terms=("Net 30", "Due on receipt"),
        income_account=accounts[0].full_name,
        expense_account=accounts[2].full_name,
        payable_account=accounts[3].full_name,
        default_vendor_type="Subcontractor",
        default_terms="Net 30",
    )


def key_of(name: str) -> str:
    """A name without case, accents and outer blanks: two names of equal keys may clash in QuickBooks."""
    return str(anyascii(unicodedata.normalize("NFC", name))).strip().casefold()


def _codes(count: int) -> Iterator[CodeSpec]:
    each = -(-count // len(words.DIVISIONS))
    for division, title, names in words.DIVISIONS:
        yield CodeSpec(division=None, code=division, name=title)
        for place in range(max(each, len(names))):
            name = names[place] if place < len(names) else f"{title} {place + 1}"
            yield CodeSpec(division=division, code=f"{(place + 1) * 10:03d}", name=name)


def _vendors(chance: random.Random, count: int, taken: set[str]) -> Iterator[VendorSpec]:
    names = _vendor_names(chance, count, taken)
    for place, name in enumerate(names):
        city, state, postal_code, country = words.CITIES[place % len(words.CITIES)]
        second = words.SECOND_LINES[place % len(words.SECOND_LINES)]
        street = chance.choice(words.STREETS)
        yield VendorSpec(
            name=name,
            address=f"{street}\n{second}".rstrip(),
            city=city,
            state_code=state,
            zip=postal_code,
            country_code=country,
            phone=f"510-555-{place % 10_000:04d}",
            email=f"ap{place}@vendor.example",
            contact=(
                chance.choice(("Sam", "Zoë", "D'Arcy", "")),
                chance.choice(("Ortiz", "Müller", "O\u2019Neil")),
            ),
        )


def _vendor_names(chance: random.Random, count: int, taken: set[str]) -> list[str]:
    possible = [
        f"{surname} {trade} {suffix}"
        for surname in words.SURNAMES
        for trade in words.TRADES
        for suffix in words.SUFFIXES
    ]
    chance.shuffle(possible)
    names: list[str] = []
    for name in (*words.AWKWARD_VENDORS, *possible):
        key = key_of(name)
        if key not in taken and len(key) <= NAME_LENGTH and len(names) < count:
            taken.add(key)
            names.append(name)
    if len(names) < count:
        raise ValueError(f"there are words for {len(names)} vendors, not for {count}")
    return names


def _project(chance: random.Random, place: int) -> ProjectSpec:
    name, number, customer = words.PROJECTS[place % len(words.PROJECTS)]
    if place >= len(words.PROJECTS):
        name, number = f"Site {place + 1} Improvements", f"27-{place + 1:03d}"
    starts = date(2026, 1, 5) + timedelta(days=chance.randrange(120))
    return ProjectSpec(
        name=name,
        number=number,
        customer=customer,
        # No commas: Procore's connector forbids them in a project's address (workflows, section 9).
        address=f"{100 + place} Embarcadero\nGate {place + 1}",
        starts=starts,
        ends=starts + timedelta(days=300),
    )


def _fill(world: WorldSpec, state: ProcoreState) -> None:
    erp = state.create_cost_code_list(LIST_NAME, is_erp_list=True)
    state.create_cost_code_list("Procore Default", available_to_use_on_new_projects=False)
    types = [
        state.create_line_item_type("Materials", "M", "materials").id,
        state.create_line_item_type("Commitment", "C", "commitment").id,
        state.create_line_item_type("Other", "O", "other").id,
    ]
    divisions: dict[str | None, int] = {None: 0}
    for code in world.cost_codes:
        row = state.create_standard_cost_code(erp.id, code.code, code.name, divisions[code.division] or None)
        if code.division is None:
            divisions[code.code] = row.id
    vendors = [_add_vendor(state, vendor) for vendor in world.vendors]
    projects = [_add_project(state, project) for project in world.projects]
    for place, commitment in enumerate(world.commitments):
        _add_commitment(state, commitment, projects, vendors, types[place % len(types)])


def _add_vendor(state: ProcoreState, spec: VendorSpec) -> int:
    return state.create_vendor(
        spec.name,
        address=spec.address,
        city=spec.city,
        state_code=spec.state_code,
        zip=spec.zip,
        country_code=spec.country_code,
        business_phone=spec.phone,
        email_address=spec.email,
        contact_first_name=spec.contact[0],
        contact_last_name=spec.contact[1],
    ).id


def _add_project(state: ProcoreState, spec: ProjectSpec) -> tuple[int, dict[tuple[str, ...], int]]:
    project = state.create_project(
        spec.name,
        project_number=spec.number,
        address=spec.address,
        city="Oakland",
        state_code="CA",
        zip="94607",
        start_date=spec.starts,
        completion_date=spec.ends,
        total_value=Decimal("4820000.55"),
    )
    codes = {state.segments(code): code.id for code in state.cost_codes(project.id)}
    # A code of the project's own: no commitment uses it, and nothing of it goes to QuickBooks.
    state.create_cost_code(project.id, "99", "This project's own code")
    return project.id, codes


def _add_commitment(
    state: ProcoreState,
    spec: CommitmentSpec,
    projects: Sequence[tuple[int, dict[tuple[str, ...], int]]],
    vendors: Sequence[int],
    type_id: int,
) -> None:
    project_id, codes = projects[spec.project]
    contract = state.create_commitment(
        spec.kind,
        project_id,
        vendors[spec.vendor],
        number=spec.number,
        title=spec.title,
        description=spec.description,
        accounting_method="unit" if spec.by_unit else "amount",
        contract_date=spec.signed,
        delivery_date=spec.signed + timedelta(days=60) if spec.kind is ContractKind.PURCHASE_ORDER else None,
        payment_terms="Net 30",
        retainage_percent=Decimal(10),
    )
    for line in spec.lines:
        state.create_line(
            contract.id,
            codes[line.code],
            description=line.description,
            line_item_type_id=type_id,
            quantity=line.quantity,
            unit_cost=line.unit_cost,
            uom=line.unit,
            **({"extended_type": "calculated"} if line.amount is None else {"amount": line.amount}),
        )
    state.edit_commitment(contract.id, status=spec.status)

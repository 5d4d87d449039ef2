"""What the made-up firm's books had first: vendors and a job that Procore lacks, and one that it has.

The caller decides what becomes of each: `IMPORTED`, the `JOB` and the twin are wanted on both sides,
`ARCHIVED` stays QuickBooks' own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.world import VendorSpec, WorldSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class BookVendor:
    """A vendor that a bookkeeper entered in QuickBooks."""

    name: str
    street: str
    city: str
    zip: str
    phone: str
    email: str


IMPORTED: Final = (
    BookVendor(
        name="Cove Scaffold Rental",
        street="12 Pier Road",
        city="Oakland",
        zip="94607",
        phone="510-555-7001",
        email="ar@cove.example",
    ),
    BookVendor(
        name="Estuary Soils Laboratory",
        street="880 Mudflat Way",
        city="Alameda",
        zip="94501",
        phone="510-555-7002",
        email="desk@estuary.example",
    ),
    BookVendor(
        name="Façade Survey Bureau",
        street="3 Belvedere Court",
        city="San Rafael",
        zip="94901",
        phone="415-555-7003",
        email="hello@facade.example",
    ),
)
ARCHIVED: Final = BookVendor(
    name="Waterfront Coffee Cart",
    street="1 Pier Road",
    city="Oakland",
    zip="94607",
    phone="510-555-7004",
    email="cart@coffee.example",
)
JOB: Final = "Tidewater Annex"
"""A job under the world's last customer, `Walk-in Customer`."""
_TWIN: Final = "A & B Concrete and Sons"
"""How the bookkeeper spells the world's first vendor."""


def twin(world: WorldSpec) -> tuple[str, VendorSpec]:
    """How the books spell a vendor that Procore has too, and that vendor."""
    return _TWIN, world.vendors[0]


def job(world: WorldSpec) -> str:
    """The full name of the job that Procore lacks."""
    return f"{world.quickbooks_customers[-1]}:{JOB}"


def furnish(company: CompanyFile, world: WorldSpec) -> None:
    """Put all of it into the company file."""
    name, spec = twin(world)
    known = BookVendor(
        name=name,
        street=spec.address.splitlines()[0],
        city=spec.city,
        zip=spec.zip,
        phone=spec.phone,
        email=spec.email,
    )
    for vendor in (*IMPORTED, ARCHIVED, known):
        company.human.add_vendor(
            vendor.name,
            Phone=vendor.phone,
            Email=vendor.email,
            VendorAddress={
                "Addr1": vendor.name,
                "Addr2": vendor.street,
                "City": vendor.city,
                "State": spec.state_code if vendor is known else "CA",
                "PostalCode": vendor.zip,
            },
        )
    company.human.add_customer(
        JOB,
        parent=world.quickbooks_customers[-1],
        ShipAddress={"Addr1": "40 Tidewater Avenue", "City": "Oakland", "State": "CA", "PostalCode": "94601"},
        JobStartDate="2026-03-02",
    )

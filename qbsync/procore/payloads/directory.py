"""Projects and vendors."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from qbsync.model.records import Address, Project, Vendor
from qbsync.procore.payloads.shape import Active, Day, Id, Moment, Payload, Text


class _Addressed(Payload):
    """What has a postal address and a name."""

    id: Id
    name: Text = ""
    address: Text = ""
    city: Text = ""
    state_code: Text = ""
    zip: Text = ""
    country_code: Text = ""
    updated_at: Moment = None
    origin_id: Text = ""

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not self.name:
            raise ValueError("it has no name")
        return self

    def _address(self) -> Address:
        return Address(
            street=self.address,
            city=self.city,
            state=self.state_code,
            postal_code=self.zip,
            country=self.country_code,
        )


class ProjectPayload(_Addressed):
    """A project of the v1.1 list or of a show."""

    active: Active = True
    project_number: Text = ""
    start_date: Day = None
    completion_date: Day = None

    def to_record(self) -> Project:
        """The record."""
        return Project(
            procore_id=self.id,
            name=self.name,
            number=self.project_number,
            address=self._address(),
            start_date=self.start_date,
            completion_date=self.completion_date,
        )


class ContactPayload(Payload):
    """A vendor's primary contact."""

    first_name: Text = ""
    last_name: Text = ""
    email_address: Text = ""


class VendorPayload(_Addressed):
    """A company of the directory, view=extended."""

    is_active: Active = True
    business_phone: Text = ""
    mobile_phone: Text = ""
    fax_number: Text = ""
    email_address: Text = ""
    primary_contact: ContactPayload | None = None

    def to_record(self) -> Vendor:
        """The record.

        `account_number` stays empty: QuickBooks means our account with the vendor, for which Procore
        documents no field (origin_code is the vendor's id in the accounting system, ours to write).
        """
        contact = self.primary_contact or ContactPayload()
        return Vendor(
            procore_id=self.id,
            name=self.name,
            address=self._address(),
            phone=self.business_phone or self.mobile_phone,
            fax=self.fax_number,
            email=self.email_address or contact.email_address,
            contact_first_name=contact.first_name,
            contact_last_name=contact.last_name,
        )

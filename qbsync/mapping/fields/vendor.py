"""The fields of a vendor."""

from __future__ import annotations

from qbsync.model.fields import Field

_LEFT_OUT = "too long: left out, with a warning"
_ADDRESS = "a part that is too long: the whole address is left out, with a warning"

FIELDS = (
    Field(source="the vendor's id, of its link", paths=("ListID",), decision="in a change"),
    Field(
        source="as last read", paths=("EditSequence",), decision="in a change; read again when it is stale"
    ),
    Field(
        source="choice `name`, or `name`",
        paths=("Name",),
        decision="no colon, and unique among customers, vendors, employees and other names: else problem; in "
        "a change QuickBooks keeps its own",
    ),
    Field(source="`name`", paths=("CompanyName",), decision=_LEFT_OUT),
    Field(source="`primary_contact.first_name`", paths=("FirstName",), decision=_LEFT_OUT),
    Field(source="`primary_contact.last_name`", paths=("LastName",), decision=_LEFT_OUT),
    Field(
        source="`name`, then `address`",
        paths=tuple(f"VendorAddress/Addr{number}" for number in range(1, 6)),
        decision=_ADDRESS,
    ),
    Field(source="`city`", paths=("VendorAddress/City",), decision=_ADDRESS),
    Field(source="`state_code`", paths=("VendorAddress/State",), decision=_ADDRESS),
    Field(source="`zip`", paths=("VendorAddress/PostalCode",), decision=_ADDRESS),
    Field(source="`country_code`", paths=("VendorAddress/Country",), decision=_ADDRESS),
    Field(source="`business_phone`, else `mobile_phone`", paths=("Phone",), decision=_LEFT_OUT),
    Field(source="`fax_number`", paths=("Fax",), decision=_LEFT_OUT),
    Field(
        source="`email_address`, else `primary_contact.email_address`", paths=("Email",), decision=_LEFT_OUT
    ),
    Field(source="the contact's first and last name", paths=("Contact",), decision=_LEFT_OUT),
    Field(
        source="`name`, where QuickBooks' list calls it otherwise", paths=("NameOnCheck",), decision=_LEFT_OUT
    ),
    Field(
        source="the vendor's own number for us",
        paths=("AccountNumber",),
        decision="stays empty on the direct feed: Procore documents no field for it",
    ),
    Field(
        source="choice `vendor_type`, or option `default_vendor_type`",
        paths=("VendorTypeRef",),
        decision="an active vendor type, else problem; in a change only where it is chosen anew",
    ),
    Field(
        source="choice `terms`, or option `default_terms`",
        paths=("TermsRef",),
        decision="active standard terms, else problem; in a change only where they are chosen anew",
    ),
    Field(source="our mark", paths=("ExternalGUID",), decision="when it is added"),
)
"""What VendorAdd and VendorMod carry."""

"""The fields of a project."""

from __future__ import annotations

from qbsync.model.fields import Field

_ADDRESS = "a part that is too long: the whole address is left out, with a warning"

FIELDS = (
    Field(source="the job's id, of its link", paths=("ListID",), decision="in a change"),
    Field(
        source="as last read", paths=("EditSequence",), decision="in a change; read again when it is stale"
    ),
    Field(
        source="choice `name`, or `name`",
        paths=("Name",),
        decision="too long, or a colon: problem; in a change QuickBooks keeps its own",
    ),
    Field(
        source="choice `customer`, or option `project_customer`",
        paths=("ParentRef",),
        decision="an active customer, asked at accept; the whole path has at most 209 characters and 5 "
        "levels; in a change only where it is chosen anew",
    ),
    Field(
        source="`name`, then `address`",
        paths=tuple(f"ShipAddress/Addr{number}" for number in range(1, 6)),
        decision=_ADDRESS,
    ),
    Field(source="`city`", paths=("ShipAddress/City",), decision=_ADDRESS),
    Field(source="`state_code`", paths=("ShipAddress/State",), decision=_ADDRESS),
    Field(source="`zip`", paths=("ShipAddress/PostalCode",), decision=_ADDRESS),
    Field(source="`country_code`", paths=("ShipAddress/Country",), decision=_ADDRESS),
    Field(source="`start_date`", paths=("JobStartDate",), decision="none: left out"),
    Field(source="`completion_date`", paths=("JobProjectedEndDate",), decision="none: left out"),
    Field(source="`project_number`", paths=("JobDesc",), decision="too long: left out, with a warning"),
    Field(source="our mark", paths=("ExternalGUID",), decision="when it is added"),
)
"""What CustomerAdd and CustomerMod carry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbsync.qbxml.agreement import agrees_with
from qbsync.qbxml.requests import Request

HELD = """<CustomerRet><ListID>1</ListID><EditSequence>9</EditSequence><Name>Tower</Name>
<IsActive>true</IsActive><ParentRef><FullName>Owner Inc</FullName></ParentRef><Balance>10.50</Balance>
<Sublevel>1</Sublevel><JobStartDate>2026-03-02</JobStartDate><Notes>first\r
second </Notes></CustomerRet>"""


@pytest.mark.parametrize(
    ("wanted", "same"),
    [
        ({"Name": "Tower"}, True),
        ({"Name": "tower"}, False),
        ({"ListID": "2", "EditSequence": "1", "ExternalGUID": "0"}, True),
        ({"ParentRef": {"FullName": "OWNER INC"}}, True),
        ({"ParentRef": {"FullName": "Another"}}, False),
        ({"IsActive": True}, True),
        ({"IsActive": False}, False),
        ({"Balance": Decimal("10.5")}, True),
        ({"Balance": Decimal("10.51")}, False),
        ({"Sublevel": 1}, True),
        ({"OpenBalance": Decimal(0)}, False),
        ({"JobStartDate": date(2026, 3, 2)}, True),
        ({"JobStartDate": date(2026, 3, 3)}, False),
        ({"Notes": "first\nsecond"}, True),
        ({"Phone": ""}, True),
        ({"Phone": "1"}, False),
    ],
)
def test_what_a_mod_would_write_is_compared_by_meaning(ret, wanted, same):
    """Zeros, line breaks and the case of full names do not matter; everything else that we own does."""
    request = Request(name="CustomerModRq", body={"CustomerMod": wanted})
    assert agrees_with(request, ret(HELD)) is same

"""The fields of the retainage item."""

from __future__ import annotations

from qbsync.model.fields import Field

FIELDS = (
    Field(source="the name that was asked for", paths=("Name",), decision="too long, or a colon: problem"),
    Field(source="always what it is for", paths=("SalesOrPurchase/Desc",)),
    Field(
        source="choice `account`",
        paths=("SalesOrPurchase/AccountRef",),
        decision="an active account of type OtherCurrentLiability or LongTermLiability; asked at accept",
    ),
    Field(source="our mark", paths=("ExternalGUID",)),
)
"""What ItemServiceAdd carries."""

"""QuickBooks' status codes from 3100: names, references, locks, rights, recovery; and the ambiguous ones.

The codes and their policies are those of the reference, qbwc-and-qbxml.md, section 4; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice, table

_RETRY: Final = "Then choose Retry on the job's page in qbsync."
_WAIT: Final = "There is nothing to do: the job is tried again by itself."
_GRANTS: Final = "Edit, Preferences, Integrated Applications, Company Preferences"

RULES: Final[Mapping[str, Advice]] = table(
    advice(
        *("3100", Policy.PERMANENT, Actor.BOOKKEEPER, "The name is taken"),
        "QuickBooks already has this name in the same list, or among the customers, vendors, employees and "
        "other "
        "names, which share their names. An inactive record counts as well.",
        "Look the name up in QuickBooks; in the Customer, Vendor and Employee Centers show the inactive ones "
        "too.",
        "If it is the same vendor, item or job: link it with Link on the job's page instead of creating it.",
        "If it is something else: rename one of the two, or accept the job in qbsync under another name, "
        "such as "
        "the name followed by (V) for a vendor.",
        _RETRY,
    ),
    advice(
        *("3120", Policy.REREAD, Actor.BOOKKEEPER, "The record is gone from QuickBooks"),
        "The record that qbsync linked to was deleted in QuickBooks or merged into another.",
        "qbsync reads it again and tries once more by itself.",
        "If it fails again: unlink the record in qbsync, then link it to the one that took its place, or let "
        "it "
        "be created anew.",
    ),
    advice(
        *("3140", Policy.PERMANENT, Actor.BOOKKEEPER, "It names something QuickBooks does not have"),
        "The record refers to a vendor, item, job, account, class, terms or tax code that QuickBooks does "
        "not know "
        "by that name. QuickBooks' message says which.",
        "If that record is itself waiting in qbsync, let it be synced first.",
        "If the name comes from a setting, such as an account, compare it with QuickBooks letter by letter "
        "(sub-accounts are written Parent:Child), and make sure that it is active.",
        _RETRY,
    ),
    advice(
        *("3150", Policy.PERMANENT, Actor.SUPPORT, "Something required is missing"),
        "QuickBooks needs a field that the request does not have; its message says which.",
        "See whether that field is empty on the record in Procore, and fill it in there.",
        "If it is not, report it with the qbXML from the job's page.",
    ),
    advice(
        *("3160", Policy.PERMANENT, Actor.BOOKKEEPER, "It is in use and cannot be deleted"),
        "QuickBooks keeps the record because transactions or other records refer to it.",
        "Make it inactive in QuickBooks instead, or delete what refers to it first.",
    ),
    advice(
        *("3170", Policy.PERMANENT, Actor.BOOKKEEPER, "QuickBooks did not take the change"),
        "QuickBooks refused to change the record; its message says why.",
        "Open the record in QuickBooks and try the same change by hand: QuickBooks then tells you in full.",
        _RETRY,
    ),
    advice(
        *("3171", Policy.PERMANENT, Actor.QUICKBOOKS_ADMIN, "The books are closed for that date"),
        "The date of the transaction lies before the closing date of the company file.",
        "Either change the date of the record in Procore to one in the open period,",
        "or move the closing date: Edit, Preferences, Accounting, Company Preferences, Set Date/Password.",
        _RETRY,
    ),
    advice(
        *("3175", Policy.TRANSIENT, Actor.NOBODY, "Someone has it open"),
        "Somebody is editing this record in QuickBooks right now.",
        _WAIT,
        "If it stays so, save and close the record on every PC.",
    ),
    advice(
        *("3176", Policy.TRANSIENT, Actor.NOBODY, "Something that belongs to it is open"),
        "Somebody is editing a record that this one refers to, or QuickBooks could not lock it.",
        _WAIT,
        "If it stays so, close the windows of the vendor, job, item and purchase order on every PC.",
    ),
    advice(
        *("3177", Policy.PERMANENT, Actor.SUPPORT, "Linked twice to the same transaction"),
        "The request names the same purchase order twice where QuickBooks takes it once. Nothing was saved.",
        "Report it with the qbXML from the job's page.",
    ),
    advice(
        *("3180", Policy.PERMANENT, Actor.BOOKKEEPER, "QuickBooks could not save it"),
        "QuickBooks refused to save the record; its message says why. Usual reasons: a transaction without "
        "lines "
        "or amounts, an account that was deleted or made inactive, or a warning that QuickBooks wants "
        "confirmed.",
        "Enter the same record in QuickBooks by hand without saving: it shows the reason in full.",
        "Correct that. " + _RETRY,
    ),
    advice(
        *("3200", Policy.REREAD, Actor.NOBODY, "It was changed in QuickBooks meanwhile"),
        "Somebody changed the record in QuickBooks after qbsync had read it, so that nothing of theirs was "
        "lost.",
        "There is nothing to do: qbsync reads it again and sends the change once more.",
    ),
    advice(
        *("3210", Policy.PERMANENT, Actor.BOOKKEEPER, "A value breaks a rule of QuickBooks"),
        "The value has the right form, but QuickBooks does not allow it here; its message names the field.",
        "Enter the same value in QuickBooks by hand to see the rule, and correct it in Procore or in the "
        "settings "
        "of the connection.",
        _RETRY,
    ),
    advice(
        *("3220", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "qbsync may not do this"),
        "The company file does not give qbsync the right to do this.",
        f"Log in to QuickBooks as Admin in single-user mode and open {_GRANTS}.",
        "Select qbsync, choose Properties, and tick both Allow this application to read and modify this "
        "company "
        "file and Allow this application to login automatically.",
        "Clear Don't allow any applications to access this company file.",
    ),
    advice(
        *("3231", Policy.REQUEUE, Actor.NOBODY, "It was not reached"),
        "An earlier request of the same message failed, and QuickBooks left out the ones behind it.",
        _WAIT,
    ),
    advice(
        *("3240", Policy.REREAD, Actor.BOOKKEEPER, "The record to change is not there"),
        "QuickBooks does not find the record that was to be changed, or it is a newer one under the same id.",
        "qbsync reads it again and tries once more by itself.",
        "If it fails again, see whether the record was deleted in QuickBooks; then unlink it in qbsync.",
    ),
    advice(
        *("3250", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "A feature is off or not in this edition"),
        "QuickBooks has the feature switched off, or this edition is without it. Purchase orders and "
        "estimates are "
        "the usual ones.",
        "For purchase orders: Edit, Preferences, Items & Inventory, Company Preferences, tick Inventory and "
        "purchase orders are active.",
        "For estimates: Edit, Preferences, Jobs & Estimates, Company Preferences, Do You Create Estimates? "
        "Yes.",
        "For classes: Edit, Preferences, Accounting, Company Preferences, Use class tracking for "
        "transactions.",
        _RETRY,
    ),
    advice(
        *("3260", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "The QuickBooks user has too few rights"),
        "The QuickBooks user under whom qbsync works may not do this.",
        f"As Admin open {_GRANTS}, select qbsync, Properties, and see which user Login as names.",
        "Give that user the area in question (Company, Users, Set Up Users and Roles), or choose another "
        "user.",
    ),
    advice(
        *("3261", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "No access to personal data"),
        "The request touches personal data, such as social security numbers, and qbsync has no right to "
        "that.",
        f"qbsync needs none: report which record it was. Only if support asks you to, open {_GRANTS}, "
        f"qbsync, "
        "Properties, and tick the personal data box.",
    ),
    advice(
        *("3262", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "No payroll subscription"),
        "The request needs a payroll subscription that this company file does not have.",
        "Leave payroll transactions out of the job cost sweep, or activate payroll in QuickBooks.",
    ),
    advice(
        *("3263", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "qbsync may only read"),
        "QuickBooks lets qbsync read this company file, but not write to it.",
        f"As Admin open {_GRANTS}, select qbsync, Properties, and tick Allow this application to read and "
        f"modify "
        "this company file.",
        "If it cannot be ticked, take qbsync out of that list and add the .qwc file to the Web Connector "
        "again.",
    ),
    advice(
        *("3350", Policy.PERMANENT, Actor.SUPPORT, "A private field of ours is not defined"),
        "qbsync keeps a few notes of its own in the company file, and their definition is missing or "
        "different.",
        "Report it, and say whether the company file was restored or copied lately.",
    ),
    advice(
        *("3351", Policy.PERMANENT, Actor.SUPPORT, "A private field of ours cannot be made"),
        "qbsync keeps a few notes of its own in the company file, and QuickBooks did not let it define them.",
        "See that QuickBooks lets qbsync modify the company file (3263), then report it.",
    ),
    advice(
        *("3391", Policy.RESTART, Actor.NOBODY, "A long read was interrupted"),
        "QuickBooks forgot where it was in a long list, as it does whenever a session ends.",
        "There is nothing to do: qbsync reads the list again from its start.",
    ),
    advice(
        *("9001", Policy.UNKNOWN, Actor.SUPPORT, "A message's number was used for something else"),
        "QuickBooks already has an answer for this message number, but to a different message. It did "
        "nothing.",
        "Look in QuickBooks for each record of the message, and decide each job under Checking what "
        "QuickBooks "
        "has.",
        "Report it: two servers with one database copy, or a restored database of qbsync, are the likely "
        "causes.",
    ),
    advice(
        *("9002", Policy.UNKNOWN, Actor.NOBODY, "QuickBooks has no stored answer"),
        "QuickBooks knows the message but no longer has its answer.",
        "There is nothing to do: qbsync looks for each record before it sends anything again.",
    ),
    advice(
        *("9004", Policy.PERMANENT, Actor.SUPPORT, "A message's number is not valid"),
        "QuickBooks refused the number of the message, and did nothing.",
        "Report it with the qbXML from the job's page.",
    ),
    advice(
        *("9005", Policy.UNKNOWN, Actor.QUICKBOOKS_ADMIN, "QuickBooks could not keep its answer"),
        "QuickBooks carried the message out but could not store the answer in the company file.",
        "qbsync uses the answer it got, and looks for each record where it got none.",
        "If it happens often, see that the disk is not full, and choose File, Utilities, Verify Data.",
    ),
)

BUSY_CHANGE: Final = "modified by another user"
"""In QuickBooks' message of 3170 and 3180: not a refusal, somebody was editing at the same moment."""

BUSY: Final[Mapping[str, Advice]] = table(
    *(
        advice(
            *(code, Policy.TRANSIENT, Actor.NOBODY, "Someone was editing it"),
            "Somebody saved a change to this record, or to one it refers to, at the same moment.",
            _WAIT,
        )
        for code in ("3170", "3180")
    )
)

MERGE: Final = advice(
    *("3170", Policy.PERMANENT, Actor.BOOKKEEPER, "QuickBooks would have to merge two records"),
    "The new name belongs to another record already, and QuickBooks merges two records only by hand.",
    "If they are the same, merge them in QuickBooks: give the one the other's name there and answer Yes.",
    "If they are not, choose another name in Procore or when you accept the job.",
    _RETRY,
)

from __future__ import annotations

import pytest

OWNER = "{AAAAAAAA-0000-0000-0000-000000000001}"
DEFINE = (
    "<DataExtDefAddRq><DataExtDefAdd><OwnerID>{owner}</OwnerID><DataExtName>{name}</DataExtName>"
    "<DataExtType>STR255TYPE</DataExtType><AssignToObject>{target}</AssignToObject></DataExtDefAdd>"
    "</DataExtDefAddRq>"
)


def test_a_job_stands_under_its_customer(ask):
    """A job's full name is its customer's and its own, and the same name may stand under another."""
    body = "<Name>{}</Name><ParentRef><FullName>vortex</FullName></ParentRef>"
    ret = ask(f"<CustomerAddRq><CustomerAdd>{body.format('ACME')}</CustomerAdd></CustomerAddRq>")[0][0]
    assert (ret.findtext("FullName"), ret.findtext("Sublevel")) == ("Vortex:ACME", "1")
    assert ret.findtext("ParentRef/FullName") == "Vortex"
    again = ask(f"<CustomerAddRq><CustomerAdd>{body.format('plaza')}</CustomerAdd></CustomerAddRq>")[0]
    assert again.get("statusCode") == "3100"


def test_a_renamed_parent_renames_its_children(ask, company):
    """The full names of jobs follow their customer's, and the old ones are free."""
    company.human.edit("Customer", company.customers()[0].list_id, Name="Vortex Inc")
    found = ask("<CustomerQueryRq><FullName>Vortex Inc:Plaza</FullName></CustomerQueryRq>")[0]
    gone = ask("<CustomerQueryRq><FullName>Vortex:Plaza</FullName></CustomerQueryRq>")[0]
    assert (found.get("statusCode"), gone.get("statusCode")) == ("0", "500")
    company.human.add_vendor("Vortex")


def test_an_element_cannot_be_its_own_grandparent(ask, company):
    """A customer moved under its own job answers 3210."""
    customer, job = company.customers()
    body = (
        f"<ListID>{customer.list_id}</ListID><EditSequence>{customer.edit_sequence}</EditSequence>"
        f"<ParentRef><ListID>{job.list_id}</ListID></ParentRef>"
    )
    answer = ask(f"<CustomerModRq><CustomerMod>{body}</CustomerMod></CustomerModRq>")[0]
    assert answer.get("statusCode") == "3210"


def test_ids_of_two_lists_may_be_the_same(company):
    """ListIDs are unique per list only: the first account and the first item share one here."""
    assert company.accounts()[0].list_id == company.items()[0].list_id


def test_a_mod_keeps_what_it_does_not_name_and_clears_what_is_empty(ask, company):
    """Omitted fields stay, an empty one goes, and part of an address leaves the rest of it."""
    list_id = company.human.add_vendor(
        "Baker", Phone="1", Fax="2", VendorAddress={"Addr1": "1 Road", "City": "Rome"}
    )
    vendor = company.vendors()[1]
    body = (
        f"<ListID>{list_id}</ListID><EditSequence>{vendor.edit_sequence}</EditSequence>"
        "<VendorAddress><City>Paris</City></VendorAddress><Phone></Phone>"
    )
    ret = ask(f"<VendorModRq><VendorMod>{body}</VendorMod></VendorModRq>")[0][0]
    assert ret.find("Phone") is None
    assert ret.findtext("Fax") == "2"
    assert (ret.findtext("VendorAddress/Addr1"), ret.findtext("VendorAddress/City")) == ("1 Road", "Paris")


def test_an_item_keeps_its_form(ask, company):
    """A two-sided item changes its description and cost, and refuses to become one-sided."""
    item = company.items()[0]
    head = f"<ListID>{item.list_id}</ListID><EditSequence>{item.edit_sequence}</EditSequence>"
    good = "<SalesAndPurchaseMod><PurchaseDesc>Walls</PurchaseDesc></SalesAndPurchaseMod>"
    bad = "<SalesOrPurchaseMod><Desc>Walls</Desc></SalesOrPurchaseMod>"
    codes = [
        ask(f"<ItemServiceModRq><ItemServiceMod>{head}{body}</ItemServiceMod></ItemServiceModRq>")[0].get(
            "statusCode"
        )
        for body in (good, bad)
    ]
    assert codes == ["0", "3210"]
    changed = company.items()[0]
    assert (changed.purchase_description, changed.income_account, changed.expense_account) == (
        "Walls",
        "Construction Income",
        "Job Costs",
    )


def test_a_deleted_element_is_remembered(ask, company, clock):
    """ListDel frees the name, answers type, id, time and name, and ListDeletedQuery knows it for 90 days."""
    vendor = company.vendors()[0]
    body = f"<ListDelType>Vendor</ListDelType><ListID>{vendor.list_id}</ListID>"
    answer = ask(f"<ListDelRq>{body}</ListDelRq>")[0]
    assert [child.tag for child in answer] == ["ListDelType", "ListID", "TimeDeleted", "FullName"]
    query = "<ListDeletedQueryRq><ListDelType>Vendor</ListDelType></ListDeletedQueryRq>"
    assert ask(query)[0].findtext("ListDeletedRet/FullName") == "ACME"
    company.human.add_customer("ACME")
    clock.tick(91 * 86400)
    assert ask(query)[0].get("statusCode") == "1"


def test_deletions_are_filtered_by_their_time(ask, company):
    """DeletedDateRangeFilter includes its bounds and counts with metaData."""
    company.human.delete("Vendor", company.vendors()[0].list_id)
    for bounds, expected in (
        ("<FromDeletedDate>2026-03-02T09:30:00</FromDeletedDate>", "1"),
        ("<FromDeletedDate>2026-03-02T09:30:01</FromDeletedDate>", "0"),
        ("<ToDeletedDate>2026-03-01</ToDeletedDate>", "0"),
    ):
        filters = f"<DeletedDateRangeFilter>{bounds}</DeletedDateRangeFilter>"
        answer = ask(
            '<ListDeletedQueryRq metaData="MetaDataOnly"><ListDelType>Vendor</ListDelType>'
            f"{filters}</ListDeletedQueryRq>"
        )[0]
        assert answer.get("retCount") == expected


def test_in_multi_user_mode_a_deletion_only_hides(ask, company):
    """In multi-user mode ListDel answers success and makes the element inactive."""
    company.multi_user = True
    vendor = company.vendors()[0]
    body = f"<ListDelType>Vendor</ListDelType><ListID>{vendor.list_id}</ListID>"
    assert ask(f"<ListDelRq>{body}</ListDelRq>")[0].get("statusCode") == "0"
    assert not company.vendors()[0].is_active


def test_notes_and_contacts_become_numbered_parts(ask):
    """AdditionalNotes and Contacts of an Add come back with their own ids."""
    body = (
        "<Name>Baker</Name><Contacts><FirstName>Jo</FirstName></Contacts>"
        "<AdditionalNotes><Note>Call first</Note></AdditionalNotes>"
    )
    ret = ask(f"<VendorAddRq><VendorAdd>{body}</VendorAdd></VendorAddRq>")[0][0]
    assert ret.findtext("AdditionalNotesRet/Note") == "Call first"
    assert ret.findtext("ContactsRet/FirstName") == "Jo"
    contact, note = ret.findtext("ContactsRet/ListID"), ret.findtext("AdditionalNotesRet/NoteID")
    head = "".join(f"<{tag}>{ret.findtext(tag)}</{tag}>" for tag in ("ListID", "EditSequence"))
    parts = (
        f"<ContactsMod><ListID>{contact}</ListID><EditSequence>1</EditSequence><FirstName>Al</FirstName>"
        "</ContactsMod>"
        f"<AdditionalNotesMod><NoteID>{note}</NoteID><Note>Call later</Note></AdditionalNotesMod>"
    )
    changed = ask(f"<VendorModRq><VendorMod>{head}{parts}</VendorMod></VendorModRq>")[0][0]
    assert changed.findtext("ContactsRet/FirstName") == "Al"
    assert changed.findtext("AdditionalNotesRet/Note") == "Call later"


def test_the_host_names_its_versions(ask, company):
    """HostRet lists what the file supports, its mode and country, and the capacities if asked."""
    host = ask(
        "<HostQueryRq><IncludeListMetaData><IncludeMaxCapacity>true</IncludeMaxCapacity></IncludeListMetaData>"
        "</HostQueryRq>"
    )[0][0]
    assert [node.text for node in host.iter("SupportedQBXMLVersion")] == list(company.versions)
    assert (host.findtext("Country"), host.findtext("QBFileMode")) == ("US", "SingleUser")
    assert host.findtext("ListMetaData/ItemMetaData/MaxCapacity") == "14500"


def test_preferences_follow_the_bookkeeper(ask, company):
    """A changed preference is what PreferencesQuery answers."""
    company.human.set_preference("AccountingPreferences/IsUsingClassTracking", "true")
    ret = ask("<PreferencesQueryRq />")[0][0]
    assert ret.findtext("AccountingPreferences/IsUsingClassTracking") == "true"
    assert company.preference("AccountingPreferences/IsUsingClassTracking") == "true"


def test_private_data_of_the_company_shows_to_its_owner_alone(ask, company):
    """A private value is added, changed and deleted; CompanyQuery shows it only with its OwnerID."""
    ask(DEFINE.format(owner=OWNER, name="Mark", target="Company"))
    head = f"<OwnerID>{OWNER}</OwnerID><DataExtName>Mark</DataExtName>"
    head += "<OtherDataExtType>Company</OtherDataExtType>"
    for verb, value, expected in (("Add", "1", "1"), ("Mod", "2", "2"), ("Del", "", None)):
        given = f"<DataExtValue>{value}</DataExtValue>" if value else ""
        answer = ask(f"<DataExt{verb}Rq><DataExt{verb}>{head}{given}</DataExt{verb}></DataExt{verb}Rq>")[0]
        assert answer.get("statusCode") == "0"
        owned = ask(f"<CompanyQueryRq><OwnerID>{OWNER}</OwnerID></CompanyQueryRq>")[0][0]
        assert owned.findtext("DataExtRet/DataExtValue") == expected
        assert company.extensions(OWNER).get("Mark") == expected
        assert ask("<CompanyQueryRq />")[0][0].find("DataExtRet") is None


@pytest.mark.parametrize("verb", ["Mod", "Del"])
def test_private_data_that_is_not_there_cannot_be_changed(ask, verb):
    """Mod and Del of a value that nobody added answer 3120."""
    ask(DEFINE.format(owner=OWNER, name="Mark", target="Company"))
    body = (
        f"<OwnerID>{OWNER}</OwnerID><DataExtName>Mark</DataExtName><OtherDataExtType>Company</OtherDataExtType>"
        + ("<DataExtValue>1</DataExtValue>" if verb == "Mod" else "")
    )
    answer = ask(f"<DataExt{verb}Rq><DataExt{verb}>{body}</DataExt{verb}></DataExt{verb}Rq>")[0]
    assert answer.get("statusCode") == "3120"


def test_a_data_extension_counts_as_a_change(ask, company, clock):
    """A value on a vendor, and on a line of an order, moves the EditSequence of the object."""
    order = company.human.add_purchase_order("ACME", [("01", "Work", 1)])
    line = company.purchase_orders()[0].lines[0].txn_line_id
    clock.tick()
    targets = {
        "Vendor": "<ListDataExtType>Vendor</ListDataExtType>"
        "<ListObjRef><FullName>ACME</FullName></ListObjRef>",
        "PurchaseOrder": f"<TxnDataExtType>PurchaseOrder</TxnDataExtType><TxnID>{order}</TxnID>"
        f"<TxnLineID>{line}</TxnLineID>",
    }
    for target, where in targets.items():
        ask(DEFINE.format(owner=OWNER, name=target, target=target))
        body = f"<OwnerID>{OWNER}</OwnerID><DataExtName>{target}</DataExtName>{where}"
        body += "<DataExtValue>1</DataExtValue>"
        answer = ask(f"<DataExtAddRq><DataExtAdd>{body}</DataExtAdd></DataExtAddRq>")[0]
        assert answer.get("statusCode") == "0"
    assert company.vendors()[0].edit_sequence == "1772472601"
    assert company.purchase_orders()[0].edit_sequence == "1772472601"
    query = f"<VendorQueryRq><FullName>ACME</FullName><OwnerID>{OWNER}</OwnerID></VendorQueryRq>"
    assert ask(query)[0].findtext("VendorRet/DataExtRet/DataExtValue") == "1"


def test_response_data_can_be_left_out(company):
    """A responseData of includeNone answers the statuses alone."""
    message = (
        '<?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError" responseData="includeNone">'
        '<VendorQueryRq requestID="7" /></QBXMLMsgsRq></QBXML>'
    )
    assert '<VendorQueryRs requestID="7" statusCode="0"' in company.process(message)
    assert "VendorRet" not in company.process(message)

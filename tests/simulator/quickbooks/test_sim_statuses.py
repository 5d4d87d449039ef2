from __future__ import annotations

import pytest

VENDOR = "<VendorAddRq><VendorAdd><Name>{}</Name>{}</VendorAdd></VendorAddRq>"
ITEM = (
    "<ItemServiceAddRq><ItemServiceAdd><Name>{}</Name>{}<SalesOrPurchase><AccountRef>"
    "<FullName>{}</FullName></AccountRef></SalesOrPurchase></ItemServiceAdd></ItemServiceAddRq>"
)
PO = (
    "<PurchaseOrderAddRq><PurchaseOrderAdd>{}<PurchaseOrderLineAdd>{}</PurchaseOrderLineAdd>"
    "</PurchaseOrderAdd></PurchaseOrderAddRq>"
)
LINE = "<ItemRef><FullName>01</FullName></ItemRef><Amount>5.00</Amount>"
ACME = "<VendorRef><FullName>ACME</FullName></VendorRef>"
TWO_SIDED = (
    "<ItemServiceAddRq><ItemServiceAdd><Name>03</Name><SalesAndPurchase><IncomeAccountRef>"
    "<FullName>{}</FullName></IncomeAccountRef></SalesAndPurchase></ItemServiceAdd></ItemServiceAddRq>"
)
PRIVATE = "{AAAAAAAA-0000-0000-0000-000000000001}"


def vendor_mod(vendor, *, fields="", list_id=None):
    """A VendorMod as of the state the test has seen."""
    return (
        f"<VendorModRq><VendorMod><ListID>{list_id or vendor.list_id}</ListID>"
        f"<EditSequence>{vendor.edit_sequence}</EditSequence>{fields}</VendorMod></VendorModRq>"
    )


def test_0_is_an_added_vendor_with_its_new_ids(ask):
    """An Add that fits answers 0 and the object with ListID, EditSequence, stamps and our GUID."""
    guid = "<ExternalGUID>{11111111-2222-3333-4444-555555555555}</ExternalGUID>"
    answer = ask(VENDOR.format("Baker", guid))[0]
    assert dict(answer.attrib) == {
        "statusCode": "0",
        "statusSeverity": "Info",
        "statusMessage": "Status OK",
    }
    assert answer.findtext("VendorRet/ListID").endswith("-1772472600")
    assert answer.findtext("VendorRet/EditSequence") == "1772472600"
    assert answer.findtext("VendorRet/TimeCreated") == "2026-03-02T09:30:00-08:00"
    assert answer.findtext("VendorRet/ExternalGUID") == "{11111111-2222-3333-4444-555555555555}"


def test_1_is_a_query_that_finds_nothing(ask):
    """A query by filters without a match answers 1, which is information."""
    answer = ask(
        "<VendorQueryRq><NameFilter><MatchCriterion>Contains</MatchCriterion><Name>zz</Name></NameFilter>"
        "</VendorQueryRq>"
    )[0]
    assert (answer.get("statusCode"), answer.get("statusSeverity")) == ("1", "Info")


@pytest.mark.parametrize(
    "body",
    [
        "<VendorQueryRq><ListID>80009999-1</ListID></VendorQueryRq>",
        "<VendorQueryRq><FullName>Nobody</FullName><FullName>acme</FullName></VendorQueryRq>",
        "<PurchaseOrderQueryRq><TxnID>9-1</TxnID></PurchaseOrderQueryRq>",
    ],
)
def test_500_is_an_id_or_name_that_does_not_exist(ask, body):
    """Ids and names that are not there answer 500, a warning, beside what is there."""
    answer = ask(body)[0]
    assert (answer.get("statusCode"), answer.get("statusSeverity")) == ("500", "Warn")
    assert len(answer) == body.count("acme")


def test_500_does_not_stop_a_set(ask):
    """With stopOnError a warning lets the next request run."""
    query = "<VendorQueryRq><FullName>Nobody</FullName></VendorQueryRq>"
    codes = [
        answer.get("statusCode") for answer in ask(query + VENDOR.format("B", ""), on_error="stopOnError")
    ]
    assert codes == ["500", "0"]


def test_1030_is_a_deletion_that_is_not_simulated(code):
    """A kind of object that the simulated file does not keep is refused as unsupported."""
    assert code("<TxnDelRq><TxnDelType>Deposit</TxnDelType><TxnID>1-1</TxnID></TxnDelRq>") == 1030


def test_1060_is_a_request_id_of_51_characters(ask):
    """A requestID may have 50 characters, not 51."""
    assert ask(f'<HostQueryRq requestID="{"x" * 50}" />')[0].get("statusCode") == "0"
    assert ask(f'<HostQueryRq requestID="{"x" * 51}" />')[0].get("statusCode") == "1060"


@pytest.mark.parametrize(
    "body",
    [
        "<VendorQueryRq><ListID>twelve</ListID></VendorQueryRq>",
        PO.format("<VendorRef><ListID>nonsense</ListID></VendorRef>", LINE),
        "<ListDelRq><ListDelType>Vendor</ListDelType><ListID>x</ListID></ListDelRq>",
    ],
)
def test_3000_is_an_id_of_the_wrong_shape(code, body):
    """What is not shaped like an id answers 3000."""
    assert code(body) == 3000


def test_3070_is_a_string_too_long_and_refuses_its_request_alone(ask, company):
    """A name of 42 characters answers 3070; the other requests of the set go through."""
    long, longest = VENDOR.format("x" * 42, ""), VENDOR.format("x" * 41, "")
    assert [answer.get("statusCode") for answer in ask(long + longest)] == ["3070", "0"]
    assert [vendor.name for vendor in company.vendors()] == ["ACME", "x" * 41]


@pytest.mark.parametrize("name", ["acme", "Vortex", "Jo Smith", "Landlord"])
def test_3100_is_a_name_in_use_by_any_kind_of_person(ask, company, name):
    """Vendors, customers, employees and other names share one name space, whatever the case."""
    company.human.add_employee("Jo", "Smith")
    company.human.add_other_name("Landlord")
    answer = ask(VENDOR.format(name, ""))[0]
    assert answer.get("statusCode") == "3100"
    assert answer.get("statusMessage") == f'The name "{name}" of the list element is already in use.'


def test_3100_is_an_item_name_in_use_by_any_kind_of_item(code, company):
    """Items of all kinds share one name space, level by level."""
    company.human.add_other_charge_item("Freight", account="Job Costs")
    company.human.add_inventory_item(
        "Nails", income="Construction Income", cost="Job Costs", asset="Inventory Asset"
    )
    assert code(ITEM.format("freight", "", "Job Costs")) == 3100
    assert code(ITEM.format("Nails", "", "Job Costs")) == 3100
    parent = "<ParentRef><FullName>01</FullName></ParentRef>"
    assert code(ITEM.format("Freight", parent, "Job Costs")) == 0


def test_3120_is_an_object_that_is_gone(code, company):
    """A Mod of a deleted vendor answers 3120."""
    vendor = company.vendors()[0]
    company.human.delete("Vendor", vendor.list_id)
    assert code(vendor_mod(vendor)) == 3120


@pytest.mark.parametrize(
    "body",
    [
        VENDOR.format("B", "<TermsRef><FullName>Net 99</FullName></TermsRef>"),
        VENDOR.format("B", "<VendorTypeRef><ListID>80000099-5</ListID></VendorTypeRef>"),
        PO.format("<VendorRef><FullName>Vortex</FullName></VendorRef>", LINE),
        PO.format(ACME, LINE + "<CustomerRef><FullName>Vortex:Tower</FullName></CustomerRef>"),
        ITEM.format("02", "<ParentRef><FullName>99</FullName></ParentRef>", "Job Costs"),
        ITEM.format("02", "", "No Such Account"),
    ],
)
def test_3140_is_a_reference_to_nothing(code, body):
    """References to what does not exist, or exists in another list, answer 3140."""
    assert code(body) == 3140


@pytest.mark.parametrize(
    "body",
    [
        PO.format("", LINE),
        ITEM.format("02", "", ""),
        TWO_SIDED.format("Construction Income"),
        VENDOR.format(" ", ""),
        '<VendorQueryRq iterator="Start"></VendorQueryRq>',
    ],
    ids=["vendor", "account", "expense account", "name", "MaxReturned"],
)
def test_3150_is_an_element_that_the_business_needs(code, body):
    """What the schema calls optional and QuickBooks cannot do without answers 3150."""
    assert code(body) == 3150


def test_3160_is_a_deletion_of_what_is_in_use(ask, code, company):
    """A vendor with a purchase order, an item on one, and a customer with a job cannot be deleted."""
    ask(PO.format(ACME, LINE))
    for kind, element in (
        ("Vendor", company.vendors()[0]),
        ("ItemService", company.items()[0]),
        ("Customer", company.customers()[0]),
    ):
        body = f"<ListDelType>{kind}</ListDelType><ListID>{element.list_id}</ListID>"
        assert code(f"<ListDelRq>{body}</ListDelRq>") == 3160


def test_3170_is_a_rename_onto_another_record(ask, company):
    """A Mod with another vendor's name answers 3170, cannot merge; with a customer's name 3100."""
    company.human.add_vendor("Baker")
    vendor = company.vendors()[0]
    answer = ask(vendor_mod(vendor, fields="<Name>baker</Name>"))[0]
    assert answer.get("statusCode") == "3170"
    assert "Cannot merge list elements" in answer.get("statusMessage")
    assert ask(vendor_mod(vendor, fields="<Name>Vortex</Name>"))[0].get("statusCode") == "3100"


@pytest.mark.parametrize("status", [570, 1000, 3171, 3175, 3176, 3177, 3260, 9100])
def test_any_status_can_be_injected(code, company, status):
    """fail_next refuses the next request of its type with that status, once, and executes nothing."""
    company.faults.fail_next("VendorAddRq", status, "because the test says so")
    assert code(VENDOR.format("B", "")) == status
    assert len(company.vendors()) == 1
    assert code(VENDOR.format("B", "")) == 0


@pytest.mark.parametrize(
    "line",
    ["<Quantity>1</Quantity>", "<Desc>something</Desc><Amount>5.00</Amount>"],
    ids=["empty", "no item"],
)
def test_3180_is_a_transaction_that_cannot_be_saved(code, line):
    """An empty purchase order, and an amount without an item, answer 3180."""
    assert code(PO.format(ACME, line)) == 3180


def test_3180_is_a_data_extension_that_exists(code):
    """A definition or value that is there already answers 3180."""
    define = (
        f"<DataExtDefAddRq><DataExtDefAdd><OwnerID>{PRIVATE}</OwnerID><DataExtName>Mark</DataExtName>"
        "<DataExtType>STR255TYPE</DataExtType><AssignToObject>Company</AssignToObject></DataExtDefAdd>"
        "</DataExtDefAddRq>"
    )
    add = (
        f"<DataExtAddRq><DataExtAdd><OwnerID>{PRIVATE}</OwnerID><DataExtName>Mark</DataExtName>"
        "<OtherDataExtType>Company</OtherDataExtType><DataExtValue>1</DataExtValue></DataExtAdd></DataExtAddRq>"
    )
    assert [code(body) for body in (define, define, add, add)] == [0, 3180, 0, 3180]


def test_3200_is_an_old_edit_sequence(code, company, clock):
    """A Mod from before somebody else's edit answers 3200."""
    vendor = company.vendors()[0]
    clock.tick()
    company.human.edit("Vendor", vendor.list_id, Phone="555")
    assert code(vendor_mod(vendor, fields="<Fax>1</Fax>")) == 3200
    assert code(vendor_mod(company.vendors()[0], fields="<Fax>1</Fax>")) == 0


def test_an_edit_in_the_same_second_goes_unnoticed(code, company):
    """EditSequence is a Unix second: two edits within one share it, and the second Mod is accepted."""
    vendor = company.vendors()[0]
    company.human.edit("Vendor", vendor.list_id, Phone="555")
    assert code(vendor_mod(vendor, fields="<Phone>556</Phone>")) == 0


@pytest.mark.parametrize(
    "body",
    [
        VENDOR.format("A:B", ""),
        ITEM.format("6", "<ParentRef><FullName>1:2:3:4:5</FullName></ParentRef>", "Job Costs"),
    ],
    ids=["colon", "sixth level"],
)
def test_3210_is_a_value_against_the_rules(code, company, body):
    """A colon in a name and a sixth level answer 3210."""
    path = ""
    for name in "12345":
        company.human.add_service_item(name, account="Job Costs", parent=path)
        path = f"{path}:{name}".lstrip(":")
    assert code(body) == 3210


def test_3231_is_what_comes_after_an_error_with_stop_on_error(ask, company):
    """With stopOnError the requests after an error are not processed; with continueOnError they are."""
    bad, good = VENDOR.format("ACME", ""), VENDOR.format("{}", "")
    stopped = ask(bad + good.format("B"), on_error="stopOnError")
    assert [answer.get("statusCode") for answer in stopped] == ["3100", "3231"]
    went_on = ask(bad + good.format("C"))
    assert [answer.get("statusCode") for answer in went_on] == ["3100", "0"]
    assert [vendor.name for vendor in company.vendors()] == ["ACME", "C"]


def test_3240_is_an_id_with_another_time_of_creation(code, company):
    """An id whose number exists, but with another time, answers 3240."""
    vendor = company.vendors()[0]
    number = vendor.list_id.partition("-")[0]
    assert code(vendor_mod(vendor, list_id=f"{number}-1")) == 3240


def test_3250_is_a_feature_that_is_off(code, company):
    """Purchase orders answer 3250 while the inventory preference is off."""
    company.human.set_preference("PurchasesAndVendorsPreferences/IsUsingInventory", "false")
    assert code(PO.format(ACME, LINE)) == 3250


def test_3350_is_a_data_extension_without_definition(code):
    """A value of a data extension that nobody has defined answers 3350."""
    body = (
        f"<DataExtAddRq><DataExtAdd><OwnerID>{PRIVATE}</OwnerID><DataExtName>Mark</DataExtName>"
        "<OtherDataExtType>Company</OtherDataExtType><DataExtValue>1</DataExtValue></DataExtAdd></DataExtAddRq>"
    )
    assert code(body) == 3350


def test_3351_is_a_public_field_on_a_transaction(code):
    """Custom fields that users see belong to customers, vendors, employees and items alone."""
    body = (
        "<DataExtDefAddRq><DataExtDefAdd><OwnerID>0</OwnerID><DataExtName>Mark</DataExtName>"
        "<DataExtType>STR255TYPE</DataExtType><AssignToObject>PurchaseOrder</AssignToObject></DataExtDefAdd>"
        "</DataExtDefAddRq>"
    )
    assert code(body) == 3351


def test_a_refused_request_changes_nothing(ask, company):
    """A request that fails late leaves no trace: the file equals its backup from before."""
    before = company.snapshot()
    ask(PO.format(ACME, LINE + "<CustomerRef><FullName>Nobody</FullName></CustomerRef>"))
    ask(VENDOR.format("ACME", ""))
    assert company.snapshot() == before

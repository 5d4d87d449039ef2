from __future__ import annotations

import pytest

from qbsync.errors import QbxmlUnreadableError
from qbsync.qbxml.company import read_company
from qbsync.qbxml.versions import Edition

OWNER = "{57f3b9b6-86f1-4fcc-b1ff-966de1813d20}"
HOST = """<HostQueryRs requestID="0" statusCode="0" statusSeverity="Info" statusMessage="Status OK"><HostRet>
<ProductName>QuickBooks Enterprise Solutions 24.0</ProductName><MajorVersion>34</MajorVersion>
<MinorVersion>0</MinorVersion><Country>US</Country><SupportedQBXMLVersion>1.0</SupportedQBXMLVersion>
<SupportedQBXMLVersion>13.0</SupportedQBXMLVersion><IsAutomaticLogin>false</IsAutomaticLogin>
<QBFileMode>MultiUser</QBFileMode></HostRet></HostQueryRs>"""
COMPANY = """<CompanyQueryRs requestID="1" statusCode="0" statusSeverity="Info" statusMessage="Status OK">
<CompanyRet>
<IsSampleCompany>false</IsSampleCompany><CompanyName>Rock &amp; Co</CompanyName>
<DataExtRet><OwnerID>{57F3B9B6-86F1-4FCC-B1FF-966DE1813D20}</OwnerID><DataExtName>AppLock</DataExtName>
<DataExtType>STR255TYPE</DataExtType><DataExtValue>LOCKED:OFFICE-PC:638000000000000000</DataExtValue></DataExtRet>
<DataExtRet><OwnerID>{57F3B9B6-86F1-4FCC-B1FF-966DE1813D20}</OwnerID><DataExtName>FileID</DataExtName>
<DataExtType>STR255TYPE</DataExtType><DataExtValue>{90a44fb7-33d9-4815-ac85-bc87a7e7d1eb}</DataExtValue>
</DataExtRet>
<DataExtRet><OwnerID>{00000000-86F1-4FCC-B1FF-966DE1813D20}</OwnerID><DataExtName>FileID</DataExtName>
<DataExtType>STR255TYPE</DataExtType><DataExtValue>another's</DataExtValue></DataExtRet>
</CompanyRet></CompanyQueryRs>"""
PREFERENCES = """<PreferencesQueryRs requestID="2" statusCode="0" statusSeverity="Info" statusMessage="OK">
<PreferencesRet><AccountingPreferences><IsUsingClassTracking>true</IsUsingClassTracking>
</AccountingPreferences>
<PurchasesAndVendorsPreferences><IsUsingInventory>false</IsUsingInventory><DaysBillsAreDue>10</DaysBillsAreDue>
</PurchasesAndVendorsPreferences></PreferencesRet></PreferencesQueryRs>"""


def hcp(*parts):
    """The document the Web Connector hands over first."""
    return '<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs>' + "".join(parts) + "</QBXMLMsgsRs></QBXML>"


def test_the_company_is_read():
    """Product, versions, our private fields, the machine and the preferences come out of one document."""
    facts = read_company(hcp(HOST, COMPANY, PREFERENCES), OWNER)
    assert facts.product == "QuickBooks Enterprise Solutions 24.0"
    assert (facts.country, facts.edition) == ("US", Edition.US)
    assert facts.supported == ("1.0", "13.0")
    assert facts.file_id == "{90a44fb7-33d9-4815-ac85-bc87a7e7d1eb}"
    assert facts.app_lock_machine == "OFFICE-PC"
    assert facts.company_name == "Rock & Co"
    assert facts.file_mode == "MultiUser"
    assert set(facts.private) == {"AppLock", "FileID"}
    assert facts.preferences == {
        "AccountingPreferences/IsUsingClassTracking": "true",
        "PurchasesAndVendorsPreferences/IsUsingInventory": "false",
        "PurchasesAndVendorsPreferences/DaysBillsAreDue": "10",
    }


def test_another_owners_fields_are_not_ours():
    """With another OwnerID the file has no FileID of ours; spelling and braces of a GUID do not matter."""
    assert read_company(hcp(HOST, COMPANY), "{11111111-1111-1111-1111-111111111111}").file_id == ""
    assert read_company(hcp(HOST, COMPANY), OWNER.strip("{}").upper()).file_id != ""


def test_what_is_missing_is_empty():
    """Without company and preferences answers their facts are empty."""
    facts = read_company(hcp(HOST), OWNER)
    assert (facts.file_id, facts.app_lock_machine, facts.company_name) == ("", "", "")
    assert facts.preferences == {}


def test_an_unlocked_file_names_no_machine():
    """AppLock tells a machine only while the file is locked."""
    unlocked = COMPANY.replace("LOCKED:OFFICE-PC:638000000000000000", "UNLOCKED")
    assert read_company(hcp(HOST, unlocked), OWNER).app_lock_machine == ""


@pytest.mark.parametrize(
    ("old", "new", "edition"),
    [
        ("<Country>US</Country>", "<Country>CA</Country>", Edition.CA),
        ("<Country>US</Country>", "", Edition.US),
        ("<Country>US</Country>", "<Country>ZZ</Country>", Edition.US),
        (">13.0<", ">CA3.0<", Edition.CA),
    ],
)
def test_the_edition_follows_country_and_versions(old, new, edition):
    """Country decides; old Canadian files are known by their versions."""
    assert read_company(hcp(HOST.replace(old, new)), OWNER).edition is edition


def test_a_host_query_that_failed_is_told():
    """Without the host's facts nothing can be said; QuickBooks' own words are passed on."""
    failed = '<HostQueryRs statusCode="1000" statusSeverity="Error" statusMessage="Internal error"/>'
    with pytest.raises(QbxmlUnreadableError, match="Internal error"):
        read_company(hcp(failed), OWNER)
    with pytest.raises(QbxmlUnreadableError, match="is empty"):
        read_company("", OWNER)

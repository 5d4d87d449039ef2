from __future__ import annotations

import pytest
from lxml import etree

W = "{http://schemas.xmlsoap.org/wsdl/}"
S = "{http://schemas.xmlsoap.org/wsdl/soap/}"
X = "{http://www.w3.org/2001/XMLSchema}"
NS = "http://developer.intuit.com/"
BESIDE = {"getInteractiveURL", "interactiveDone", "interactiveRejected", "getServerVersion"}


def _qname(node, text):
    prefix, _, local = text.rpartition(":")
    return f"{{{node.nsmap[prefix or None]}}}{local}"


def _particles(sequence):
    """What a sequence says of each child, in order."""
    return [
        (
            child.get("name"),
            _qname(child, child.get("type")),
            child.get("minOccurs", "1"),
            child.get("maxOccurs", "1"),
            child.get("nillable", "false"),
        )
        for child in (sequence if sequence is not None else ())
    ]


def _types(root):
    """Every element and type of the schema: name -> particles."""
    schema = root.find(f"{W}types/{X}schema")
    assert schema.get("targetNamespace") == NS
    assert schema.get("elementFormDefault") == "qualified"
    named = {t.get("name"): _particles(t.find(f"{X}sequence")) for t in schema.findall(f"{X}complexType")}
    shapes = {}
    for element in schema.findall(f"{X}element"):
        inner = element.find(f"{X}complexType")
        if inner is not None:
            shapes[element.get("name")] = _particles(inner.find(f"{X}sequence"))
        else:
            shapes[element.get("name")] = named[etree.QName(_qname(element, element.get("type"))).localname]
    return shapes, named


def _operations(root):
    """Each operation of the one port: how it is bound, and the elements it takes and gives."""
    messages = {
        m.get("name"): _qname(m.find(f"{W}part"), m.find(f"{W}part").get("element"))
        for m in root.findall(f"{W}message")
    }
    (port_type,) = root.findall(f"{W}portType")
    (binding,) = root.findall(f"{W}binding")
    style = binding.find(f"{S}binding").get("style")
    found = {}
    for operation in binding.findall(f"{W}operation"):
        name = operation.get("name")
        (declared,) = [o for o in port_type.findall(f"{W}operation") if o.get("name") == name]
        soap = operation.find(f"{S}operation")
        found[name] = (
            soap.get("soapAction"),
            soap.get("style", style),
            *(operation.find(f"{W}{way}/{S}body").get("use") for way in ("input", "output")),
            *(
                messages[_qname(declared, declared.find(f"{W}{way}").get("message")).rpartition("}")[2]]
                for way in ("input", "output")
            ),
        )
    return found


def _names(root):
    (service,) = root.findall(f"{W}service")
    (port,) = service.findall(f"{W}port")
    (binding,) = root.findall(f"{W}binding")
    return (
        root.get("targetNamespace"),
        service.get("name"),
        port.get("name"),
        _qname(port, port.get("binding")),
        _qname(binding, binding.get("type")),
        binding.find(f"{S}binding").get("transport"),
    )


@pytest.fixture
def ours(raw):
    """The WSDL as served."""
    return raw(method="GET", query="wsdl").xml


@pytest.mark.intuit
def test_wsdl_equals_intuits_operation_by_operation(ours, intuit_wsdl):
    """Each operation of Intuit's WSDL has the same bindings and element shapes in the one we serve."""
    theirs = etree.parse(intuit_wsdl).getroot()
    assert _names(ours) == _names(theirs)
    their_operations, our_operations = _operations(theirs), _operations(ours)
    assert len(their_operations) == 8
    assert {name: our_operations.get(name) for name in their_operations} == their_operations
    (their_shapes, their_types), (our_shapes, our_types) = _types(theirs), _types(ours)
    assert {name: our_shapes.get(name) for name in their_shapes} == their_shapes
    assert our_types["ArrayOfString"] == their_types["ArrayOfString"]


@pytest.mark.intuit
def test_beside_intuits_stand_the_interactive_ones_and_get_server_version(ours, intuit_wsdl):
    """Nothing but the four documented additions goes beyond Intuit's WSDL file."""
    theirs = etree.parse(intuit_wsdl).getroot()
    assert set(_operations(ours)) - set(_operations(theirs)) == BESIDE


def test_additions_have_the_shapes_of_intuits_sample(ours):
    """The interactive operations take wcTicket first, as in Intuit's C# sample."""
    shapes, _ = _types(ours)
    string = "{http://www.w3.org/2001/XMLSchema}string"

    def text(name):
        return (name, string, "0", "1", "false")

    assert shapes["getInteractiveURL"] == [text("wcTicket"), text("sessionID")]
    assert shapes["interactiveDone"] == [text("wcTicket")]
    assert shapes["interactiveRejected"] == [text("wcTicket"), text("reason")]
    assert shapes["getServerVersion"] == [text("ticket")]
    assert _operations(ours)["getServerVersion"][0] == f"{NS}getServerVersion"
    for name in BESIDE:
        assert shapes[f"{name}Response"] == [text(f"{name}Result")]


def test_wsdl_names_the_public_address_whatever_host_asks(raw):
    """The address in the WSDL is the public URL's, not the Host header of whoever asked first."""
    answer = raw(method="GET", query="WSDL", HTTP_HOST="evil.example.org")
    (address,) = answer.xml.iter(f"{S}address")
    assert address.get("location") == "https://books.example.com/qbwc"
    assert answer.headers["Content-Type"].startswith("text/xml")

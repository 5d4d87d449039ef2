from __future__ import annotations

import re

import pytest

from qbsync.guidance import Actor, Policy
from qbsync.guidance.hresults import HRESULTS
from qbsync.guidance.lookup import STATUSES
from qbsync.guidance.procore import PROCORE
from qbsync.guidance.webconnector import WEBCONNECTOR

# reference: qbwc-and-qbxml.md, section 4, each code that is named with its policy letter
POLICIES = {
    Policy.OK: "0",
    Policy.EMPTY: "1 500",
    Policy.WARN: "501 510 530 531 550 560 570",
    Policy.TRANSIENT: "1010 3175 3176",
    Policy.REREAD: "3120 3200 3240",
    Policy.PERMANENT: (
        "1030 1060 3000 3010 3020 3030 3031 3035 3040 3045 3050 3060 3065 3070 3100 3140 3150 3160 3170 "
        "3171 3177 3180 3210 3350 3351 9004"
    ),
    Policy.CONFIGURATION: "3220 3250 3260 3261 3262 3263",
    Policy.UNKNOWN: "600 1000 9001 9002 9005",
    Policy.REQUEUE: "3231",
    Policy.RESTART: "3391",
}
# section 4.1
HRESULT_POLICIES = {
    Policy.PERMANENT: "0400",
    Policy.TRANSIENT: "0401 0408 0410 0414 0416 0422 0424",
    Policy.UNKNOWN: "0402 040D",
    Policy.CONFIGURATION: "0403 040A 0418 041A 041F 0420",
    Policy.REQUEUE: "0423",
}
EVERY = [*STATUSES.values(), *HRESULTS.values(), *WEBCONNECTOR.values(), *PROCORE.values()]


def test_every_status_of_the_reference_has_its_policy():
    """The statuses of section 4 are all there, with the policies of their letters, and no others."""
    expected = {code: policy for policy, codes in POLICIES.items() for code in codes.split()}
    assert {code: advice.policy for code, advice in STATUSES.items()} == expected


def test_every_hresult_of_the_reference_has_its_policy():
    """The HRESULTs of section 4.1 are all there, and no others."""
    expected = {
        f"0x8004{code}": policy for policy, codes in HRESULT_POLICIES.items() for code in codes.split()
    }
    assert {code: advice.policy for code, advice in HRESULTS.items()} == expected


def test_every_code_of_the_web_connector():
    """All codes of section 2.1 are there: 1000 to 1051 without those that Intuit does not document."""
    missing = {1047, 1049, 1050}
    assert set(WEBCONNECTOR) == {f"QBWC{n}" for n in range(1000, 1052) if n not in missing}


def test_every_documented_error_of_procore():
    """All HTTP errors that Procore documents, and those of the network before it, are there."""
    codes = (400, 401, 403, 404, 405, 406, 408, 409, 413, 422, 429, 500, 502, 503, 504)
    assert set(PROCORE) == {f"procore-{code}" for code in codes}


@pytest.mark.parametrize("advice", EVERY, ids=lambda advice: advice.code)
def test_advice_is_words_for_people(advice):
    """Each advice has a short title, whole sentences, a step at least, and an actor that fits its policy."""
    assert 0 < len(advice.title) <= 60
    assert not advice.title.endswith(".")
    assert advice.steps
    for text in (advice.happened, *advice.steps):
        assert re.fullmatch(r"[A-Zaqo].*[.,]", text, re.DOTALL), text
        assert "  " not in text
    assert advice.steps[-1].endswith(".")
    if advice.policy in (Policy.PERMANENT, Policy.CONFIGURATION):
        assert advice.actor is not Actor.NOBODY
    assert advice.for_people().startswith(advice.happened)

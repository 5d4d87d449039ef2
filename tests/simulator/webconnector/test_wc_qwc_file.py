from __future__ import annotations

import pytest

from qbsync.simulator.webconnector import QbwcError, read_qwc


def test_a_good_file_is_read(qwc, server):
    """Every element the Web Connector uses is taken over, the schedule in seconds."""
    found = read_qwc(qwc(Scheduler="<RunEveryNMinutes>5</RunEveryNMinutes>", IsReadOnly="false"))
    assert found.app_url == server.url
    assert (found.app_name, found.user_name, found.style) == ("qbsync", "vortex", "Document")
    assert found.run_every_seconds == 300


def test_a_file_is_read_from_its_path(qwc, tmp_path):
    """A Path is read; seconds of the schedule are taken as they are."""
    path = tmp_path / "vortex.qwc"
    path.write_text(qwc(Scheduler="<RunEveryNSeconds>30</RunEveryNSeconds>"))
    assert read_qwc(path).run_every_seconds == 30


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AppSupport": "http://elsewhere.example/support"}, "QBWC1000"),
        ({"AppURL": "https://10.0.0.1/qbwc"}, "QBWC1001"),
        ({"AppURL": "https://h.example/q", "AppSupport": "https://10.0.0.1/support"}, "QBWC1002"),
        ({"AppURL": "http://h.example/q", "AppSupport": "http://h.example/s"}, "QBWC1010"),
        ({"FileID": None}, "QBWC1039"),
        ({"AppID": None}, "QBWC1039"),
        ({"OwnerID": "57F3B9B1-86F1-4FCC-B1EE-566DE1813D20"}, "QBWC1039"),
        ({"QBType": "QBO"}, "QBWC1039"),
        ({"Style": "Literal"}, "QBWC1039"),
        ({"AppDescription": "Fast & good"}, "QBWC1039"),
    ],
)
def test_a_bad_file_is_refused_with_qbwcs_code(qwc, changes, code):
    """Each mistake people make in a .qwc file has the code that QBWC shows."""
    with pytest.raises(QbwcError) as refusal:
        read_qwc(qwc(**changes))
    assert refusal.value.code == code


def test_another_root_is_refused():
    """A file that is no QBWCXML is refused."""
    with pytest.raises(QbwcError, match="QBWC1039"):
        read_qwc("<QBXML />")

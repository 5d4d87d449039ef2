from __future__ import annotations

import re
from pathlib import Path

from qbsync.guidance import markdown_table
from qbsync.guidance.webconnector import WEBCONNECTOR
from qbsync.qwc import check, write

FOLDER = Path(__file__).parents[3] / "qwc"
SAMPLE = {
    "name": "example",
    "user": "qbsync-example",
    "public_url": "https://qbsync.example.com",
    "owner_id": "6c1e1f0a-9d0b-4f57-8f5e-2b7c33a1d4e8",
    "file_id": "e2f4a7b8-51c3-4d96-a0de-7f19c86b5a42",
    "minutes": 15,
}


def test_sample_is_what_we_write():
    """qwc/sample.qwc is the output of write for its values, and check has nothing to say about it."""
    written = write(**SAMPLE)
    assert (FOLDER / "sample.qwc").read_bytes() == written
    assert check(written) == []


def test_guide_explains_every_code_of_the_web_connector():
    """The table at the end of the bookkeeper's guide is the one in guidance, word by word."""
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = guide.partition("<!-- codes: begin -->\n")[2].partition("<!-- codes: end -->")[0]
    codes = sorted(WEBCONNECTOR.values(), key=lambda advice: advice.code)
    assert shown == markdown_table(codes)


def test_guide_links_to_files_that_exist():
    """Relative links of the guide lead somewhere."""
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", guide)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []

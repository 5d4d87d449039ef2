"""The map of tax codes as people write it."""

from __future__ import annotations

import pytest

from qbsync.errors import ConfigError
from qbsync.model.options import Options
from qbsync.model.taxes import read_tax_codes


def test_a_map_is_read_as_it_is_written():
    """Blanks and letters' case of Procore's codes do not matter; none may stand for no code at all."""
    assert read_tax_codes(" GST = G,HST ON=H , none=, a=b=C") == {
        "gst": "G",
        "hst on": "H",
        "none": "",
        "a=b": "C",
    }
    assert read_tax_codes("") == {}


@pytest.mark.parametrize("text", ["GST", "=G", "GST=", "GST=LONG", "GST=G, gst=H"])
def test_a_map_that_cannot_be_is_refused_with_its_form(text):
    """The option is not set, and the words show how one looks."""
    with pytest.raises(ConfigError, match="tax_codes") as refused:
        Options().with_value("tax_codes", text)
    assert "none=E" in refused.value.guidance

"""The SOAP edge: what the QuickBooks Web Connector talks to; spyne stays in here.

The shim comes first, because spyne 2.14.0 cannot be imported without it on Python 3.12 and later.
"""

from __future__ import annotations

from qbsync.soap import spyne_compat

spyne_compat.install()

"""The floor that `pair_cost.py` compares with: parse the envelope with lxml, answer the bytes of a file.

Started by it with a folder that holds the answers, in the files 0 (sendRequestXML) and 1
(receiveResponseXML); prints the port it listens on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lxml import etree
from waitress.server import create_server

_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def main() -> None:
    """Serve until the process is ended."""
    folder = Path(sys.argv[1])
    replies = {
        "sendRequestXML": (folder / "0").read_bytes(),
        "receiveResponseXML": (folder / "1").read_bytes(),
    }

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        body = etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False)).find(_BODY)
        assert body is not None
        operation = body[0]
        _texts = [argument.text for argument in operation]
        reply = replies[etree.QName(operation).localname]
        headers = [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(reply)))]
        start_response("200 OK", headers)
        return [reply]

    server = create_server(handle, host="127.0.0.1", port=0, threads=8, ident=None)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main()

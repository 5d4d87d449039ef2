"""Calls a QBWC service over HTTP as the Web Connector's .NET proxy does."""

from __future__ import annotations

import requests

from qbsync.simulator.webconnector import envelopes
from qbsync.simulator.webconnector.envelopes import NAMESPACE, Argument, UnreadableAnswerError
from qbsync.simulator.webconnector.qwc_file import QbwcError, QwcFile

_USER_AGENT = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
_CODES = {
    "clientVersion": "QBWC1036",
    "authenticate": "QBWC1012",
    "sendRequestXML": "QBWC1041",
    "receiveResponseXML": "QBWC1042",
    "getLastError": "QBWC1043",
    "closeConnection": "QBWC1044",
    "connectionError": "QBWC1045",
}


class Service:
    """One service behind an AppURL; every failure is a QbwcError with the code of the method.

    `verify` is what `requests` takes: False, or a bundle of certificates.
    """

    def __init__(self, qwc: QwcFile, *, timeout: float, verify: bool | str = True, style: str = "") -> None:
        self._qwc = qwc
        self._style = style or qwc.style
        self._timeout = timeout
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = verify
        self._http.headers.clear()
        self._http.headers["User-Agent"] = _USER_AGENT

    def close(self) -> None:
        """Close the connections that were kept alive."""
        self._http.close()

    def call(self, operation: str, arguments: dict[str, Argument]) -> list[str | None]:
        """The texts of the result; see `envelopes.answer`."""
        code = _CODES.get(operation, "QBWC1012")
        body = envelopes.request(operation, arguments, style=self._style)
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{NAMESPACE}{operation}"',
            "Expect": "100-continue",
        }
        try:
            # .NET follows no redirect of a POST, and asks for no compression
            response = self._http.post(
                self._qwc.app_url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
            _check(response)
            return envelopes.answer(operation, response.content)
        except (requests.RequestException, UnreadableAnswerError) as fault:
            raise QbwcError(code, f"{operation} failed: {fault}") from fault

    def check_application_address(self) -> None:
        """GET AppURL, as QBWC does for the certificate when an application is added (QBWC1048)."""
        try:
            response = self._http.get(self._qwc.app_url, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException as fault:
            raise QbwcError("QBWC1048", f"Could not verify the certificate of AppURL: {fault}") from fault
        if response.status_code != requests.codes.ok:
            raise QbwcError(
                "QBWC1048", f"Could not verify the certificate of AppURL: HTTP {response.status_code}"
            )

    def check_support_address(self) -> None:
        """GET AppSupport, which must answer 200 or 202 (QBWC1003, or QBWC1004 without an answer)."""
        try:
            response = self._http.get(self._qwc.app_support, timeout=self._timeout)
        except requests.RequestException as fault:
            raise QbwcError("QBWC1004", f"AppSupport does not answer: {fault}") from fault
        if response.status_code not in {requests.codes.ok, requests.codes.accepted}:
            raise QbwcError("QBWC1003", f"AppSupport answers HTTP {response.status_code}")


def _check(response: requests.Response) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if response.status_code == requests.codes.internal_server_error and kind == "text/xml":
        return  # a SOAP fault, which `answer` reads
    if response.status_code != requests.codes.ok:
        raise UnreadableAnswerError(f"HTTP {response.status_code}")
    if kind != "text/xml":
        raise UnreadableAnswerError(
            f"Client found response content type of '{kind}', but expected 'text/xml'"
        )

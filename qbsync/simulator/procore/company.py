"""The company and the account: /me and /companies."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from qbsync.simulator.procore.answers import Json, Refusal, answer
from qbsync.simulator.procore.people import ACCOUNT_ID
from qbsync.simulator.procore.reading import number_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState

__all__ = ["ACCOUNT_ID", "Company", "require_company", "require_project"]


class Company:
    """Who asks, and which companies it may see."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("GET", "/rest/v1.0/me", self.me),
            Route("GET", "/rest/v1.0/companies", self.companies),
        ]

    def me(self) -> Response:
        """The service account."""
        return answer(
            {"id": ACCOUNT_ID, "login": "dmsa-connector@simulated.example", "name": "QBD Connector (DMSA)"}
        )

    def companies(self) -> Response:
        """The one company."""
        shown: Json = {
            "id": self._state.company_id,
            "name": self._state.company_name,
            "is_active": True,
            "logo_url": None,
            "pcn_business_experience": False,
            "my_company": True,
        }
        return answer([shown], headers={"Total": "1", "Per-Page": "100"})


def require_company(state: ProcoreState) -> None:
    """Refuse a call whose `company_id` is missing (400) or not this company's (403)."""
    if number_of("company_id") != state.company_id:
        raise Refusal(
            403, {"error": {"code": "FORBIDDEN", "message": "App is not connected to this company"}}
        )


def require_project(state: ProcoreState) -> int:
    """The `project_id` of the call; 400 where it is missing, 404 where there is no such project."""
    project_id = number_of("project_id")
    if state.project_table.find(project_id) is None:
        raise Refusal(404, {"errors": "Project not found"})
    return project_id

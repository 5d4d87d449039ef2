"""Creating projects in the simulated Procore."""

from __future__ import annotations

import pytest

PATH = "/rest/v1.0/projects"


@pytest.fixture
def create(client, state):
    """Creates a project and gives the answer's body."""

    def call(status: int = 201, **project: object):
        return client.post(PATH, {"company_id": state.company_id, "project": project}, status)

    return call


def test_a_project_is_created_with_the_codes_that_are_asked_for(create, state, small):
    """The standard codes of the ERP list come along only where the body says so."""
    bare = create(name="Bare", city="Oakland", start_date="2026-02-01")
    assert (bare["name"], bare["city"]) == ("Bare", "Oakland")
    assert state.cost_codes(bare["id"]) == []
    full = create(name="Full", enable_copy_of_standard_cost_codes=True)
    assert len(state.cost_codes(full["id"])) == len(state.standard_cost_codes())
    assert small.project not in (bare["id"], full["id"])


def test_a_project_needs_a_name_and_an_origin_id_of_its_own(create, state, client):
    """A blank name is 422, a taken origin id 409, a body without a project 400; nothing is made."""
    create(name="First", origin_id="80-1")
    before = len(state.projects())
    assert create(422, name=" ")["errors"] == {"name": ["can't be blank"]}
    assert create(409, name="Second", origin_id="80-1")["errors"] == {"origin_id": ["has already been taken"]}
    client.post(PATH, {"company_id": state.company_id}, 400)
    assert len(state.projects()) == before


def test_a_project_is_found_by_its_origin_id(create, client, state):
    """The v1.1 list narrows to the one that carries the id."""
    create(name="Other")
    made = create(name="First", origin_id="80-1")
    query = {"company_id": state.company_id, "filters[origin_id]": "80-1"}
    assert [row["id"] for row in client.get("/rest/v1.1/projects", **query).json()] == [made["id"]]

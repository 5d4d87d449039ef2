"""`qbsync explain`: what a code means, offline."""

from __future__ import annotations

import typer

from qbsync.cli.output import Json, ends_well, print_json
from qbsync.errors import NotFoundError
from qbsync.guidance import explain as advice_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


@ends_well
def explain(code: str, as_json: Json = False) -> None:
    """Explain a QuickBooks status, an HRESULT, a QBWC code, or a Procore error (procore-403)."""
    advice = advice_of(code)
    if advice is None:
        raise NotFoundError(
            f"Nothing is known about {code!r}.",
            guidance="Try a status (3100), an HRESULT (0x80040400), QBWC1012, or procore-403.",
        )
    if as_json:
        print_json(
            {
                "code": advice.code,
                "title": advice.title,
                "happened": advice.happened,
                "actor": advice.actor,
                "steps": list(advice.steps),
            }
        )
        return
    typer.echo(f"{advice.code}: {advice.title}\n\n{advice.happened}\n\nWho acts: {advice.actor}")
    for number, step in enumerate(advice.steps, start=1):
        typer.echo(f"  {number}. {step}")

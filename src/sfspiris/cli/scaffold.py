"""`sfspiris scaffold`: ready files to run it on a schedule."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """Where it can run on a schedule."""

    GITHUB_ACTIONS = "github-actions"
    GITLAB_CI = "gitlab-ci"
    SYSTEMD = "systemd"
    CRON = "cron"
    DOCKER = "docker"


FILES: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.GITHUB_ACTIONS: {".github/workflows/sfspiris.yml": "github-actions.yml"},
    Kind.GITLAB_CI: {".gitlab-ci.yml": "gitlab-ci.yml"},
    Kind.SYSTEMD: {"sfspiris.service": "sfspiris.service", "sfspiris.timer": "sfspiris.timer"},
    Kind.CRON: {"sfspiris.cron": "sfspiris.cron", "sfspiris-run.sh": "sfspiris-run.sh"},
    Kind.DOCKER: {"Dockerfile": "Dockerfile", "compose.yaml": "compose.yaml"},
}
"""What is written for each, by its place, and the file beside this module that it is a copy of."""

_SCRIPT_MODE: Final = 0o755


@with_common
def scaffold(
    common: Common,
    *,
    kind: Annotated[Kind, typer.Argument(help="What runs it.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder to write into; made when missing.")
    ] = Path(),
) -> None:
    """Write ready, commented files that run push and pull on a schedule. Nothing that is there is overwritten."""
    from sfspiris.cli.answers import answer
    from sfspiris.report.page import Page
    from sfspiris.report.shapes import SCHEMA_VERSION, Facts

    class ScaffoldDocument(Facts):
        """What was written."""

        schema_version: Literal[1] = SCHEMA_VERSION
        command: Literal["scaffold"] = "scaffold"
        kind: Kind
        folder: str
        files: tuple[str, ...]

    written = write(kind, out)
    document = ScaffoldDocument(kind=kind, folder=str(out.absolute()), files=written)

    def show(page: Page) -> None:
        for name in written:
            page.say(f"Wrote {out / name}.", style="bold")
        page.say("Its comments say what to do once, where the secrets go, and what each exit code leads to.")

    answer(common, document, lambda console: show(Page(console)))


def write(kind: Kind, out: Path) -> tuple[str, ...]:
    """Write the files of one kind into a folder and give their places in it.

    Raises UsageError, with nothing written, when one of them is there already or the folder cannot be written to.
    """
    from importlib.resources import files

    for name in FILES[kind]:
        if (out / name).exists():
            raise UsageError(
                f"{out / name} is there already, and is never overwritten.",
                remedy="Name another folder with --out, and compare the two.",
            )
    source = files("sfspiris.cli").joinpath("scaffolds")
    try:
        for name, kept in FILES[kind].items():
            place = out / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(source.joinpath(kept).read_bytes())
            if place.suffix == ".sh":
                place.chmod(_SCRIPT_MODE)
    except OSError as error:
        raise UsageError(
            f"The files could not be written to {out}: {error.strerror}.",
            remedy="Name a folder that this account can write to with --out.",
        ) from error
    return tuple(FILES[kind])

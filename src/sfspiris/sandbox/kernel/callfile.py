"""Every vendor call on disk, for whoever wants to judge them after the sandbox has ended.

The request log answers who asks a running sandbox and starts anew with every world. Where the environment names a folder,
each call is also appended to a file there, one JSON object a line, by every sandbox of every process:

    {"simulator", "method", "path", "query", "status", "agent", "fault", "body", "body_type", "response", "response_type"}

`status` is null where no answer was sent, `fault` names the effect of the fault that acted on the call, or is null, and
the two bodies hold one character for each byte (Latin-1). Sign-ins are left out: they carry secrets.
"""

import json
import os
from pathlib import Path
from typing import Self

from sfspiris.sandbox.kernel.requestlog import Call

FOLDER = "SFSPIRIS_SANDBOX_CALLS"
"""The environment variable that names the folder; it must exist."""


class CallFile:
    """Where one simulator of this process writes its calls."""

    def __init__(self, folder: Path, simulator: str) -> None:
        self._simulator = simulator
        self._path = folder / f"{simulator}-{os.getpid()}.jsonl"

    @classmethod
    def asked_for(cls, simulator: str) -> Self | None:
        """The file that the environment asks for, if it does."""
        folder = os.environ.get(FOLDER)
        return cls(Path(folder), simulator) if folder else None

    def write(self, call: Call, *, agent: str, fault: str | None) -> None:
        """Append one call. One write to a file opened for appending, so that sandboxes in several threads can share it."""
        if call.is_sign_in:
            return
        line = json.dumps(
            {
                "simulator": self._simulator,
                "method": call.method,
                "path": call.path,
                "query": call.query,
                "status": call.status,
                "agent": agent,
                "fault": fault,
                "body": call.body.decode("latin-1"),
                "body_type": call.body_type,
                "response": call.response.decode("latin-1"),
                "response_type": call.response_type,
            }
        )
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")

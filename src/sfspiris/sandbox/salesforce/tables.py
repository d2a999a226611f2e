"""The names of the record tables that hold no sObjects. Tables of sObjects are named like the object."""

from __future__ import annotations

from typing import Final

ORG: Final = "_org"
DECLARATIONS: Final = "_declarations"
CLIENTS: Final = "_clients"
ACCESS_TOKENS: Final = "_access_tokens"
REFRESH_TOKENS: Final = "_refresh_tokens"
CODES: Final = "_codes"
ASSERTIONS: Final = "_assertions"
JOBS: Final = "_jobs"
JOB_DATA: Final = "_job_data"
"""What was uploaded to a bulk job and what came of it, apart from the job itself, which changes more often."""

FILES: Final = "_files"
"""By version, the content of a file."""

GRANTS: Final = "_grants"
"""By permission set, the objects and fields it makes visible."""

COMPONENTS: Final = "_components"
"""By kind and full name, what was deployed last."""

DEPLOYMENTS: Final = "_deployments"

SIGN_IN: Final = (CLIENTS, ACCESS_TOKENS, REFRESH_TOKENS)
"""What starting over with another world leaves alone."""

"""The login page of the web server flow: whom to sign in as, and allow or deny."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.sandbox.kernel.records import Record

_CARRIED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "prompt",
)
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Log in to {org}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #f3f3f3; color: #181818 }}
form {{ max-width: 24rem; margin: 12vh auto; padding: 2rem; background: #fff; border: 1px solid #c9c9c9; border-radius: .5rem }}
h1 {{ font-size: 1.25rem; margin-top: 0 }} select, button {{ font: inherit; width: 100%; padding: .5rem; margin-top: .75rem }}
.wrong {{ color: #b60554 }}
</style></head>
<body><form method="post" action="/services/oauth2/authorize">
<h1>{org} (sandbox)</h1>
<p>{client} asks to read and write data for you.</p>
{wrong}{hidden}
<label>User <select name="username">{users}</select></label>
<button type="submit">Log in and allow</button>
<button type="submit" name="deny" value="1">Deny</button>
</form></body></html>
"""


def login_page(
    org: str, client: str, users: Sequence[Record], said: Mapping[str, str], *, failed: bool = False
) -> str:
    """The page as HTML; what the request said is carried along in hidden fields."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(said[name])}">\n'
        for name in _CARRIED
        if name in said
    )
    options = "".join(
        f'<option value="{escape(user["Username"])}">{escape(user["Name"])} ({escape(user["Username"])})</option>'
        for user in users
    )
    wrong = '<p class="wrong">There is no active user of that name.</p>\n' if failed else ""
    return _PAGE.format(org=escape(org), client=escape(client), hidden=hidden, users=options, wrong=wrong)

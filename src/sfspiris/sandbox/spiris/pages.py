"""The sign-in page: small, without scripts, without anything from elsewhere."""

from collections.abc import Iterable, Mapping
from html import escape

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b}"
    "h1{font-size:1.25rem}label{display:block;margin:1rem 0 .25rem}select,button{font:inherit;padding:.4rem .6rem}"
    "select{width:100%}.error{color:#a40000}.buttons{margin-top:1.5rem;display:flex;gap:.75rem}"
)


def chooser(
    hidden: Mapping[str, str],
    companies: Iterable[tuple[str, str]],
    *,
    chosen: str,
    client: str,
    problem: str | None = None,
) -> str:
    """The form where the user signs in and chooses a company: (key, shown name) each."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    options = "".join(
        f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{escape(name)}</option>'
        for key, name in companies
    )
    told = f'<p class="error" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Sign in to Spiris (sandbox)",
        f"<h1>Sign in to Spiris</h1><p>This is the local sandbox; no password is needed. "
        f"<strong>{escape(client)}</strong> asks for access to one company.</p>{told}"
        f'<form method="post" action="/connect/authorize">{fields}'
        f'<label for="company">Company</label><select id="company" name="company">{options}</select>'
        '<div class="buttons"><button type="submit" name="consent" value="yes">Allow</button>'
        '<button type="submit" name="consent" value="no">Deny</button></div></form>',
    )


def refusal(message: str) -> str:
    """The page shown when it would not be safe to send the browser back to the client."""
    return _page("Sign-in not possible", f"<h1>Sign-in is not possible</h1><p>{escape(message)}</p>")


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{content}</body></html>\n'
    )

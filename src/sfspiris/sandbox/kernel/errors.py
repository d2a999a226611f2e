"""What a person using the sandbox can get wrong, said so that it can be put right."""

_SHOWN = 80


class SandboxError(Exception):
    """A command or control call that the sandbox cannot carry out. The text is meant to be shown as it is."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        """The HTTP status of the answer when a control call is refused."""


def shortened(value: object) -> str:
    """What was sent, as a message can show it."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

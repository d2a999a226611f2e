"""What a person using the sandbox can get wrong, said so that it can be put right."""


class SandboxError(Exception):
    """A command or control call that the sandbox cannot carry out. The text is meant to be shown as it is."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        """The HTTP status of the answer when a control call is refused."""

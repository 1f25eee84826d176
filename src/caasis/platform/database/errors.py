"""What can go wrong with the embedded database, in the operator's words."""


class DatabaseProblem(Exception):
    """The embedded database can't be used. The text says what is wrong and what to do, in Japanese."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message}\n{self.detail}" if self.detail else self.message

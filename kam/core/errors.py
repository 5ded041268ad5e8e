class RuleViolation(Exception):  # noqa: N818
    """A business rule said no: `message` is for people (translated), `code` for programs.

    Pages show it with status 422, the API answers 409 (problem+json).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

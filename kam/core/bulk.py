"""What came of many objects sent at once: counted, and the bad ones named."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one object was not stored: its place in the call, its natural key, the field."""

    index: int
    key: str
    field: str
    code: str
    detail: str


@dataclass(slots=True)
class BulkOutcome:
    """received = created + updated + unchanged + rejected; an object is rejected once."""

    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)

    def reject(self, *errors: RowError) -> None:
        """Count one object as rejected and name every reason."""
        self.rejected += 1
        self.errors.extend(errors)

    def as_dict(self) -> dict[str, Any]:
        """The answer of the bulk endpoints; errors in the order of the objects."""
        self.errors.sort(key=lambda error: error.index)
        return asdict(self)


class BulkRejected(Exception):  # noqa: N818
    """All or nothing was asked for and some objects are bad: raised to roll back.

    The API answers 422 with every error.
    """

    def __init__(self, outcome: BulkOutcome) -> None:
        super().__init__(f"{outcome.rejected} of {outcome.received} rejected")
        self.outcome = outcome

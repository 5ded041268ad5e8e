"""Four eyes: what needs a signature is never signed by the person who asked for it."""


def may_decide(*, requested_by_id: int | None, decided_by_id: int) -> bool:
    """Whether this person may approve or reject the request: anyone but its author.

    A request without an author (shipped with the system) may be decided by anyone.
    """
    return requested_by_id != decided_by_id

"""The credit grades 信用等级, best first: docs/policies/credit.md section 3.4."""

GRADES = ("AAA", "AA", "A", "BBB", "BB", "B", "C", "D")


def notches_down(before: str, now: str) -> int:
    """How many grades lower `now` is; negative when it is higher. ValueError for no grade."""
    return GRADES.index(now) - GRADES.index(before)


def is_worse(grade: str, than: str) -> bool:
    """Whether a grade is lower than another one; the same is not."""
    return notches_down(than, grade) > 0


def worse_of(one: str, other: str) -> str:
    """The lower of two grades."""
    return other if is_worse(other, than=one) else one

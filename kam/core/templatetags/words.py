from collections.abc import Iterable

from django import template

from kam.core import words

register = template.Library()


@register.simple_tag
def colon() -> str:
    """What stands between a label and its value: ": " or "："."""
    return words.labelled("", "")


@register.filter
def listed(names: Iterable[object]) -> str:
    return words.listed(names)

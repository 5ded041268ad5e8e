from django import template
from django.utils.html import format_html

from accounts.models import Tier

register = template.Library()


@register.simple_tag
def tier_badge(tier: str) -> str:
    """The tier's name in its colour, the same on every page."""
    return format_html('<span class="badge tier-{}">{}</span>', tier, Tier(tier).label)

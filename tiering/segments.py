"""The eight value segments 客户价值细分 in the reader's language: name and what each calls for."""

from django.utils.translation import gettext_lazy as _

SEGMENT_LABELS = {
    "important_value": _("Important value"),  # 重要价值
    "important_develop": _("Important to develop"),  # 重要发展
    "important_keep": _("Important to keep"),  # 重要保持
    "important_retain": _("Important to win back"),  # 重要挽留
    "general_value": _("General value"),  # 一般价值
    "general_develop": _("General to develop"),  # 一般发展
    "general_keep": _("General to keep"),  # 一般保持
    "general_retain": _("General to win back"),  # 一般挽留
}

# What R, F and M say together, and what follows from it (docs/policies/tiering.md section 5).
SEGMENT_ADVICE = {
    "important_value": _("Recent, often, much: first in service, supply and attention."),
    "important_develop": _("Recent and much, but seldom: raise the frequency, widen the range."),
    "important_keep": _("Often and much, but not lately: get in touch before they drift away."),
    "important_retain": _("Much once, neither lately nor often: find out why, win them back."),
    "general_value": _("Recent and often, but little: offer more of the range."),
    "general_develop": _("Recent only: make the first orders a habit."),
    "general_keep": _("Often but little, and not lately: keep in touch at low cost."),
    "general_retain": _("Neither lately, nor often, nor much: serve as it comes."),
}

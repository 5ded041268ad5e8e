from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from staff.roles import ROLE_NAMES


def dashboard(request: HttpRequest) -> HttpResponse:
    """The first page after login."""
    return render(request, "home/dashboard.html")


def me(request: HttpRequest) -> HttpResponse:
    """Who is logged in, with which roles; as a fragment, the head of the user menu."""
    names = request.user.groups.values_list("name", flat=True)
    context = {"roles": [ROLE_NAMES.get(name, name) for name in sorted(names)]}
    template = "home/me.html#head" if request.htmx else "home/me.html"
    return render(request, template, context)

"""Every form of every page, and every parameter of every address, given what nobody types."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client

from tests.architecture.test_access import EVERY, path_of, release
from tests.architecture.test_access import world as world

BAD = {
    "NUL": "a\0b",
    "many digits": "9" * 5000,
    "more than a bigint": "9" * 19,
    "emoji in two lines": f"{'😀' * 120}\r\nb: c",
}
READ = re.compile(r'(?:GET|POST|data|asked)(?:\.get(?:list)?\(|\[)"(\w+)"')
VIEWS = [*Path().glob("*/views*.py"), *Path().glob("*/*/views*.py"), *Path().glob("*/views/*.py")]
PARAMETERS = {name for file in VIEWS for name in READ.findall(file.read_text())}


class Forms(HTMLParser):
    """The forms of a page: (method, action, names of its fields)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, list[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("method") or "get", given.get("action") or "", []))
        elif tag in ("input", "select", "textarea", "button") and given.get("name") and self.found:
            self.found[-1][2].append(given["name"])


def forms_of_all_pages(client, world):
    """The addresses that take a form with the names of its fields, and those that show a page."""
    forms, pages = set(), []
    for url in EVERY:
        if url.is_api or url.route.startswith(("auth/", "admin/")):  # these are Django's, allauth's
            continue
        path = path_of(url, world)
        response = client.get(path)
        release(response)
        if response.status_code != 200 or response.streaming:
            forms.add((path, ()))  # perhaps it takes a POST only
            continue
        pages.append(path)
        for method, action, names in Forms(response.text).found:
            if method == "post" and not action.startswith("/auth/"):
                forms.add((urlsplit(action or path)._replace(fragment="").geturl(), tuple(names)))
    return sorted(forms), pages


@pytest.mark.trust
def test_no_form_and_no_parameter_is_answered_with_5xx(world, anna):
    client = Client(raise_request_exception=False)
    anna.is_superuser = True
    anna.save()
    client.force_login(anna)
    forms, pages = forms_of_all_pages(client, world)
    assert len(forms) > 150
    assert len(pages) > 150
    broken = []

    def ask(method, address, data, what):
        with transaction.atomic():
            response = getattr(client, method)(address, data)
            release(response)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            broken.append((method, address, what))

    for what, bad in BAD.items():
        for address, names in forms:
            ask("post", address, dict.fromkeys([*names, *PARAMETERS], bad), what)
    for page in pages:
        ask("get", page, dict.fromkeys(PARAMETERS, BAD["many digits"]), "many digits")

    assert broken == []

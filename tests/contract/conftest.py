import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from .door import AS_OF, SCOPES, Api, ok

MakeToken = Callable[..., str]
Recompute = Callable[..., dict[str, Any]]


@pytest.fixture
def make_token(db: None) -> MakeToken:
    """A token as an operator makes it."""

    def make(*scopes: str, username: str = "erp", days: int | None = None) -> str:
        options = [option for scope in scopes for option in ("--scope", scope)]
        if days is not None:
            options += ["--days", str(days)]
        out = io.StringIO()
        call_command("create_api_token", username, *options, stdout=out)
        return out.getvalue().strip()

    return make


@pytest.fixture
def api(make_token: MakeToken) -> Api:
    """A client that may do everything."""
    return Api(make_token(*SCOPES))


@pytest.fixture
def k1(api: Api) -> str:
    """An account to hang orders on."""
    assert api.accounts({"account_number": "K1", "name": "Company K1"})["created"] == 1
    return "K1"


@pytest.fixture
def recompute(api: Api, django_capture_on_commit_callbacks: Any) -> Recompute:
    """Run a recompute to its end; returns the finished run."""

    def run(as_of: date = AS_OF) -> dict[str, Any]:
        with django_capture_on_commit_callbacks(execute=True):
            queued = api.post("/tiering/runs/", {"as_of": str(as_of)})
        assert queued.status_code == 202, queued.text
        finished: dict[str, Any] = ok(api.get(f"/tiering/runs/{queued.json()['id']}/"))
        assert finished["status"] == "succeeded", finished
        return finished

    return run

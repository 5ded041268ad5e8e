"""Every operation of the schema with made-up input: no 5xx, and answers as the schema says."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kam.core.scopes import SCOPES
from kam.wsgi import application
from tests.factories import make_account, make_order, make_token

EXAMPLES = 6  # per operation
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def kept_connection(db):
    """The test's connection survives the requests, as with Django's own test client."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # schemathesis leaves its own files open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_input_is_answered_with_5xx_or_against_the_schema(settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    settings.ALLOWED_HOSTS = ["*"]
    make_order(make_account(account_number="K1"))
    headers = {
        "Authorization": f"Bearer {make_token(*SCOPES)}",
        "Accept-Encoding": "identity",  # schemathesis unpacks nothing
    }
    load_all_checks()
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = application
    problems = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _fuzz(operation, headers)
        except (Exception, FailureGroup) as failure:
            problems.append(f"{operation.label}: {failure}")

    assert problems == [], "\n\n".join(problems)


def _fuzz(operation, headers):
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case):
        with transaction.atomic():  # nothing that one call writes is seen by the next
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    call()

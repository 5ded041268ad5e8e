"""Every operation of the schema with made-up input: no 5xx, and answers as the schema says."""

import pytest
import schemathesis
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
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


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # schemathesis leaves its own files open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_input_is_answered_with_5xx_or_against_the_schema(settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    settings.ALLOWED_HOSTS = ["*"]
    make_order(make_account(account_number="K1"))
    headers = {"Authorization": f"Bearer {make_token(*SCOPES)}"}
    load_all_checks()
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    schema.app = application
    problems = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _fuzz(operation, headers)
        except Exception as failure:
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

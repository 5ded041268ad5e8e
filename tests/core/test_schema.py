"""The OpenAPI description is complete and valid."""

from django.core.management import call_command


def test_the_openapi_schema_is_valid_and_free_of_warnings(tmp_path):
    file = tmp_path / "schema.yml"

    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(file))

    assert "/api/v1/orders/bulk/" in file.read_text()

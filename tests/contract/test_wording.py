"""What a refusal says: what is wrong and what to do, in words and not in types of a program."""

import pytest

from .door import Api, line, only_error, order, problem

ENGLISH = {"Accept-Language": "en"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "lost"}, "Give one of: cancelled, delivered, open."),
        ({"ordered_on": "2026-02-30"}, "Give a day that exists, as YYYY-MM-DD."),
        ({"order_number": 5}, "This must be text in quotes, and is a whole number."),
        ({"order_number": ""}, "This may not be empty."),
        ({"account_number": "x" * 41}, "At most 40 characters."),
        ({"currency": "usd"}, "A currency is three capital letters, such as USD."),
        ({"version": "1"}, "This must be a whole number / null, and is text in quotes."),
        ({"colour": "red"}, "There is no such field."),
        ({"lines": [line() | {"line_number": -1}]}, "At least 0."),
        (
            {"lines": [line(unit_price="1e3")]},
            'Write the figure in plain digits with a point, such as 1250.00 or "1250.00".',
        ),
        (
            {"lines": [line() | {"unit_price": True}]},
            'This must be a figure such as "1250.00", and is true or false.',
        ),
    ],
    ids=str,
)
def test_a_refused_row_says_what_to_send(api, k1, change, says):
    body = {"orders": [order("BAD") | change]}

    answer = api.post("/orders/bulk/", body, **ENGLISH).json()

    assert only_error(answer)["detail"] == says


@pytest.mark.parametrize(
    ("language", "says"), [("en", "At most 4 decimals."), ("zh-hans", "最多 4 位小数。")]
)
def test_a_rule_that_a_row_breaks_is_said_in_the_language_of_the_caller(api, k1, language, says):
    body = {"orders": [order("BAD", lines=[line(unit_price="1.00001")])]}

    answer = api.post("/orders/bulk/", body, **{"Accept-Language": language}).json()

    assert only_error(answer)["detail"] == says


def test_a_member_that_is_missing_is_called_required(api, k1):
    bad = order("BAD")
    del bad["ordered_on"]

    answer = api.post("/orders/bulk/", {"orders": [bad]}, **ENGLISH).json()

    error = only_error(answer)
    assert (error["field"], error["detail"]) == ("ordered_on", "This field is required.")


@pytest.mark.parametrize(
    ("field", "choices"),
    [
        ("channel", "phone, email, post, fax, web, person, referral, api"),
        ("severity", "minor, moderate, severe"),
    ],
)
def test_the_words_that_a_complaint_may_use_are_named(api, k1, field, choices):
    complaint = {
        "complaint_number": "C1",
        "account_number": "K1",
        "channel": "phone",
        "category": "Quality",
        "severity": "minor",
        "title": "Leaks",
        "received_at": "2026-06-01",
        field: "shouted",
    }

    bulk = api.post("/complaints/bulk/", {"complaints": [complaint]}, **ENGLISH).json()
    del complaint["complaint_number"], complaint["received_at"]
    one = api.post("/complaints/", complaint, **ENGLISH)

    assert only_error(bulk)["detail"] == f"Give one of: {choices}."
    assert problem(one, 422)["errors"][0]["detail"] == f"Give one of: {choices}."


@pytest.mark.parametrize("body", [b"[", b"[1,]", b"nul", b"[" * 100_000, b'"x'])
def test_what_is_no_json_is_400_also_when_it_does_not_begin_as_an_object(api, body):
    problem(api.call("POST", "/orders/bulk/", body), 400)


def test_a_refusal_says_what_the_call_lacks(api, make_token):
    reader = Api(make_token("orders:read"))
    no_token = Api(None).call("GET", "/accounts/", **ENGLISH)
    no_scope = reader.call("POST", "/orders/bulk/", b"{}", **ENGLISH)
    no_json = api.call("PUT", "/accounts/K1/", b"{}", **ENGLISH, **{"Content-Type": "text/plain"})
    no_gzip = api.call("POST", "/orders/bulk/", b"", **ENGLISH, **{"Content-Encoding": "br"})
    null = api.call("GET", "/accounts/?search=%00", **ENGLISH)

    assert "Authorization: Bearer" in problem(no_token, 401)["detail"]
    assert "orders:write" in problem(no_scope, 403)["detail"]
    assert "Content-Type: application/json" in problem(no_json, 415)["detail"]
    assert "must be gzip" in problem(no_gzip, 415)["detail"]
    assert "null character" in problem(null, 400)["detail"]


@pytest.mark.parametrize("number", ["A B", "A#1", "A?", "50%", "A/B", "A\\B"])
def test_a_number_that_no_account_can_have_is_told_apart_from_a_missing_one(api, number):
    body = {"orders": [order("BAD", number)], "create_missing_accounts": True}

    made = api.post("/orders/bulk/", body, **ENGLISH).json()
    sent = api.post("/accounts/bulk/", {"accounts": [{"account_number": number}]}, **ENGLISH).json()

    assert "none can be made with this number" in only_error(made)["detail"]
    assert "no blanks, slashes, ?, # and percent signs" in only_error(sent)["detail"]

"""Conventions: gzip both ways, and bodies whose length is not known before."""

import gzip
import io
import json
import zlib

import pytest

from .door import account, ok, order, problem

GZIP = {"Content-Encoding": "gzip"}


def packed(document):
    return gzip.compress(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/accounts/bulk/", {"accounts": [account("K1", name="上海电机厂")]}),
        ("/orders/bulk/", {"orders": [order("O-1", None)]}),
        ("/products/bulk/", {"products": [{"product_code": "P-1", "name": "Bolt"}]}),
    ],
)
def test_a_gzipped_body_is_read(api, path, document):
    assert ok(api.call("POST", path, packed(document), **GZIP))["created"] == 1


def test_a_gzipped_body_says_the_same(api):
    api.call(
        "POST", "/accounts/bulk/", packed({"accounts": [account("K1", name="上海电机厂")]}), **GZIP
    )

    assert ok(api.get("/accounts/K1/"))["name"] == "上海电机厂"


def test_a_body_of_several_gzip_members_is_one_body(api):
    text = json.dumps({"accounts": [account("K1")]}).encode()
    body = gzip.compress(text[:20]) + gzip.compress(text[20:])

    response = api.call("POST", "/accounts/bulk/", body, **GZIP)

    if response.status_code != 200:  # RFC 1952 allows it; refusing is honest, half of it is not
        problem(response, 400)


@pytest.mark.parametrize(("members", "stored"), [(400, 200), (401, 404)])
def test_more_members_than_any_client_sends_are_refused(api, members, stored):
    """Each costs as much as all that comes after it: a million of them would take days."""
    text = json.dumps({"accounts": [account("K1")]}).encode()
    body = gzip.compress(text) + gzip.compress(b" ") * (members - 1)

    response = api.call("POST", "/accounts/bulk/", body, **GZIP)

    assert response.status_code == (200 if stored == 200 else 400)
    assert api.get("/accounts/K1/").status_code == stored


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: b"not gzip at all",
        lambda body: b"",
        lambda body: body[:10],
        lambda body: body[:-12],
        lambda body: body[:-5] + bytes([body[-5] ^ 255]) + body[-4:],  # the checksum
        lambda body: body + b"rubbish",
        lambda body: zlib.compress(b'{"accounts": []}'),
    ],
    ids=["text", "empty", "header only", "cut short", "wrong checksum", "more after it", "zlib"],
)
def test_a_broken_gzip_body_is_400_and_stores_nothing(api, spoil):
    body = spoil(packed({"accounts": [account("K1")]}))

    problem(api.call("POST", "/accounts/bulk/", body, **GZIP), 400)

    problem(api.get("/accounts/K1/"), 404)


def test_a_plain_body_declared_as_gzip_is_400(api):
    body = json.dumps({"accounts": [account("K1")]}).encode()

    problem(api.call("POST", "/accounts/bulk/", body, **GZIP), 400)


def test_a_gzip_body_that_grows_beyond_the_limit_is_413(api):
    body = gzip.compress(b'{"accounts": []' + b" " * 60_000_000 + b"}", compresslevel=1)
    assert len(body) < 1_000_000

    problem(api.call("POST", "/accounts/bulk/", body, **GZIP), 413)


def test_an_encoding_we_do_not_know_is_refused(api):
    body = json.dumps({"accounts": [account("K1")]}).encode()

    problem(api.call("POST", "/accounts/bulk/", body, **{"Content-Encoding": "br"}), 400, 415)


def test_answers_are_gzipped_for_who_accepts_it(api):
    api.accounts(*[account(f"K{n}") for n in range(20)])

    plain = api.get("/accounts/")
    small = api.call("GET", "/accounts/", **{"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert json.loads(gzip.decompress(small.content)) == plain.json()


def in_pieces(api, body, **headers):
    """A call as a WSGI server hands it on whose body came with Transfer-Encoding: chunked."""
    environ = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    return api.client.generic(
        "POST",
        "/api/v1/products/bulk/",
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.token}", "Transfer-Encoding": "chunked"} | headers,
        **environ,
    )


@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
def test_a_body_that_comes_in_pieces_is_read(api, headers):
    text = json.dumps({"products": [{"product_code": "P-1"}]}).encode()

    answer = in_pieces(api, gzip.compress(text) if headers else text, **headers)

    assert ok(answer)["created"] == 1


def test_a_body_in_pieces_has_the_same_limit(api):
    text = b'{"products":[]}'

    problem(in_pieces(api, text + b" " * (20 * 2**20 + 1 - len(text))), 413)
    ok(in_pieces(api, text + b" " * (20 * 2**20 - len(text))))

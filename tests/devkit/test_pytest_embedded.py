import pytest

from devkit.pytest_embedded import worker_redis_url


@pytest.mark.parametrize(
    ("url", "worker", "expected"),
    [
        ("redis://:secret@127.0.0.1:6379/0", "gw0", "redis://:secret@127.0.0.1:6379/1"),
        ("redis://127.0.0.1:6379/0", "gw11", "redis://127.0.0.1:6379/12"),
        ("redis://127.0.0.1:6379", "gw1", "redis://127.0.0.1:6379/2"),
    ],
)
def test_each_worker_has_a_redis_database_of_its_own(url, worker, expected):
    assert worker_redis_url(url, worker) == expected

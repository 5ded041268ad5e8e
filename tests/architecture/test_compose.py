"""docker-compose.yml runs what `make run` runs, in order, watched."""

from pathlib import Path

import pytest
import yaml

from devkit import processes

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"web", "worker", "beat"}
START = ["python", "-m", "devkit.processes"]


def test_the_services_are_those_of_the_design():
    assert set(SERVICES) == {"postgres", "redis", "prepare"} | OURS


@pytest.mark.parametrize("name", sorted(OURS | {"prepare"}))
def test_a_service_starts_as_make_run_starts_it(name):
    assert SERVICES[name]["command"] == [*START, name]
    assert processes.command(name)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_is_watched_by_its_own_check(name):
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", *START, "healthy", name]
    assert name in processes.HEALTHY


def test_the_servers_are_watched_and_keep_their_data():
    for name in ("postgres", "redis"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        volume = SERVICES[name]["volumes"][0].partition(":")[0]
        assert volume in COMPOSE["volumes"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_waits_for_the_servers_and_the_migrations(name):
    assert SERVICES[name]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "prepare": {"condition": "service_completed_successfully"},
    }


def test_redis_loses_no_task():
    assert "--appendonly yes" in " ".join(SERVICES["redis"]["command"])
    assert "--maxmemory-policy noeviction" in " ".join(SERVICES["redis"]["command"])


def test_secrets_come_from_the_environment_and_have_no_default():
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text().splitlines()

    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{name}:?" in text
        assert f"{name}=" in example
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    assert ".env" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_image_runs_as_an_ordinary_user_and_starts_the_web_process():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert "USER kam" in lines
    assert f"CMD {[*START, 'web']}".replace("'", '"') in lines
    assert any("--require-hashes" in line for line in lines)

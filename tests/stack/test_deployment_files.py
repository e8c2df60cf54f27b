"""Dockerfile, compose.yaml and their neighbours hold together. No container engine is needed."""

import re
import shlex

import pytest

from coaching.run import BASE_DIR
from tests.stack.deployment import (
    HOST,
    NAME,
    compose,
    dockerfile,
    image_environment,
    is_let_through,
    procfile,
)

pytestmark = pytest.mark.stack
SERVICES = compose()["services"]
OURS = {"migrate": "release", "web": "web", "worker": "worker", "beat": "beat"}
GUIDE = (BASE_DIR / "docs" / "deployment.md").read_text()
ONLY_FOR_COMPOSE = {"SITE_DOMAIN", "POSTGRES_PASSWORD"}


def names_in(text):
    """The names that an environment file sets, or shows behind a # as one that may be set."""
    return set(re.findall(r"(?m)^(?:# )?([A-Z][A-Z_]+)=", text))


def words(instruction):
    return [words for name, words in dockerfile() if name == instruction]


@pytest.mark.parametrize(("service", "line"), OURS.items())
def test_a_service_runs_what_the_procfile_says_from_the_one_image(service, line):
    port = image_environment()["PORT"]

    assert SERVICES[service]["command"] == procfile()[line].replace("$PORT", port)
    assert (SERVICES[service]["image"], SERVICES[service]["build"]) == ("front-desk", ".")
    assert set(procfile()) == set(OURS.values())


def test_only_caddy_can_be_reached_from_outside_and_it_does_not_see_the_database():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert compose()["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "inside" in service["networks"]} == {
        *OURS, "postgres", "redis"
    }  # fmt: skip
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


def test_every_service_comes_back_and_is_bounded_in_memory_and_logs():
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["read_only"] is True, name
        assert not {"container_name", "privileged"} & set(service), name


def test_who_answers_is_asked_for_its_health_and_who_does_not_is_not():
    assert [words for words in words("HEALTHCHECK") if "/livez" in words]
    assert "healthcheck" not in SERVICES["web"]  # the image's
    for name in ("migrate", "worker", "beat"):
        assert SERVICES[name]["healthcheck"] == {"disable": True}
    assert SERVICES["postgres"]["healthcheck"]["test"].startswith("pg_isready")
    assert SERVICES["redis"]["healthcheck"]["test"] == "valkey-cli ping"


def test_nothing_starts_before_the_database_is_migrated():
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        needed = SERVICES[name]["depends_on"]["migrate"]
        assert needed == {"condition": "service_completed_successfully"}


def test_a_message_under_way_is_waited_for_when_a_service_stops(settings):
    grace = {int(SERVICES[name]["stop_grace_period"].rstrip("s")) for name in ("web", "worker")}

    assert min(grace) > settings.TWILIO_TIMEOUT_SECONDS + settings.EMAIL_TIMEOUT


def test_what_must_be_kept_lies_in_a_volume():
    kept = {
        name: [mount.split(":")[1] for mount in service.get("volumes", [])]
        for name, service in SERVICES.items()
    }

    assert kept["postgres"] == ["/var/lib/postgresql/data"]
    assert kept["redis"] == ["/data"]
    assert kept["beat"] == [SERVICES["beat"]["environment"]["VAR_DIR"]]
    assert "/data" in kept["caddy"]  # the certificates
    mounted = {mount.split(":")[0] for service in SERVICES.values()
               for mount in service.get("volumes", [])}  # fmt: skip
    assert mounted == set(compose()["volumes"])


@pytest.mark.parametrize("name", HOST)
def test_compose_refuses_to_start_without_its_secrets_and_says_which(name):
    with pytest.raises(ValueError, match=f"{name}: set "):
        compose({**HOST, name: ""})


def test_no_secret_has_a_value_in_the_files():
    for name in ("compose.yaml", "Dockerfile"):
        text = (BASE_DIR / name).read_text()
        for found in re.findall(r"(?m)^\s*(\w*(?:SECRET|PASSWORD|TOKEN|KEY)\w*)[:=] *(.*)", text):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", found[1]), found
    assert not [words for words in words("ENV") + words("ARG") if re.search("SECRET|PASS", words)]


def test_compose_uses_no_name_that_the_guide_or_the_settings_do_not_explain():
    asked = {name for name, _ in NAME.findall((BASE_DIR / "compose.yaml").read_text())}
    known = names_in((BASE_DIR / ".env.example").read_text())

    assert asked == {"SECRET_KEY"} | ONLY_FOR_COMPOSE
    assert set(SERVICES["web"]["environment"]) <= known
    assert names_in(GUIDE) <= known | ONLY_FOR_COMPOSE
    assert names_in(GUIDE) >= asked


def test_the_example_lists_exactly_what_the_settings_read():
    settings = (BASE_DIR / "coaching" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))

    assert names_in((BASE_DIR / ".env.example").read_text()) == read


def test_caddy_passes_everything_of_the_one_site_to_web():
    text = compose()["configs"]["caddyfile"]["content"]
    lines = [line.strip() for line in text.splitlines() if not line.strip().startswith("#")]

    site = lines.index(f"{HOST['SITE_DOMAIN']} {{")
    assert lines[site + 1] == "reverse_proxy web:8000 {"
    assert lines.count("}") == sum(line.endswith("{") for line in lines)
    assert {"read_header 5s", "read_body 20s", "request_buffers 1MiB"} <= set(lines)
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == "1"
    assert {f"{port}:{port}" for port in (80, 443)} <= set(SERVICES["caddy"]["ports"])


def test_the_image_stands_on_a_pinned_base_and_runs_as_nobody_in_particular():
    bases = {words.split()[0] for words in words("FROM")}

    assert len(bases) == 1 and re.fullmatch(r"python:3\.\d+-slim-\w+", bases.pop())
    assert words("USER") == ["10001"]
    assert [name for name, _ in dockerfile()].index("USER") > max(
        n for n, (name, _) in enumerate(dockerfile()) if name in ("RUN", "COPY")
    )
    assert words("STOPSIGNAL") == ["SIGTERM"]


def test_packages_are_installed_by_their_hashes_and_none_is_for_development():
    installs = [shlex.split(line) for line in words("RUN") if "pip install" in line]

    assert [line[line.index("-r") + 1] for line in installs] == [
        "requirements.txt", "requirements-nodeps.txt"
    ]  # fmt: skip
    assert all("--require-hashes" in line for line in installs)
    assert ["--no-deps" in line for line in installs] == [False, True]


def test_what_the_image_copies_is_there_and_secrets_and_tests_stay_outside():
    copied = [words.split()[:-1] for words in words("COPY") if "--from" not in words]

    assert copied == [["requirements.txt", "requirements-nodeps.txt"], ["."]]
    for path in [*copied[0], "manage.py", "coaching/settings.py", "static/css/app.css"]:
        assert (BASE_DIR / path).exists() and is_let_through(path), path
    for path in (".env", ".env.local", ".git/config", ".var/db.sqlite3", ".venv/bin/python",
                 "tests/conftest.py", "coaching/__pycache__/urls.cpython-313.pyc"):  # fmt: skip
        assert not is_let_through(path), path

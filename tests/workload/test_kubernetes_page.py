"""examples/workloads/kubernetes: parts of each pod fit together, and a program in it logs in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types

from tests.docs.pages import code_blocks
from tests.support.servers import PROJECT
from tests.workload.language_programs import DJANGO, EXAMPLES, build, running
from tests.workload.trusted_issuer import AUDIENCE, USER, Trusted

FOLDER = EXAMPLES / "kubernetes"
WHO = "SELECT current_user"


def deployment(name: str) -> Any:
    """Return the pod that a file of the folder describes."""
    (found,) = [
        document
        for document in yaml.safe_load_all((FOLDER / name).read_text())
        if document["kind"] == "Deployment"
    ]
    labels = found["spec"]["template"]["metadata"]["labels"]
    assert found["spec"]["selector"]["matchLabels"] == labels
    return found["spec"]["template"]["spec"]


def containers(pod: Any) -> list[Any]:
    return [*pod.get("initContainers", []), *pod["containers"]]


class Pod:
    """A pod on this machine: each of its volumes is a folder."""

    def __init__(self, spec: Any, folder: Path) -> None:
        self.volumes = {volume["name"]: folder / volume["name"] for volume in spec["volumes"]}
        for place in self.volumes.values():
            place.mkdir()

    def here(self, container: Any, text: str) -> str:
        """Return a text of a container with its paths on this machine."""
        for mount in container["volumeMounts"]:
            text = text.replace(mount["mountPath"], str(self.volumes[mount["name"]]))
        return text

    def environment(self, container: Any) -> dict[str, str]:
        given = {one["name"]: self.here(container, one["value"]) for one in container["env"]}
        return {**given, "PYTHONPATH": str(PROJECT)}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that reads the token file for each connection."""
    folder = tmp_path / "program"
    build(DJANGO, folder)
    return folder


@pytest.mark.parametrize("name", ["projected.yaml", "sidecar.yaml"])
def test_a_container_mounts_volumes_of_its_pod(name: str) -> None:
    pod = deployment(name)
    volumes = {volume["name"] for volume in pod["volumes"]}

    for container in containers(pod):
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        paths = [one["value"] for one in container["env"]]
        folders = [mount["mountPath"] for mount in container["volumeMounts"]]
        assert all(str(Path(path).parent) in folders for path in paths)


def test_the_config_map_of_the_page_has_what_the_pods_read() -> None:
    (script,) = code_blocks("docs/workloads/kubernetes.md", "sh")
    command = script.splitlines()[1]

    assert command.startswith("kubectl create configmap crdb ")
    assert {file.partition("=")[2] for file in command.split()[4:]} == {"connect.json", "ca.crt"}
    for name in ("projected.yaml", "sidecar.yaml"):
        assert {"name": "crdb", "configMap": {"name": "crdb"}} in deployment(name)["volumes"]


def test_kubectl_makes_the_config_map(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl on this machine")
    (script,) = code_blocks("docs/workloads/kubernetes.md", "sh")
    for name in ("connect.json", "ca.crt"):
        (tmp_path / name).write_text("{}")

    made = subprocess.run(
        [*script.splitlines()[1].split(), "--dry-run=client", "-o", "json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(made.stdout)["data"] == {"connect.json": "{}", "ca.crt": "{}"}


def test_a_projected_token_is_read_again_when_the_kubelet_replaces_it(
    program: Path, trusted: Trusted, tmp_path: Path
) -> None:
    spec = deployment("projected.yaml")
    (container,) = spec["containers"]
    (source,) = spec["volumes"][1]["projected"]["sources"]
    asked = source["serviceAccountToken"]
    assert (asked["audience"], asked["path"]) == (AUDIENCE, "token")
    pod = Pod(spec, tmp_path)
    (pod.volumes["crdb"] / "connect.json").write_text(json.dumps(trusted.connect))
    kubelet = Kubelet(pod.volumes["crdb-token"])
    kubelet.write(trusted.expired())

    with running(DJANGO, program, pod.environment(container)) as orders:
        orders.ask(WHO)
        orders.told("the token expired")
        kubelet.write(trusted.token())
        orders.ask(WHO)
        orders.answered(USER)


class Kubelet:
    """Replaces a token as the kubelet does: the file is a link, and its folder is another."""

    def __init__(self, volume: Path) -> None:
        self.volume, self.number = volume, 0
        (volume / "token").symlink_to("..data/token")

    def write(self, token: str) -> None:
        self.number += 1
        fresh = self.volume / f"..{self.number}"
        fresh.mkdir()
        (fresh / "token").write_text(token)
        (self.volume / "..data_tmp").symlink_to(fresh.name)
        (self.volume / "..data_tmp").rename(self.volume / "..data")


def test_a_sidecar_writes_the_token_that_the_program_reads(
    program: Path, trusted: Trusted, tmp_path: Path
) -> None:
    spec = deployment("sidecar.yaml")
    (sidecar,), (container,) = spec["initContainers"], spec["containers"]
    assert sidecar["restartPolicy"] == "Always"
    pod = Pod(spec, tmp_path)
    connect = trusted.connect
    connect[USER]["source"] = {"kind": "file", "path": str(tmp_path / "of the platform")}
    (tmp_path / "of the platform").write_text(trusted.token())
    (pod.volumes["crdb"] / "connect.json").write_text(json.dumps(connect))
    (words,) = [line for line in dockerfile() if line.startswith("ENTRYPOINT ")]
    assert json.loads(words.partition(" ")[2]) == ["crdb-sso"]

    subprocess.run(
        [
            *(sys.executable, "-m", "crdb_sso"),
            *(pod.here(sidecar, word) for word in sidecar["args"]),
            "--once",  # or it would go on
        ],
        env={**os.environ, **pod.environment(sidecar)},
        check=True,
        timeout=60,
    )

    probe = sidecar["startupProbe"]["exec"]["command"]
    subprocess.run([pod.here(sidecar, word) for word in probe], check=True, timeout=60)
    with running(DJANGO, program, pod.environment(container)) as orders:
        orders.ask(WHO)
        orders.answered(USER)


def test_the_sidecar_and_the_program_are_one_user() -> None:
    pod = deployment("sidecar.yaml")

    assert pod["securityContext"]["runAsUser"] == 10001
    assert "USER 10001" in dockerfile()
    assert not any("securityContext" in container for container in containers(pod))


def dockerfile() -> list[str]:
    return (FOLDER / "Dockerfile").read_text().splitlines()

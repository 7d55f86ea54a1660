"""What the measured gate reports, and which findings are red."""

import pytest

from dev.gate import findings, flat_folders


def said(path: str, text: str) -> list[str]:
    return [str(finding) for finding in findings(path, text)]


SIZES = [
    pytest.param("x = 1\n" * 300, [], id="a file of 300 lines"),
    pytest.param("x = 1\n" * 301, ["1: file of 301 lines (> 300)"], id="a file of 301 lines"),
    pytest.param("def _f():\n" + "    x = 1\n" * 59, [], id="a function of 60 lines"),
    pytest.param(
        "def _f():\n" + "    x = 1\n" * 60,
        ["1: function _f of 61 lines (> 60)"],
        id="a function of 61 lines",
    ),
    pytest.param(
        ("def _f():\n" + "    x = 1\n" * 39) * 7,
        [],
        id="seven long functions are too few for a measure",
    ),
    pytest.param(
        "def _f(): pass\n" * 8 + ("def _g():\n" + "    x = 1\n" * 39) * 4,
        ["1: one function in ten is longer than 40 lines (> 35)"],
        id="four long functions in twelve",
    ),
    pytest.param("def f(): pass\n", ["1: public function f: no docstring"], id="no docstring"),
    pytest.param("def f():\n    '''Does.'''\n    def g(): pass\n", [], id="inner function"),
]


@pytest.mark.parametrize(("text", "expected"), SIZES)
def test_sizes_and_docstrings_are_reported_not_red(text, expected):
    path = "crdb_sso/plan/planner.py"

    assert said(path, text) == [f"{path}:{finding}" for finding in expected]


@pytest.mark.parametrize(
    ("folder", "size", "expected"),
    [
        ("crdb_sso/plan", 24, []),
        ("crdb_sso/plan", 25, ["crdb_sso/plan:1: folder of 25 files (> 24)"]),
        ("tests/unit", 25, []),
    ],
)
def test_a_flat_folder_of_the_product_is_reported_not_red(folder, size, expected):
    files = [f"{folder}/m{number}.py" for number in range(size)]

    assert list(map(str, flat_folders([*files, f"{folder}/guards/keys.py"]))) == expected


ANY = "1: RED `Any` without a reason (say why: `# any: reason`)"
CATCH = "2: RED `except` that catches everything"
PULUMI = "1: RED `pulumi` imported outside crdb_sso/provider/"
MERGE = "1: RED `.merge(opts)`: use child_options"
SQL = "1: RED f-string or + inside execute(...): compose it with psycopg.sql"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("dev/x.py", "x =", ["1: RED not Python: invalid syntax"], id="not Python"),
        pytest.param("crdb_sso/plan/planner.py", "x: Any = 1", [ANY], id="Any in a rule"),
        pytest.param("components/oidc.py", "x: typing.Any = 1", [ANY], id="typing.Any"),
        pytest.param("stack_config.py", "x: dict[str, Any] = {}", [ANY], id="Any in the program"),
        pytest.param(
            "crdb_sso/plan/planner.py", "x: Any = 1  # any: it is so", [], id="Any with a reason"
        ),
        pytest.param("crdb_sso/plan/planner.py", "from typing import Any", [], id="only imported"),
        pytest.param("dev/issuer.py", "x: Any = 1", [], id="Any in a tool"),
        pytest.param(
            "crdb_sso/provider/cluster_logins.py",
            "x: Any = 1",
            ["1: `Any` without a reason (say why: `# any: reason`)"],
            id="Any at the door is not red",
        ),
        pytest.param("dev/x.py", "try: f()\nexcept Exception: g()", [CATCH], id="except Exception"),
        pytest.param("tests/x.py", "try: f()\nexcept: g()", [CATCH], id="bare except"),
        pytest.param(
            "dev/x.py", "try: f()\nexcept (OSError, BaseException): g()", [CATCH], id="in a tuple"
        ),
        pytest.param("dev/x.py", "try: f()\nexcept (OSError, KeyError): g()", [], id="named ones"),
        pytest.param("crdb_sso/plan/planner.py", "import pulumi.dynamic", [PULUMI], id="import"),
        pytest.param("crdb_sso/clients/x.py", "from pulumi import log", [PULUMI], id="from"),
        pytest.param("crdb_sso/provider/x.py", "import pulumi", [], id="in the provider"),
        pytest.param("crdb_sso/plan/planner.py", "import pulumi_words", [], id="another module"),
        pytest.param("components/oidc.py", "o = a.merge(opts)", [MERGE], id="merge"),
        pytest.param("components/oidc.py", "o = R.merge(a, self.opts)", [MERGE], id="merge of two"),
        pytest.param("crdb_sso/registry/claims.py", "o = a.merge(opts)", [], id="merge elsewhere"),
        pytest.param("dev/x.py", "c.execute(f'DROP {u}')", [SQL], id="f-string"),
        pytest.param("dev/x.py", "c.execute('DROP ' + u)", [SQL], id="plus"),
        pytest.param("dev/x.py", "c.execute('DROP %s' % u)", [SQL], id="percent"),
        pytest.param("dev/x.py", "c.execute('DROP %s', [u + v])", [], id="parameters"),
        pytest.param("dev/x.py", "c.execute(sql.SQL('DROP'))", [], id="composed"),
        pytest.param("tests/x.py", "c.execute(f'DROP {u}')", [], id="a test may"),
    ],
)
def test_what_breaks_a_rule_of_the_design_is_red(path, text, expected):
    assert said(path, text) == [f"{path}:{finding}" for finding in expected]


STILTED = [
    pytest.param("is", "no map", id="one"),
    pytest.param("are", "no maps", id="several"),
    pytest.param("was", "no map", id="past"),
    pytest.param("Becomes", "no map", id="at the start of a sentence"),
    pytest.param("it's", "no map", id="shortened"),
    pytest.param("is", "none that a map has", id="none that"),
    pytest.param("is", "\n  no map", id="on two lines"),
    pytest.param("there who is", "no user", id="another word than `is` after `there`"),
]
ENGLISH = 'write "is not a ..."'


@pytest.mark.parametrize(
    ("path", "where", "line"),
    [
        pytest.param("README.md", "A text\n\n* that {}\n", 3, id="a page"),
        pytest.param("pyproject.toml", "a = [\n  1,  # {}\n]\n", 2, id="a comment in TOML"),
        pytest.param("dev/x.py", '\nx = """{}"""\n', 2, id="a text"),
        pytest.param("dev/x.py", 'def f():\n    """It.\n\n    It {}"""', 4, id="a docstring"),
        pytest.param("dev/x.py", 'x = f"""{{f(y)}} {}"""\n', 1, id="a text with values"),
    ],
)
@pytest.mark.parametrize(("verb", "noun"), STILTED)
def test_is_no_map_is_red_wherever_people_read_it(path, where, line, verb, noun):
    (found,) = said(path, where.format(f"{verb} {noun}"))

    assert found.startswith(f"{path}:{line}: RED ")
    assert found.endswith(ENGLISH)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1  # it {}\n", id="a comment behind code"),
        pytest.param("# it is\n#   {}\n", id="a comment of two lines"),
        pytest.param("f('it is' ' {}')\n", id="a text in two pieces"),
        pytest.param("f(f'{{x}} is'\n' {}')\n", id="a text with a value, in two pieces"),
    ],
)
def test_is_no_map_is_seen_across_pieces(text):
    verb = "" if " is" in text else "is "

    assert len(said("dev/x.py", text.format(f"{verb}no map"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "It is not a map.",
        "It is no longer a map, and was no more than that.",
        "He is no one, and is no different from others.",
        "There is no map. There are no maps, there can be no map, there has been no map.",
        "Look whether there\nis no map, or there is none that fits.",
        "It is none of these; its value is None that day.",
        "The answer is no, and yes is `no map`.",
        "There also is no map, there currently are no maps, there will soon be no map.",
        "There may well be no map, there seems to be no map, there would have been no map.",
        "The answer is no and that ends it; it is no use, and no wonder.",
        "It is no-op code.",
        'The rule: "is not a map", never "is no map".',
        "The text `x is no map` was mended.",
    ],
)
def test_usual_english_and_what_is_quoted_are_not_reported(text):
    assert said("CHANGELOG.md", text) == []
    assert said("dev/x.py", f"x = {text!r}\n") == []
    assert said("dev/x.py", "".join(f"# {line}\n" for line in text.splitlines())) == []


def test_each_place_is_reported_with_its_words():
    verb = "is"
    text = f"A list {verb} no map.\nA map {verb}\nno list.\n"

    assert said("docs/x.md", text) == [
        f'docs/x.md:1: RED "{verb} no map": {ENGLISH}',
        f'docs/x.md:2: RED "{verb} no list": {ENGLISH}',
    ]

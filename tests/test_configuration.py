"""Where settings come from: a flag, else the environment, else a file, else the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.cli.configuration import configured
from arrowkg.errors import UsageError
from arrowkg.settings import Settings
from cli import PAGE, assert_refused, put, run, untouched

NAMES: Final = [field.name for field in fields(Settings)]
NUMBERS: Final = [
    field.name for field in fields(Settings) if isinstance(field.default, int) and field.default is not True
]
# For each setting that has a flag: three values, and how the second is written in the environment.
VALUES: Final[dict[str, tuple[object, object, object]]] = {
    "base_iri": ("https://flag.example.org/", "https://variable.example.org/", "https://file.example.org/"),
    "schema_ns": ("http", "https", "http"),
    "abstracts": (False, True, False),
    "characters": ("refuse", "replace", "refuse"),
    "fail_on": ("never", "info", "warning"),
    "engine": ("pyshacl", "compiled", "pyshacl"),
}
NOWHERE: Final = Path("/nowhere")


def settings_of(
    environment: Mapping[str, str] | None = None, folder: Path = NOWHERE, flags: Mapping[str, object] | None = None
) -> Settings:
    return configured(flags or {}, environment or {}, folder).settings


def refusal(
    environment: Mapping[str, str] | None = None, folder: Path = NOWHERE, flags: Mapping[str, object] | None = None
) -> UsageError:
    with pytest.raises(UsageError) as caught:
        settings_of(environment, folder, flags)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return caught.value


def toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


# Precedence.


@pytest.mark.parametrize("name", VALUES)
def test_a_flag_goes_before_a_variable_before_a_file_before_the_default(tmp_path: Path, name: str) -> None:
    flag, variable, in_file = VALUES[name]
    environment = {f"ARROWKG_{name.upper()}": toml(variable).strip('"')}
    flagged = {name: flag}

    def found(flags: dict[str, object], environment: dict[str, str]) -> tuple[object, str]:
        made = configured(flags, environment, tmp_path)
        return getattr(made.settings, name), made.origins[name]

    assert found({}, {}) == (getattr(Settings(), name), "default")
    put(tmp_path, "pyproject.toml", f"[tool.arrowkg]\n{name} = {toml(in_file)}\n")
    assert found({}, {}) == (in_file, "pyproject.toml")
    put(tmp_path, "arrowkg.toml", f"{name} = {toml(variable)}\n")
    assert found({}, {}) == (variable, "arrowkg.toml")
    put(tmp_path, "arrowkg.toml", f"{name} = {toml(in_file)}\n")
    assert found({}, environment) == (variable, f"ARROWKG_{name.upper()}")
    assert found(flagged, environment) == (flag, f"--{name.replace('_', '-')}")
    assert found({name: None}, environment) == (variable, f"ARROWKG_{name.upper()}")


@pytest.mark.parametrize("name", NUMBERS)
def test_each_limit_can_be_set_in_a_file_and_in_the_environment(tmp_path: Path, name: str) -> None:
    put(tmp_path, "arrowkg.toml", f"{name} = 7\n")
    assert getattr(settings_of(folder=tmp_path), name) == 7
    assert getattr(settings_of({f"ARROWKG_{name.upper()}": "8"}, tmp_path), name) == 8


def test_a_project_without_a_table_of_ours_sets_nothing(tmp_path: Path) -> None:
    for content in ("", "[project]\nname = 'a'\n", "[tool.other]\nbase_iri = 3\n", "[tool]\n"):
        put(tmp_path, "pyproject.toml", content)
        assert settings_of(folder=tmp_path) == Settings()


def test_an_empty_file_of_ours_goes_before_the_project(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", "[tool.arrowkg]\nmax_depth = 7\n")
    put(tmp_path, "arrowkg.toml", "")
    assert settings_of(folder=tmp_path) == Settings()


def test_files_are_looked_for_in_the_working_folder_only(tmp_path: Path) -> None:
    put(tmp_path, "arrowkg.toml", "max_depth = 7\n")
    (tmp_path / "inside").mkdir()
    assert "7 " not in run(tmp_path / "inside", "config").text
    assert re.search(r"^max_depth +7 +arrowkg.toml$", run(tmp_path, "config").text, re.MULTILINE)


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "arrowkg.toml").mkdir()
    assert settings_of(folder=tmp_path) == Settings()


def test_names_in_a_file_may_have_hyphens(tmp_path: Path) -> None:
    put(tmp_path, "arrowkg.toml", 'max-depth = 7\nschema-ns = "http"\n')
    assert (settings_of(folder=tmp_path).max_depth, settings_of(folder=tmp_path).schema_ns) == (7, "http")


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "Yes", "on"])
def test_what_is_true(text: str) -> None:
    assert settings_of({"ARROWKG_ABSTRACTS": text}).abstracts is True


@pytest.mark.parametrize("text", ["0", "false", "False", "NO", "off"])
def test_what_is_false(text: str) -> None:
    assert settings_of({"ARROWKG_ABSTRACTS": text}).abstracts is False


def test_other_variables_are_of_no_account() -> None:
    others = {"PATH": "/bin", "arrowkg_max_depth": "x", "_ARROWKG_COMPLETE": "x", "ARROWKG": "x", "MY_ARROWKG_X": "x"}
    assert settings_of(others) == Settings()


# What cannot be used.


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("ARROWKG_BASE_URI", "did you mean base_iri?"),
        ("ARROWKG_MAX_DEPHT", "did you mean max_depth?"),
        ("ARROWKG_ABSTRACT", "did you mean abstracts?"),
        ("ARROWKG_XYZZY", "the settings are base_iri, schema_ns, abstracts"),
        ("ARROWKG_", "the settings are base_iri"),
        ("ARROWKG_İ", "the settings are base_iri"),
    ],
)
def test_a_variable_that_names_no_setting_is_refused(variable: str, hint: str) -> None:
    error = refusal({variable: "1"})
    assert str(error) == f"the environment: there is no setting {variable!r}"
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("key", "hint"), [("base-uri", "did you mean base_iri?"), ("xyzzy", "the settings are base_iri"), ("tool", "")]
)
@pytest.mark.parametrize(("name", "table"), [("arrowkg.toml", ""), ("pyproject.toml", "[tool.arrowkg]\n")])
def test_a_key_that_names_no_setting_is_refused(tmp_path: Path, key: str, hint: str, name: str, table: str) -> None:
    put(tmp_path, name, f"{table}{key} = 1\n")
    error = refusal(folder=tmp_path)
    assert str(error) == f"{name}: there is no setting {key!r}"
    assert error.hint.startswith(hint)


_WRONG: Final[list[tuple[str, str]]] = [
    ("base_iri", "5"),
    ("base_iri", "true"),
    ("base_iri", '["https://kg.example.org/"]'),
    ("base_iri", "2024-01-01"),
    ("base_iri", "{ a = 1 }"),
    ("base_iri", '"kg"'),
    ("schema_ns", "1"),
    ("schema_ns", '["http"]'),
    ("schema_ns", '"ftp"'),
    ("characters", "true"),
    ("characters", '"drop"'),
    ("fail_on", "{ a = 1 }"),
    ("fail_on", '"error"'),
    ("abstracts", '"yes"'),
    ("abstracts", "1"),
    ("abstracts", "[]"),
    ("max_depth", '"7"'),
    ("max_depth", "7.0"),
    ("max_depth", "true"),
    ("max_depth", "0"),
    ("max_depth", "-7"),
    ("max_depth", "nan"),
    ("max_depth", "1979-05-27T07:32:00Z"),
    ("max_depth", "[7]"),
]


@pytest.mark.parametrize(("key", "value"), _WRONG)
@pytest.mark.parametrize(("name", "table"), [("arrowkg.toml", ""), ("pyproject.toml", "[tool.arrowkg]\n")])
def test_a_value_of_the_wrong_kind_is_refused_with_its_origin(
    tmp_path: Path, key: str, value: str, name: str, table: str
) -> None:
    put(tmp_path, name, f"{table}{key} = {value}\n")
    error = refusal(folder=tmp_path)
    assert str(error).startswith(f"{name}: ")
    assert key.replace("_", " ") in str(error).lower().replace("_", " ")
    assert error.hint


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("ARROWKG_BASE_IRI", "", "the base IRI '' cannot be used"),
        ("ARROWKG_BASE_IRI", "kg", "the base IRI 'kg' cannot be used"),
        ("ARROWKG_SCHEMA_NS", "ftp", "schema_ns is 'ftp'"),
        ("ARROWKG_CHARACTERS", "Keep", "characters is 'Keep'"),
        ("ARROWKG_FAIL_ON", "", "fail_on is ''"),
        ("ARROWKG_FAIL_ON", "base_iri", "fail_on is 'base_iri'"),
        ("ARROWKG_ABSTRACTS", "perhaps", "'perhaps' is neither true nor false"),
        ("ARROWKG_ABSTRACTS", "", "'' is neither true nor false"),
        ("ARROWKG_MAX_DEPTH", "", "'' is not a whole number"),
        ("ARROWKG_MAX_DEPTH", "7.5", "'7.5' is not a whole number"),
        ("ARROWKG_MAX_DEPTH", "1e3", "'1e3' is not a whole number"),
        ("ARROWKG_MAX_DEPTH", "0", "max_depth is 0"),
        ("ARROWKG_MAX_DEPTH", "-1", "max_depth is -1"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable: str, text: str, reason: str) -> None:
    assert str(refusal({variable: text})) == f"{variable}: {reason}"


def test_the_origin_that_is_named_is_that_of_the_wrong_value() -> None:
    """Also where another setting comes from elsewhere, and where the value names it."""
    flags: dict[str, object] = {"base_iri": "https://kg.example.org/"}
    assert str(refusal({"ARROWKG_FAIL_ON": "base_iri"}, flags=flags)) == "ARROWKG_FAIL_ON: fail_on is 'base_iri'"
    error = refusal({"ARROWKG_FAIL_ON": "never"}, flags={"base_iri": "kg"})
    assert str(error) == "--base-iri: the base IRI 'kg' cannot be used"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"max_depth = = 3\n", 1),
        (b"# a remark\n\nmax_depth = 3 oops\n", 3),
        (b"\n[tool\n", 2),
        (b'base_iri = "a\n"\n', 1),
        (b"max_depth = 3\nmax_depth = 4\n", 2),
        (b"max_depth = \x1b[31m", 1),
        (b"\n\nmax_depth", 3),
        (b'\nbase_iri = """a', 2),
        (b"# \xe9\n", 1),
        (b"a = 1\nb = '\xff'\n", 2),
    ],
)
@pytest.mark.parametrize("name", ["arrowkg.toml", "pyproject.toml"])
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, content: bytes, line: int) -> None:
    put(tmp_path, name, content)
    error = refusal(folder=tmp_path)
    assert (error.file, error.line) == (name, line)
    assert "no TOML" in error.reason


@pytest.mark.parametrize(
    "content",
    ["tool = 3\n", "[tool]\narrowkg = 3\n", "[tool]\narrowkg = ['a']\n", "[[tool.arrowkg]]\na = 3\n", "tool = []\n"],
)
def test_a_project_with_something_else_than_a_table_is_refused(tmp_path: Path, content: str) -> None:
    put(tmp_path, "pyproject.toml", content)
    assert str(refusal(folder=tmp_path)).startswith("pyproject.toml: ")


@pytest.mark.parametrize(
    "content", [f"max_depth = {'1' * 5000}\n", "max_depth = " + "[" * 5000, "a" + ".a" * 5000 + " = 1"]
)
@pytest.mark.parametrize("name", ["arrowkg.toml", "pyproject.toml"])
def test_a_file_that_is_too_much_is_refused(tmp_path: Path, name: str, content: str) -> None:
    put(tmp_path, name, content)
    if not (name == "pyproject.toml" and content.startswith("a.")):
        assert str(refusal(folder=tmp_path)).startswith(f"{name}")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "arrowkg.toml", "max_depth = 7\n")

    def denied(*arguments: object, **more: object) -> str:
        raise PermissionError(13, "Permission denied")

    for function in ("read_text", "read_bytes", "open"):
        monkeypatch.setattr(Path, function, denied)
    assert "Permission denied" in str(refusal(folder=tmp_path))


def test_one_setting_twice_is_refused(tmp_path: Path) -> None:
    """A hyphen and an underscore are one name, so one of the values would be lost."""
    put(tmp_path, "arrowkg.toml", "max-depth = 7\nmax_depth = 8\n")
    assert "max" in str(refusal(folder=tmp_path))


_TEXTS: Final = st.one_of(
    st.text(),
    st.sampled_from(("", "0", "1", "true", "http", "never", "https://a/", "1_000", "٣", " 7 ", "9" * 5000, "\udcff")),
)


@given(
    st.dictionaries(
        st.sampled_from([f"ARROWKG_{name.upper()}" for name in NAMES]) | st.text().map(lambda text: f"ARROWKG_{text}"),
        _TEXTS,
        max_size=4,
    )
)
def test_any_environment_gives_settings_or_is_refused(environment: dict[str, str]) -> None:
    try:
        found = configured({}, environment, NOWHERE)
    except UsageError as error:
        assert error.exit_code == 2
        assert error.reason
    else:
        assert set(found.origins) == set(NAMES)
        assert {origin for origin in found.origins.values() if origin != "default"} <= set(environment)


_TOML_VALUES: Final = st.sampled_from(
    (
        "1",
        "-1",
        "1.5",
        "nan",
        "inf",
        "true",
        '""',
        '"http"',
        '"https://a/"',
        "[]",
        "[1]",
        "{}",
        "1979-05-27",
        "07:32:00",
        "0x10",
    )
)


@given(st.dictionaries(st.sampled_from([*NAMES, "tool", "x"]), _TOML_VALUES, max_size=3))
def test_any_file_gives_settings_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    put(folder, "arrowkg.toml", "".join(f"{name} = {value}\n" for name, value in content.items()))
    try:
        configured({}, {}, folder)
    except UsageError as error:
        assert "arrowkg.toml" in str(error)


@given(st.binary(max_size=60))
def test_any_bytes_in_a_file_give_settings_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    put(folder, "arrowkg.toml", content)
    try:
        configured({}, {}, folder)
    except UsageError as error:
        assert "arrowkg.toml" in str(error)


# Through the command.


def test_settings_reach_the_command(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE)
    put(tmp_path, "arrowkg.toml", 'base_iri = "https://file.example.org/"\nabstracts = false\n')
    common = ("export", "page.txt", "--to", "nt", "--no-validate", "-q")
    assert "<https://file.example.org/paper/" in run(tmp_path, *common).text
    assert "described" not in run(tmp_path, *common).text
    assert "described" in run(tmp_path, *common, "--abstracts").text
    environment = {"ARROWKG_BASE_IRI": "https://variable.example.org/"}
    assert "<https://variable.example.org/paper/" in run(tmp_path, *common, environment=environment).text
    flag = ("--base-iri", "https://flag.example.org/")
    assert "<https://flag.example.org/paper/" in run(tmp_path, *common, *flag, environment=environment).text


@pytest.mark.parametrize(
    ("content", "error", "hint"),
    [
        ("max_depth = \n", "arrowkg.toml:1: no TOML: Invalid value", ""),
        ("base-uri = 'a'\n", "arrowkg.toml: there is no setting 'base-uri'", "did you mean base_iri?"),
        ("base_iri = 'a'\n", "arrowkg.toml: the base IRI 'a' cannot be used", "ends in a slash"),
        ("max_depth = 'a'\n", "arrowkg.toml: max_depth is 'a'", "it is a whole number from 1 up"),
        ("'\\u001b[31m\\u009b' = 1\n", "arrowkg.toml: there is no setting ", "the settings are"),
        ("base_iri = '\x85\u202e'\n", "arrowkg.toml: the base IRI ", "ends in a slash"),
    ],
)
def test_a_file_that_cannot_be_used_stops_every_command(tmp_path: Path, content: str, error: str, hint: str) -> None:
    put(tmp_path, "page.txt", PAGE)
    put(tmp_path, "arrowkg.toml", content)
    with untouched(tmp_path):
        for arguments in (
            ("export", "page.txt", "-o", "out.nt"),
            ("validate", "page.txt"),
            ("inspect", "page.txt"),
            ("config",),
        ):
            assert_refused(run(tmp_path, *arguments), 2, error, hint)


@pytest.mark.parametrize(
    "arguments", [("formats",), ("completion", "bash"), ("--help",), ("--version",), ("config", "--help")]
)
def test_what_needs_no_settings_does_not_stumble_over_them(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    put(tmp_path, "arrowkg.toml", "oops")
    assert run(tmp_path, *arguments, environment={"ARROWKG_OOPS": "1"}).code == 0


def test_the_settings_check_themselves() -> None:
    wrong: list[Callable[[], Any]] = [
        lambda: Settings(base_iri=5),  # type: ignore[arg-type]
        lambda: Settings(schema_ns=[]),  # type: ignore[arg-type]
        lambda: Settings(abstracts=1),  # type: ignore[arg-type]
        lambda: Settings(max_depth=True),
        lambda: Settings(max_depth=7.0),  # type: ignore[arg-type]
        lambda: Settings(max_depth=0),
    ]
    for make in wrong:
        with pytest.raises(UsageError):
            make()

"""The smaller commands, the help, and what all commands have in common: their exit codes and their errors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest

from arrowkg.files import COMPRESSIONS
from arrowkg.formats import FORMATS
from arrowkg.settings import Settings
from arrowkg.sources import SOURCES
from cli import (
    COMMAND,
    COMMANDS,
    PAGE,
    SEEDS,
    SOUND,
    Ran,
    assert_refused,
    assert_steers_no_terminal,
    graph_of,
    jsonl,
    lines,
    put,
    run,
    spawn,
    untouched,
)

HOSTILE: Final = "\x1b[31m\x9b2J\x07\u202e\r"
# What each command needs to come to an end in a folder made by `folder_of_inputs`.
_SOUND_RUNS: Final[dict[str, tuple[str, ...]]] = {
    "export": ("export", "page.txt", "-o", "out.nt"),
    "validate": ("validate", "page.txt"),
    "inspect": ("inspect", "page.txt"),
    "listing": ("listing", "kg.ttl"),
    "load": ("load", "page.txt", "--store", "kg"),
    "store info": ("store", "info", "kept"),
    "query": ("query", "ASK {}", "--store", "kept"),
    "search": ("search", "q", "--store", "kept"),
    "site": ("site", "page.txt", "-o", "web", "--workers", "1"),
    "bulk-script": (
        "bulk-script",
        "page.txt",
        "--store",
        "oxigraph",
        "--graph",
        "https://kg.example.org/",
        "-o",
        "bulk",
    ),
    "formats": ("formats",),
    "config": ("config",),
    "completion": ("completion", "bash"),
}
_RUNNABLE: Final = tuple(_SOUND_RUNS)
"""Every command that needs no server."""
# Something that each command uses, to be broken.
_USED: Final = {
    "export": "arrowkg.cli.export.configured",
    "validate": "arrowkg.cli.validate.configured",
    "inspect": "arrowkg.cli.inspect.configured",
    "listing": "arrowkg.cli.listing.configured",
    "load": "arrowkg.cli.load.configured",
    "store info": "arrowkg.cli.store.print_out",
    "query": "arrowkg.cli.query.configured",
    "search": "arrowkg.cli.search.configured",
    "site": "arrowkg.cli.site.configured",
    "bulk-script": "arrowkg.cli.bulk_script.configured",
    "formats": "arrowkg.cli.formats.print_out",
    "config": "arrowkg.cli.config.configured",
    "completion": "arrowkg.cli.completion.get_completion_class",
}
_READING: Final = ("export", "validate", "inspect", "listing")
_SILENT: Final = ("export", "load", "site", "bulk-script")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with a page, its graph and its store."""
    put(tmp_path, "page.txt", PAGE)
    graph_of(tmp_path, PAGE, "kg.ttl")
    assert run(tmp_path, "load", "page.txt", "--store", "kept", "-q").code == 0
    return tmp_path


# What all commands have in common.


def test_every_command_but_those_that_need_a_server_or_a_cluster_or_are_one_is_tried_here() -> None:
    assert {*_RUNNABLE, "push", "serve", "spark"} == set(COMMANDS)


@pytest.mark.parametrize("name", _RUNNABLE)
def test_every_command_ends_with_0(inputs: Path, name: str) -> None:
    ran = run(inputs, *_SOUND_RUNS[name])
    assert ran.code == 0, ran
    assert bool(ran.out) == (name not in _SILENT)


@pytest.mark.parametrize("name", _RUNNABLE)
def test_every_command_ends_with_2_where_it_is_not_understood(inputs: Path, name: str) -> None:
    with untouched(inputs):
        ran = run(inputs, *_SOUND_RUNS[name], "--no-such-option")
        assert_refused(ran, 2, "No such option '--no-such-option'", f"see arrowkg {name} --help")
        row = run(inputs, *_SOUND_RUNS[name], "--no-such-option", "--error-format", "json").rows
    assert [(found["level"], found["hint"]) for found in row] == [("error", f"see arrowkg {name} --help")]


@pytest.mark.parametrize("name", [*_READING, "load", "query", "search", "site", "config"])
def test_every_command_that_has_settings_ends_with_2_where_they_are_wrong(inputs: Path, name: str) -> None:
    with untouched(inputs):
        ran = run(inputs, *_SOUND_RUNS[name], environment={"ARROWKG_MAX_DEPTH": "deep"})
    assert_refused(ran, 2, "ARROWKG_MAX_DEPTH: 'deep' is not a whole number")


@pytest.mark.parametrize("name", _READING)
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "in: there is no such file"),
        (b"", "in: the input is empty"),
        (b"\x00\x01", "in: the input is binary, not text"),
        (b" \n \n", "in: the input holds nothing but blanks"),
        (b"nothing that is known\n", "in:1: the input is of no known form"),
        (b"\x1f\x8b\x08", "in: the gz data is damaged or cut off"),
    ],
)
@pytest.mark.parametrize("error_format", ["text", "json", "github"])
def test_every_command_that_reads_ends_with_3_on_bad_input(
    tmp_path: Path, name: str, content: bytes | None, error: str, error_format: str
) -> None:
    if content is not None:
        put(tmp_path, "in", content)
    put(tmp_path, "out.nt", "old")
    options = ("-o", "out.nt") if name in ("export", "listing") else ()
    with untouched(tmp_path):
        ran = run(tmp_path, name, "in", *options, "--error-format", error_format)
    if error_format == "text":
        assert_refused(ran, 3, error)
        return
    assert (ran.code, ran.out) == (3, b"")
    place, _, reason = error.partition(": ")
    file, _, line = place.partition(":")
    if error_format == "json":
        [row] = ran.rows
        assert (row["level"], row["file"], row.get("line")) == ("error", file, int(line) if line else None)
        assert row["message"].startswith(reason)
    else:
        assert ran.err.startswith(f"::error file={file}{f',line={line}' if line else ''}::{reason}")
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize("name", _RUNNABLE)
def test_every_command_ends_with_5_on_a_bug(inputs: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        if more.get("err"):
            print(*arguments, file=sys.stderr)
            return
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(_USED[name], broken)
    with untouched(inputs):
        ran = run(inputs, *_SOUND_RUNS[name])
    assert_refused(ran, 5, "arrowkg has a bug: ZeroDivisionError: division by zero", "please report it")
    assert "Traceback" in run(inputs, *_SOUND_RUNS[name], "--debug").err


@pytest.mark.parametrize("name", _RUNNABLE)
def test_every_command_ends_with_130_when_interrupted(inputs: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **more: object) -> None:
        if more.get("err") or "file" in more:
            print(*arguments, file=sys.stderr)
            return
        raise KeyboardInterrupt

    monkeypatch.setattr(_USED[name], interrupted)
    with untouched(inputs):
        ran = run(inputs, *_SOUND_RUNS[name])
    assert (ran.code, ran.out, ran.err.strip()) == (130, b"", "interrupted")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_a_help(tmp_path: Path, name: str, option: str) -> None:
    ran = run(tmp_path, *name.split(), option)
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.startswith(f"Usage: arrowkg {name} [OPTIONS]")
    assert "--error-format" in ran.text
    assert all(len(line) <= 100 for line in ran.text.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_says_what_it_does(name: str) -> None:
    module: Any = import_module(f"arrowkg.cli.{name.partition(' ')[0].replace('-', '_')}")
    command = module.info if name == "store info" else module.command
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name
            assert parameter.help.endswith((".", "]")), parameter.name


def test_the_help_names_every_command_and_every_exit_code(tmp_path: Path) -> None:
    ran = run(tmp_path, "--help")
    assert (ran.code, ran.err) == (0, "")
    listed = ran.text.partition("Commands:")[2]
    assert re.findall(r"^  ([a-z-]+)  ", listed, re.MULTILINE) == [name.partition(" ")[0] for name in COMMANDS]
    text = " ".join(ran.text.split())
    assert all(f"{code} " in text.partition("Exit codes: ")[2] for code in (0, 1, 2, 3, 4, 5, 130))


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.code == 2
    shown = ran.text + ran.err
    assert shown.startswith("Usage: arrowkg [OPTIONS] COMMAND [ARGS]...\n")
    assert "\\u000a" not in shown


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("exprot", "Did you mean 'export'?"),
        ("validat", "Did you mean 'validate'?"),
        ("Export", "Did you mean 'export'?"),
        ("xyz", "The commands are export, validate, inspect, listing, load, store, query, search, site, serve, "),
        (HOSTILE, "The commands are export"),
        ("", "The commands are export"),
    ],
)
def test_a_command_that_is_not_there_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    ran = run(tmp_path, name)
    assert_refused(ran, 2, "There is no command ", "see arrowkg --help")
    assert hint in ran.err


@pytest.mark.parametrize("arguments", [("--verison",), ("--error-format", "json", "formats"), ("-x",)])
def test_an_option_before_the_command_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = run(tmp_path, *arguments)
    assert (ran.code, ran.out) == (2, b"")
    assert "No such option" in ran.err


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    ran = run(tmp_path, "--version")
    assert (ran.code, ran.text, ran.err) == (0, f"arrowkg {version('arrowkg')}\n", "")


def test_the_command_is_installed(tmp_path: Path) -> None:
    assert spawn(tmp_path, "--version").text == run(tmp_path, "--version").text
    assert Path(COMMAND).is_file()


def test_the_help_loads_nothing_that_is_slow(tmp_path: Path) -> None:
    code = (
        "import sys; from arrowkg.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)\n"
    )
    for arguments in (["--help"], ["--version"], ["config"], ["config", "--help"], []):
        done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, check=True)
        loaded = {name.partition(".")[0] for name in done.stderr.decode().split()}
        assert "click" in loaded
        assert not loaded & {"rdflib", "pyshacl", "lxml", "pyoxigraph", "asyncio"}, arguments


@pytest.mark.parametrize("name", _READING)
def test_standard_input_is_named_once(inputs: Path, name: str) -> None:
    ran = run(
        inputs, name, "-", "-", stdin=(inputs / "kg.ttl" if name == "listing" else inputs / "page.txt").read_bytes()
    )
    assert_refused(ran, 2, "standard input is named twice")


@pytest.mark.parametrize("name", ["validate", "inspect", "listing"])
def test_standard_input_is_read(inputs: Path, name: str) -> None:
    stdin = (inputs / "kg.ttl").read_bytes()
    assert run(inputs, name, "-", stdin=stdin).code == 0
    assert run(inputs, name, "-", stdin=b"").err == "-: the input is empty\n"


# Progress.


def _drawn(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str, name: str = "in.jsonl") -> Ran:
    monkeypatch.setattr("arrowkg.cli.console._PROGRESS_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("arrowkg.cli.console._PROGRESS_EVERY_SECONDS", 0.0)
    put(folder, name, lines(250))
    return run(folder, "export", name, "-o", "out.nt", "--no-validate", *options, is_terminal=True)


def test_progress_is_drawn_on_a_terminal_and_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _drawn(tmp_path, monkeypatch)
    drawn = re.findall(r"\r\x1b\[K( *[0-9]+ %) in.jsonl: ([0-9]+) papers?, [0-9,]+ a second", ran.err)
    assert [papers for _, papers in drawn] == ["1", "101", "201"]
    assert "\r\x1b[Kwrote out.nt: 250 papers" in ran.err


@pytest.mark.parametrize("option", ["--no-progress", "-q"])
def test_progress_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    assert "\r" not in _drawn(tmp_path, monkeypatch, option).err


def test_progress_is_not_drawn_where_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowkg.cli.console._PROGRESS_AFTER_SECONDS", 0.0)
    assert "\r" not in run(tmp_path, "export", "-", "-o", "out.nt", "--no-validate", stdin=lines(250)).err


def test_progress_steers_a_terminal_only_as_it_means_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _drawn(tmp_path, monkeypatch, name=f"{HOSTILE}.jsonl")
    assert "papers" in ran.err
    assert_steers_no_terminal(Ran(ran.code, b"", ran.err.replace("\r\x1b[K", "")))


# inspect


def test_inspect_tells_what_is_on_a_page() -> None:
    ran = run(SEEDS, "inspect", "tomer-michaeli.txt")
    assert (ran.code, ran.err) == (0, "")
    told = ran.text.splitlines()
    assert told[0] == "tomer-michaeli.txt"
    assert told[1:5] == [
        "  taken for   Arrow author page saved as text, since it holds the line 'Arrow Research search'",
        "  name        Tomer Michaeli",
        "  states      32 papers, 2 author rows",
        "  found       32 papers, 107 authorships, 39 names, 0 bad records",
    ]
    assert told[5].startswith("  years       2025 5, ")


def test_inspect_tells_what_is_odd(tmp_path: Path) -> None:
    put(
        tmp_path,
        "in.jsonl",
        jsonl({**SOUND, "authors": ["Ada Quill", "ada quill"]}, {"title": "On Sand", "colour": "red"}) + b"{\n",
    )
    told = run(tmp_path, "inspect", "in.jsonl").text
    assert re.search(r"^  found +2 papers, 2 authorships, 1 name, 1 bad record$", told, re.MULTILINE)
    for topic in ("no authors", "no abstract", "the same name twice in one byline", "names in several spellings"):
        assert f"  odd         {topic}: 1\n" in told
    assert "              in.jsonl:3: not JSON" in told
    assert "              in.jsonl:2: the field 'colour' is not known and left out" in told


def test_inspect_counts_one_in_the_singular(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE)
    assert "  found       1 paper, 1 authorship, 1 name, 0 bad records\n" in run(tmp_path, "inspect", "page.txt").text


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_inspect_tells_what_is_in_rdf(tmp_path: Path, name: str) -> None:
    suffix = next(found.suffixes[0] for found in FORMATS if found.name == name)
    graph_of(tmp_path, lines(2), f"kg{suffix}")
    told = run(tmp_path, "inspect", f"kg{suffix}").text
    assert re.search(r"^  taken for +RDF \(", told, re.MULTILINE)
    assert "  triples     100\n" in told


def test_inspect_tells_of_several_inputs_one_after_another(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", lines(1))
    put(tmp_path, "b.txt", PAGE)
    told = run(tmp_path, "inspect", "a.jsonl", "b.txt").text
    assert told == run(tmp_path, "inspect", "a.jsonl").text + "\n" + run(tmp_path, "inspect", "b.txt").text


def test_inspect_reads_as_it_is_told_to(tmp_path: Path) -> None:
    put(tmp_path, "in", "\n" + PAGE)
    assert (
        "  taken for   Arrow author page saved as text, since --from says so\n"
        in run(tmp_path, "inspect", "in", "--from", "arrow").text
    )
    assert_refused(
        run(tmp_path, "inspect", "in", "--from", "pdf"), 2, "there is no input format 'pdf'", "The input formats"
    )


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\u2028", "\x85"])
def test_no_text_breaks_the_lines_of_inspect(tmp_path: Path, character: str) -> None:
    text = f"a{character}  found       9 papers"
    paper = {**SOUND, "title": text, "venue": text, "kind": text, "authors": [text, text], "abstract": None}
    put(tmp_path, "in.jsonl", jsonl(paper))
    ran = run(tmp_path, "inspect", "in.jsonl")
    assert_steers_no_terminal(ran)
    assert [line for line in ran.text.split("\n") if line.startswith("  found")] == [
        line for line in ran.text.split("\n") if line.startswith("  found       1 ")
    ]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_in_the_data_steers_a_terminal_from_inspect(tmp_path: Path, is_terminal: bool) -> None:
    paper = {
        "title": f"a{HOSTILE}\u200f",
        "authors": [f"b{HOSTILE}", f"B{HOSTILE}", f"B{HOSTILE} 0001"],
        "venue": f"c{HOSTILE}",
        "kind": f"d{HOSTILE}",
        f"e{HOSTILE}": 1,
    }
    name = f"x{HOSTILE}.jsonl"
    put(tmp_path, name, jsonl(paper, {**paper, "year": HOSTILE}))
    assert_steers_no_terminal(run(tmp_path, "inspect", name, is_terminal=is_terminal))


def test_inspect_goes_on_where_records_are_bad_but_not_where_the_input_is(tmp_path: Path) -> None:
    assert "1 bad record" in run(tmp_path, "inspect", "-", stdin=b"{\n").text
    assert_refused(run(tmp_path, "inspect", "-", stdin=PAGE[:100].encode()), 3, "-:7: ")


# formats, config, completion


def test_formats_lists_everything_that_is_read_and_written(tmp_path: Path) -> None:
    text = run(tmp_path, "formats").text
    for source in SOURCES:
        assert re.search(rf"^  {source.name} +{source.title}$", text, re.MULTILINE)
    for found in FORMATS:
        assert re.search(rf"^  {found.name} +{found.title}", text, re.MULTILINE)
        assert all(suffix in text.split() for suffix in found.suffixes)
        assert found.media_type in text
    assert all(suffix in text.split() or f"{suffix};" in text for suffix in COMPRESSIONS)


def test_config_shows_each_setting_with_its_origin(tmp_path: Path) -> None:
    put(tmp_path, "arrowkg.toml", 'schema-ns = "http"\nmax_depth = 50\n')
    environment = {"ARROWKG_ABSTRACTS": "no", "ARROWKG_MAX_DEPTH": "60"}
    rows = [line.split() for line in run(tmp_path, "config", environment=environment).text.splitlines()]
    found = {name: (value, origin) for name, value, origin in rows}
    assert list(found) == list(Settings.__dataclass_fields__)
    assert found["schema_ns"] == ("http", "arrowkg.toml")
    assert found["abstracts"] == ("false", "ARROWKG_ABSTRACTS")
    assert found["max_depth"] == ("60", "ARROWKG_MAX_DEPTH")
    assert found["fail_on"] == ("violation", "default")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_the_shell_reads(tmp_path: Path, shell: str) -> None:
    ran = run(tmp_path, "completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert "_ARROWKG_COMPLETE" in ran.text
    found = shutil.which(shell)
    if found:
        assert subprocess.run([found, "-n"], input=ran.out, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["arrowkg", "ex"], ["export"]),
        (["arrowkg", ""], [name.partition(" ")[0] for name in COMMANDS]),
        (["arrowkg", "export", "--fail"], ["--fail-on"]),
        (["arrowkg", "export", "--fail-on", ""], ["violation", "warning", "info", "never"]),
        (["arrowkg", "completion", "b"], ["bash"]),
    ],
)
def test_words_are_completed(tmp_path: Path, words: list[str], expected: list[str]) -> None:
    environment = {
        "_ARROWKG_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = spawn(tmp_path, environment=environment)
    assert [line.partition(",")[2] for line in ran.text.splitlines()] == expected


def test_completion_knows_its_shells(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "completion", "tcsh"), 2, "Invalid value", "see arrowkg completion --help")
    assert_refused(run(tmp_path, "completion"), 2, "Missing argument", "see arrowkg completion --help")


# listing; what it writes is in the tests of listings


def test_listing_writes_a_page(inputs: Path) -> None:
    ran = run(inputs, "listing", "kg.ttl")
    assert (ran.code, ran.text, ran.err) == (0, PAGE, "")
    put(inputs, "old.txt", "old")
    assert run(inputs, "listing", "kg.ttl", "-o", "old.txt").out == b""
    assert (inputs / "old.txt").read_bytes() == ran.out


def test_listing_reads_no_listing(inputs: Path) -> None:
    with untouched(inputs):
        ran = run(inputs, "listing", "page.txt", "-o", "out.txt")
    assert_refused(ran, 3, "page.txt: it is a listing already, not RDF")


@pytest.mark.parametrize("form", ["kg.ttl", "./kg.ttl", "link"])
def test_listing_never_overwrites_its_input(inputs: Path, form: str) -> None:
    (inputs / "link").symlink_to("kg.ttl")
    with untouched(inputs):
        ran = run(inputs, "listing", "kg.ttl", "-o", form)
    assert_refused(ran, 2, f"{form} is an input, and would be overwritten")


@pytest.mark.parametrize(
    ("make", "code", "error"),
    [
        (lambda folder: put(folder, "kg.nt", "<a:b> <a:c> <a:d> .\n"), 3, "the graph holds no paper"),
        (lambda folder: put(folder, "kg.nt", "# nothing\n"), 3, "the graph holds no paper"),
        (lambda folder: put(folder, "kg.nt", "oops\n"), 3, "kg.nt:1: not ntriples"),
        (lambda folder: graph_of(folder, lines(1), "kg.nt"), 2, "the graph holds no page"),
    ],
)
def test_listing_needs_a_page(tmp_path: Path, make: Callable[[Path], Path], code: int, error: str) -> None:
    make(tmp_path)
    put(tmp_path, "out.txt", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "listing", "kg.nt", "-o", "out.txt")
    assert_refused(ran, code, error)


def test_notices_come_in_each_form(tmp_path: Path) -> None:
    graph_of(tmp_path, jsonl({**SOUND, "kind": "Preprint"}, SOUND), "kg.nt")
    common = ("listing", "kg.nt", "--author", "Ada Quill", "-o", "out.txt")
    told = "'On Stones' is left off the page: an Arrow page states no Preprint"
    assert run(tmp_path, *common).err == f"kg.nt: warning: {told}\n"
    assert run(tmp_path, *common, "-q").err == ""
    assert json.loads(run(tmp_path, *common, "--error-format", "json").err)["message"] == told
    assert run(tmp_path, *common, "--error-format", "github").err == f"::warning file=kg.nt::{told}\n"

"""A file that cannot be read, or is no TOML, is one clear line with its place."""

import os
from pathlib import Path

import pytest

from monitor.config import ConfigError, load


def only_line(path: Path) -> str:
    """Load a path that must be refused with one problem; give it without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(path, env={})
    (problem,) = caught.value.problems
    assert "\n" not in str(problem)
    return str(problem).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "config.toml: is empty"),
        (b" \r\n\n", "config.toml: is empty"),
        (b"\xef\xbb\xbf", "config.toml: is empty"),
        (b"a = 1\nb = '\x8d\xdd'\n", "config.toml:2: byte 0x8d is not UTF-8: save the file as UTF-8, not as Shift_JIS"),
        ("a = 1".encode("utf-16"), "is saved as UTF-16"),
        (b"#" * 10_000_000, "has 10 MB: a configuration has at most 8 MiB"),
        (b"a = 1\nb = yes\n", "config.toml:2: column 5: not valid TOML: expected a value"),
        (b"a = 1\nb 2\n", "config.toml:2: column 3: not valid TOML: expected name = value"),
        (b"a = 1\n\na = 2\n", "config.toml:3: column 6: not valid TOML: the key a is there twice"),
        (b"[a]\nx = 1\n[b]\n[a]\n", "config.toml:4: column 3: not valid TOML: the table [a] is there twice"),
        (b"[a]\nb = 1\n[[a]]\n", "[[a]] cannot stand here: [a] is there already"),
        (b"a = {b = 1, b = 2}\n", "not valid TOML: a key inside { } is there twice"),
        (b"[[watch.hot]]\nat = '1'\n[[watch]]\n", "config.toml:3: column 8: not valid TOML: [watch] cannot stand here"),
        (b"[[watch]]\n[watch.hot]\nat = 1\n[[watch.hot]]\n", "each begins with two brackets, as [[watch.hot]]"),
        (b"a = 'x\nb = 1\n", "config.toml:2: end of the file: not valid TOML: a quote is opened and not closed"),
        (b'a = "C:\\path"\n', "config.toml:1: column 10: not valid TOML: a backslash"),
        (b'a = "x\nb = 1\n', "config.toml:1: column 7: not valid TOML: a quote or bracket is opened on this line and not closed"),
        (b"a = {x = 1\n}", "must end with } on the same line"),
        (b"a = [1,\n2\n", "config.toml:2: end of the file: not valid TOML"),
        (b'a = """x\n', "config.toml:1: end of the file: not valid TOML"),
        (b"a = 1 b = 2\n", "config.toml:1: column 7: not valid TOML: expected nothing more on this line"),
        ("a ＝ 1\n".encode(), "full-width or curly (全角) '＝' on this line: write '=' (半角)"),
        ("a = “x”\n".encode(), "full-width or curly (全角) '“'"),
        ("a = 1\u3000\n".encode(), "write 'space' (半角)"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = 2026-13-45\n", "not valid TOML"),
        (b"a = " + b"9" * 10_000, "a number or date that is none"),
        (b"a = 1\n[monitor]\njitter = 0x" + b"f" * 9000, "config.toml:3: expected a whole number of at most 64 bits"),
        (b"a = 1\x00\n", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration(tmp_path: Path, body: bytes, words: str) -> None:
    """Whatever the bytes, a person learns what to do, and where."""
    path = tmp_path / "config.toml"
    path.write_bytes(body)
    assert words in only_line(path)


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    """Missing, a folder, a pipe: each is said in one line, and none waits."""
    assert "config.toml: does not exist: `restock init` writes one" in only_line(tmp_path / "config.toml")
    assert "is a folder" in only_line(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "pipe: is not a regular file" in only_line(tmp_path / "pipe")
    assert "cannot be read: File name too long" in only_line(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    """The owner is told to look at owner and permissions."""
    path = tmp_path / "config.toml"
    path.write_text("a = 1")
    path.chmod(0)
    assert "cannot be read: Permission denied; check its owner and permissions" in only_line(path)


def test_an_unreadable_file_is_a_line_for_root_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any fault of the disk is said in words."""
    path = tmp_path / "config.toml"
    path.write_text("a = 1")

    def broken(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    assert only_line(path) == "config.toml: cannot be read: Input/output error; check its owner and permissions"


def test_an_env_file_that_is_none(tmp_path: Path) -> None:
    """A broken `.env` is named as the file at fault."""
    path = tmp_path / "config.toml"
    path.write_text("[channels.a]\nurl = 'console://'\n")
    (tmp_path / ".env").write_bytes(b"A=1\nB=\xff\n")
    assert only_line(path).startswith(".env:2: byte 0xff is not UTF-8")
    (tmp_path / ".env").write_bytes(b"A=1\n" * 100_000)
    assert only_line(path).startswith(".env: is too big")
    (tmp_path / ".env").write_bytes(b"  \n")
    assert load(path, env={}).channels

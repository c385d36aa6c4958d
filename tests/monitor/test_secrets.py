"""Secrets come from the environment, `.env` or a file, and no message about them holds a value."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.secrets import expand, file_reference, parse_env, read_secret
from monitor.settings import ChannelSettings, HostSettings, Secret

CANARY = "c4n4ry-5ecret"


def test_names_are_replaced() -> None:
    """Every reference in a text is followed; a doubled dollar stands for itself."""
    assert expand("a${X}b${Y_2}", {"X": "1", "Y_2": "2"}) == ("a1b2", [])
    assert expand("$${X} $X {X} $", {"X": "1"}) == ("${X} $X {X} $", [])
    assert expand("${X}", {"X": "${X}$${X}"}) == ("${X}$${X}", [])


@pytest.mark.parametrize(
    ("text", "words"),
    [("${GONE}", "${GONE} is not set"), ("${EMPTY}", "${EMPTY} is set but empty"), ("${", 'has no "}"'), ("${A-B}", "only a name"), ("${}", "only a name"), ("${X:-d}", "only a name")],
)  # fmt: skip
def test_a_wrong_reference_names_the_variable(text: str, words: str) -> None:
    """What is wrong is said with the name, and nothing is sent to the rest of the text."""
    _, faults = expand(f"ntfys://{text}", {"EMPTY": "  ", "X": CANARY})
    assert len(faults) == 1
    assert words in faults[0]
    assert CANARY not in faults[0]


def test_several_faults_of_one_text() -> None:
    """Each reference is judged."""
    assert len(expand("${A}:${B}", {})[1]) == 2


def test_env_file() -> None:
    """Quotes, export, comments, byte order mark and Windows lines are understood; the last of two wins."""
    text = '\ufeff# note\r\nexport A=1\r\nB = two words # not this\r\nC="x # y \\"z\\" \\n"\r\nD=\'$raw # \\n\'\r\nE=\r\nA=2\r\nF=a#b\r\n\r\nG= # only a remark\n'
    parsed = parse_env(text)
    assert parsed.variables == {
        "A": "2",
        "B": "two words",
        "C": 'x # y "z" \n',
        "D": "$raw # \\n",
        "E": "",
        "F": "a#b",
        "G": "",
    }
    assert parsed.faults == ()


def test_env_lines_that_are_none() -> None:
    """A bad line is named by its number and never quoted."""
    parsed = parse_env(f'{CANARY}\nOK=1\nX="{CANARY}\n1A={CANARY}\n')
    assert [number for number, _ in parsed.faults] == [1, 3, 4]
    assert parsed.variables == {"OK": "1"}
    assert CANARY not in str(parsed.faults)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_env_text_is_survived(text: str) -> None:
    """No file content raises."""
    parse_env(text)


@given(st.text(max_size=80), st.dictionaries(st.sampled_from("ABC"), st.text(max_size=5)))
def test_any_text_is_expanded_or_faulted(text: str, variables: dict[str, str]) -> None:
    """A text without a reference is left as it is."""
    expanded, faults = expand(text, variables)
    if "${" not in text:
        assert (expanded, faults) == (text, [])


def test_file_references(tmp_path: Path) -> None:
    """A path is meant from the configuration's folder unless it is absolute."""
    assert file_reference("file:token", tmp_path) == tmp_path / "token"
    assert file_reference("file:/run/secrets/x", tmp_path) == Path("/run/secrets/x")
    assert file_reference("file:///run/secrets/x", tmp_path) == Path("/run/secrets/x")
    assert file_reference("ntfys://file:x", tmp_path) is None


def test_a_secret_file_holds_one_line(tmp_path: Path) -> None:
    """A final newline is no part of the secret; anything else is a fault that names the path alone."""
    file = tmp_path / "token"
    file.write_bytes(b"\xef\xbb\xbf" + CANARY.encode() + b"\r\n")
    assert read_secret(file) == CANARY
    for body, words in (
        (b"", "empty"),
        (b" \n", "empty"),
        (f"{CANARY}\nmore".encode(), "one line"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * 70_000, "small file"),
    ):
        file.write_bytes(body)
        with pytest.raises(ValueError, match=words) as refused:
            read_secret(file)
        assert CANARY not in str(refused.value)
        assert str(file) in str(refused.value)
    with pytest.raises(ValueError, match="does not exist"):
        read_secret(tmp_path / "gone")
    with pytest.raises(ValueError, match="small file"):
        read_secret(tmp_path)


def test_a_secret_never_shows_itself() -> None:
    """Neither str, repr, formatting nor the settings around it give the text."""
    secret = Secret(CANARY)
    channel = ChannelSettings("phone", secret)
    host = HostSettings(headers={"Cookie": secret}, proxy=secret)
    assert CANARY not in f"{secret} {secret!r} {secret!s:>40} {channel} {host} {[secret]}"
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY)
    assert secret != Secret("other")

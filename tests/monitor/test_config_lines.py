"""The locator finds the line of every key that tomllib finds, whatever way the file is written."""

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config_lines import Path, line_of, locate


def every_path(data: object, path: Path = ()) -> set[Path]:
    """Give the path of every table, list element and value."""
    found = {path} - {()}
    if isinstance(data, dict):
        for key, value in data.items():
            found |= every_path(value, (*path, key))
    if isinstance(data, list):
        for index, value in enumerate(data):
            found |= every_path(value, (*path, index))
    return found


def test_the_places_people_write_in() -> None:
    """Headers, dotted and quoted keys, multi-line strings, lists and inline tables all count lines right."""
    text = '''# a remark [not] = "this"
[monitor]
interval = "30s" # = "1s"
words = """
[watch]
x = 1
"""
[hosts."www.example.com"]
headers = { "A b" = "1", x.y = 2 }

[[watch]]
name = "a]"
listings = [  # ]
  "https://a/#x",
  { url = "https://b/", interval = '15s' },
  [ 'c', """d
e""", ],
]
[[watch.hot]]
at = 10:00:00
[[watch]]
 "na\\u006de" = '"'
 [[watch.hot]]
 a.b = 1
 a.c = [
 ]
'''
    lines = locate(text)
    source = text.splitlines()
    assert every_path(tomllib.loads(text)) == set(lines)
    for path, start in {
        ("monitor", "interval"): "interval", ("hosts", "www.example.com"): "[hosts", ("hosts", "www.example.com", "headers", "x", "y"): "headers",
        ("watch", 0): "[[watch]]", ("watch", 0, "listings", 0): '"https://a', ("watch", 0, "listings", 1, "interval"): "{ url",
        ("watch", 0, "listings", 2, 1): "[ 'c'", ("watch", 0, "hot", 0, "at"): "at", ("watch", 1, "name"): '"na', ("watch", 1, "hot", 0, "a", "c"): "a.c",
    }.items():  # fmt: skip
        assert source[lines[path] - 1].strip().startswith(start), path


def test_windows_lines_count_once() -> None:
    """A file saved on Windows has the same line numbers."""
    text = 'a = 1\n[b]\nc = """x\ny"""\nd = [\n1,\n2]\n'
    assert locate(text.replace("\n", "\r\n")) == locate(text)
    assert locate(text)["b", "d", 1] == 7


def test_a_key_without_a_line_gets_that_of_its_table() -> None:
    """What is missing is reported at the table it is missing from."""
    lines = locate("[a]\nb = 1\n[[c]]\n")
    assert line_of(lines, ("a", "missing")) == 1
    assert line_of(lines, ("c", 0, "x", 3)) == 3
    assert line_of(lines, ("nowhere",)) is None


NAMES = st.sampled_from(["a", "b-1", "x y", "d.o.t", "日本", "#", '"', "[", "="])
LEAVES = st.one_of(
    st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", "]", "}", "#", "'", "[[x]]", "= 1", ",", "\\", 'say "x"', "日本語", "two\nlines", "a\n\n[b]\nc = 1\n"]),
)  # fmt: skip
INLINE = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
TABLES = st.recursive(
    st.dictionaries(NAMES, INLINE, max_size=3),
    lambda inner: st.dictionaries(NAMES, st.one_of(INLINE, inner, st.lists(inner, min_size=1, max_size=3)), max_size=3),
    max_leaves=8,
)


class Writer:
    """Writes TOML in many styles and notes the line of each path as it goes."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.text, self.lines = draw, "", {}

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def any_of(self, *ways: str) -> str:
        return self.draw(st.sampled_from(ways))

    def key(self, name: str) -> str:
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return (
            name
            if name.replace("-", "").isalnum() and name.isascii()
            else quoted
            if "'" in name
            else self.any_of(quoted, f"'{name}'")
        )

    def string(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        ways = [
            '"' + escaped.replace("\n", "\\n") + '"',
            f'"""\n{escaped}"""',
            f'"""{escaped}"""' if text[:1] != "\n" else '"""\n' + escaped + '"""',
        ]
        if "'" not in text:
            ways += [f"'''\n{text}'''"] + ([f"'{text}'"] if "\n" not in text else [])
        return self.any_of(*ways)

    def value(self, value: object, path: Path, *, inline: bool = False) -> None:
        gap = " " if inline else self.any_of("", " ", "\n", " # ] } \" '\n  ")
        if isinstance(value, dict):
            self.text += "{"
            for number, (name, inner) in enumerate(value.items()):
                self.text += ", " if number else " "
                self.note((*path, name))
                self.text += f"{self.key(name)} = "
                self.value(inner, (*path, name), inline=True)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for index, inner in enumerate(value):
                self.text += ("," if index else "") + gap
                self.note((*path, index))
                self.value(inner, (*path, index))
            self.text += ("," if value and self.any_of("", ",") else "") + gap + "]"
        elif isinstance(value, str):
            self.text += self.string(value)
        else:
            self.text += str(value).lower() if isinstance(value, bool) else repr(value)

    def table(self, table: dict[str, Any], path: Path, heading: str) -> None:
        later = []
        for name, value in table.items():
            here = (*path, name)
            is_table = isinstance(value, dict) and self.draw(st.booleans())
            is_array = (
                isinstance(value, list)
                and bool(value)
                and all(isinstance(v, dict) for v in value)
                and self.draw(st.booleans())
            )
            if is_table or is_array:
                later.append((name, value))
                continue
            self.text += self.any_of("", "\n", "  ", "# [x]\n", "\t# k = '''\n")
            self.note(here)
            self.text += self.key(name) + self.any_of("=", " = ", "\t=  ")
            self.value(value, here)
            self.text += self.any_of("\n", " # [y]\n", "\n\n")
        for name, value in later:
            title = f"{heading}.{self.key(name)}" if heading else self.key(name)
            for index, inner in enumerate(value if isinstance(value, list) else [value]):
                here = (*path, name, index) if isinstance(value, list) else (*path, name)
                self.note((*path, name))
                self.note(here)
                self.text += (
                    f"[[ {title} ]]\n" if isinstance(value, list) else self.any_of(f"[{title}]\n", f"[ {title} ] # z\n")
                )
                self.table(inner, here, title)


@settings(max_examples=80, deadline=None)
@given(TABLES, st.data())
def test_every_line_is_right(table: dict[str, Any], data: st.DataObject) -> None:
    """For any data in any style: the same paths as tomllib finds, each at the line it was written on."""
    writer = Writer(data.draw)
    writer.table(table, (), "")
    assert tomllib.loads(writer.text) == table
    lines = locate(writer.text)
    assert lines == writer.lines
    assert set(lines) == every_path(table)

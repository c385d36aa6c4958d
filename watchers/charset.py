"""Bytes to text: what a page says in letters, whatever its label claims.

The order is that of the promises: byte order mark, header, meta up to the end of the head (64 KiB), then detection; but
multi-byte text that is valid UTF-8 is UTF-8 whatever its label, since no other encoding happens to look like it.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
REPLACEMENT = "\ufffd"
_MOST_REPLACED = 1000  # more than one replacement character in so many is an unread page
_SAMPLE_BYTES = 64 * 1024
_PIECE_BYTES = 16 * 1024
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MOST_REPAIRS = 5000  # characters beyond JIS X 0208 that one EUC-JP page may hold before we stop believing it is one

# Labels as the web uses them, to the superset that browsers decode them with. Only what stands here is ever decoded.
_JAPANESE_EUC = "euc_jp"
_JAPANESE_SJIS = "cp932"
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8"), "utf-8"),
    **dict.fromkeys(("utf-16", "utf-16le", "unicode", "ucs-2"), "utf-16-le"),
    "utf-16be": "utf-16-be",
    **dict.fromkeys(
        ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji", "cp932", "csshiftjis", "ms932"),
        _JAPANESE_SJIS,
    ),
    **dict.fromkeys(("euc-jp", "euc_jp", "eucjp", "x-euc-jp", "cseucpkdfmtjapanese", "cp51932"), _JAPANESE_EUC),
    **dict.fromkeys(("iso-2022-jp", "csiso2022jp", "jis"), "iso2022_jp_ext"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80", "chinese"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949", "korean"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5", "windows-1254"), "cp1254"),
    **{f"windows-{n}": f"cp{n}" for n in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "tis-620": "cp874",
    "windows-874": "cp874",
}
_EAST_ASIAN = frozenset({_JAPANESE_SJIS, _JAPANESE_EUC, "gb18030", "big5hkscs", "cp949"})

_META = re.compile(
    rb"""<(?:meta\b|\?xml\b)[^<>]{0,400}?(?:charset|encoding)\s{0,9}=\s{0,9}["']?\s{0,9}([\w:.-]{2,40})""", re.I
)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.I)
_HEAD_END = re.compile(rb"</head\b", re.I)
# A high byte that follows an ASCII one always starts a character, in every encoding we know; so runs can be cut out.
_RUN = re.compile(rb"[\x80-\xff][\x40-\x7e\x80-\xff]*")
_WIDE = re.compile("[^\x00-\x7f]+")
_KANA_AND_MARKS = re.compile("[\u3000-\u33ff\uff01-\uff5e\u2100-\u26ff]+")
_KANJI = re.compile("[\u4e00-\u9fff]+")
_HALF_KANA = re.compile("[\uff61-\uff9f]+")
_ODD = re.compile("[\ufffd\ue000-\uf8ff]+")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body as text: the codec that read it, and in words what could not be read."""

    text: str
    encoding: str
    problem: str | None = None
    exact: bool = True  # every byte was read by the codec, none replaced


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Read a body as text, never raising; a body that cannot be read says so in `problem`."""
    if body.isascii():
        if b"\x1b$" in body:
            return _judged(body.decode("iso2022_jp_ext", "replace"), "iso2022_jp_ext")
        return Decoded(body.decode("ascii"), "utf-8")
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return _judged(body[len(mark) :].decode(encoding, "replace"), encoding, exact=False)
    label = header_label(content_type)
    if label in ("utf-16-le", "utf-16-be") and b"\0" in body[:64]:
        return _judged(body.decode(label, "replace"), label)
    try:
        return _judged(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    chosen = _choose(body, [name for name in (label, meta_label(body)) if name])
    if chosen is None:
        return Decoded(
            body.decode("utf-8", "replace"), "utf-8", "the text is in no character set we can tell", exact=False
        )
    return _judged(body.decode(chosen, _errors(chosen)), chosen)


def is_plain_utf8(body: bytes, content_type: str = "") -> bool:
    """True when `decode` would read the body as UTF-8 without a mark, a doubt or a loss; makes no copy of the text."""
    if body.isascii():
        return b"\x1b" not in body
    if body.startswith(_MARKS) or (header_label(content_type) or "").startswith("utf-16"):
        return False
    # Piece by piece: a text of one megabyte costs its memory more time than its decoding.
    at, end = 0, len(body)
    while at < end:
        cut = at + _PIECE_BYTES
        if cut < end:  # not inside a character, of which no more than three bytes can follow the first
            cut -= next((back for back in range(4) if body[cut - back] & 0xC0 != 0x80), 0)
        try:
            piece = body[at:cut].decode("utf-8")
        except UnicodeDecodeError:
            return False
        if REPLACEMENT in piece:
            return False
        at = cut
    return True


def decode_part(part: bytes, encoding: str) -> str:
    """Read a piece of a body with the codec that read the whole; unreadable bytes become U+FFFD."""
    return part.decode(encoding, _errors(encoding))


def header_label(content_type: str) -> str | None:
    """The codec that a Content-Type header names, if it is one we read."""
    found = _HEADER.search(content_type[:500])
    return _CODECS.get(found[1].lower()) if found else None


def meta_label(body: bytes) -> str | None:
    """The codec that the head of a page names in a meta tag or XML declaration (first 64 KiB)."""
    head = body[:HEAD_BYTES]
    end = _HEAD_END.search(head)
    for found in _META.finditer(head, 0, end.start() if end else len(head)):
        codec = _CODECS.get(found[1].decode("ascii", "replace").lower())
        if codec:
            return "utf-8" if codec.startswith("utf-16") else codec  # a readable meta tag proves it is not UTF-16
    return None


def replaced(text: str) -> int:
    """How many characters of a text could not be read; one inside a product block spoils its verdict."""
    return text.count(REPLACEMENT)


def _judged(text: str, encoding: str, *, exact: bool = True) -> Decoded:
    lost = replaced(text)
    if lost * _MOST_REPLACED <= len(text):
        return Decoded(text, encoding, None, exact and not lost)
    return Decoded(text, encoding, f"{lost} of {len(text)} characters could not be read as {encoding}", exact=False)


def _errors(encoding: str) -> str:
    return "watchers.eucjp" if encoding == _JAPANESE_EUC else "replace"


def _choose(body: bytes, labels: list[str]) -> str | None:
    """Pick the codec for bytes that are not valid UTF-8: the label if the bytes bear it out, else the likeliest."""
    sample = _sample(body)
    if _utf8_share(sample) > 0.9:  # UTF-8 with a few broken bytes, as from a cut string
        return "utf-8"
    singles = _single_share(sample)
    for label in labels:
        if label == "utf-8" or label.startswith("utf-16"):
            continue
        if label not in _EAST_ASIAN:
            if singles > 0.5 or label != "cp1252":  # latin-1 is what servers say when nobody told them
                return label
        elif _likeness(sample, label) > 0.4:
            return label
    if singles > 0.7:
        return "cp1252"
    score, best = max((_likeness(sample, name), name) for name in (_JAPANESE_SJIS, _JAPANESE_EUC))
    return best if score > 0.4 else None


def _sample(body: bytes) -> bytes:
    runs: list[bytes] = []
    size = at = 0
    while at < len(body) and size <= _SAMPLE_BYTES:
        end = at + _SAMPLE_BYTES
        if end < len(body):  # not inside a run, if it is not too long
            end = next((cut for cut in range(end, end - 256, -1) if body[cut - 1] < 0x40), end)
        found = [run[:4096] for run in _RUN.findall(body, at, end)]
        runs += found
        size += sum(map(len, found))
        at = end
    return b"\n".join(runs)


def _single_share(sample: bytes) -> float:
    """The share of high bytes that stand alone between ASCII letters, as accents in Western text do."""
    lengths = [len(run) for run in _HIGH_RUN.findall(sample)]
    return sum(n == 1 for n in lengths) / max(1, len(lengths))


def _utf8_share(sample: bytes) -> float:
    text = sample.decode("utf-8", "replace")
    return 1 - replaced(text) / max(1, _count(_WIDE, text))


def _likeness(sample: bytes, encoding: str) -> float:
    """From 0 to 1, how much the decoded sample looks like text that people write in that encoding."""
    text = sample.decode(encoding, _errors(encoding))
    wide = max(1, _count(_WIDE, text))
    odd = _count(_ODD, text)
    if encoding in (_JAPANESE_SJIS, _JAPANESE_EUC):
        good, fair, half = _count(_KANA_AND_MARKS, text), _count(_KANJI, text), _count(_HALF_KANA, text)
        # Real Japanese is kana and kanji in turn; bytes of another encoding give kanji alone or half-width kana.
        return max(0.0, (good + min(fair, 4 * good) - half - 2 * odd) / wide)
    return max(0.0, 1 - 3 * odd / wide)


def _count(runs: re.Pattern[str], text: str) -> int:
    return sum(map(len, runs.findall(text)))


def _repair_eucjp(error: UnicodeError) -> tuple[str, int]:
    """Read what the strict EUC-JP codec refuses: the vendor rows that hold ①㈱Ⅲ髙, then JIS X 0213, else a mark.

    The vendor rows are those of Windows, reached by moving the pair to its place in Shift_JIS. The interpreter hands one
    and the same exception to all calls of one decoding, so it can carry their count: hostile bytes stop costing.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    calls = getattr(error, "repairs", 0) + 1
    error.repairs = calls  # type: ignore[attr-defined]
    data, at = error.object, error.start
    if calls > _MOST_REPAIRS:
        return REPLACEMENT * (2 + len(data) // 400), len(data)
    pair = data[at : at + 2]
    if len(pair) == 2 and pair[0] >= 0xA1 and pair[1] >= 0xA1:
        for encoding, form in ((_JAPANESE_SJIS, _shifted(pair)), ("euc_jis_2004", pair)):
            try:
                return form.decode(encoding), at + 2
            except UnicodeDecodeError:
                continue
        return REPLACEMENT, at + 2
    triple = data[at : at + 3]
    if len(triple) == 3 and triple[0] == 0x8F:
        try:
            return triple.decode("euc_jis_2004"), at + 3
        except UnicodeDecodeError:
            return REPLACEMENT, at + 3
    return REPLACEMENT, at + 1


def _shifted(pair: bytes) -> bytes:
    """The Shift_JIS form of a two-byte EUC-JP character (the arithmetic of JIS X 0208 annex 1)."""
    row, cell = pair[0] - 0xA0, pair[1] - 0xA0
    lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
    trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell <= 63 else 0x40)
    return bytes((lead, trail))


codecs.register_error("watchers.eucjp", _repair_eucjp)

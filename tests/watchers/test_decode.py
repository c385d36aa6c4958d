"""Bodies come out as they went in, whatever the coding and the cuts; bombs, nonsense and early ends do not come out at all."""

from __future__ import annotations

import gzip
import random
import time
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import CODECS, product_page
from watchers import decode
from watchers.decode import BATCH, FREE, MEMBERS, Body
from watchers.faults import FetchError
from watchers.model import Cause, Limits

RANDOM = random.Random(7)
NOISE = RANDOM.randbytes(700_000)  # does not compress: crosses batches
DEFAULT = Limits()
CODED = {**CODECS, "x-gzip": CODECS["gzip"]}


@pytest.fixture(params=["batched", "eager"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test twice: unpacking in batches, and each piece as it comes, so that cuts fall inside every structure."""
    if request.param == "eager":
        monkeypatch.setattr(decode, "BATCH", 1)
        monkeypatch.setattr(decode, "STEP", 1)


def unpack(coding: str, data: bytes, *, step: int = 0, limits: Limits = DEFAULT) -> bytes:
    """Feed a body in steps and finish it."""
    body = Body(coding, limits)
    for start in range(0, len(data), step or max(1, len(data))):
        body.feed(data[start : start + (step or len(data))])
    whole = body.finish()
    assert body.wire == len(data)
    assert body.size == len(whole)
    return whole


def failure(coding: str, data: bytes, *, step: int = 0, limits: Limits = DEFAULT) -> FetchError:
    """Feed a body that must fail."""
    with pytest.raises(FetchError) as caught:
        unpack(coding, data, step=step, limits=limits)
    return caught.value


@given(
    coding=st.sampled_from(["", "identity", *CODED]),
    raw=st.binary(max_size=3000).map(lambda b: b * 7) | st.binary(max_size=300),
    step=st.integers(1, 700),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_coding_gives_back_the_page(batch: None, coding: str, raw: bytes, step: int) -> None:
    """However the wire cuts it, the page is the page."""
    assert unpack(coding, CODED.get(coding, bytes)(raw), step=step) == raw


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("raw", [NOISE, product_page(filler_kb=900)], ids=["noise", "page"])
@pytest.mark.parametrize("step", [0, 1000, 65536])
def test_large_pages_cross_batches(coding: str, raw: bytes, step: int) -> None:
    """Pages beyond one batch come out whole."""
    assert unpack(coding, CODED[coding](raw), step=step) == raw


@given(cut=st.floats(0, 1, exclude_max=True), coding=st.sampled_from(sorted(CODED)), step=st.integers(1, 5000))
@settings(max_examples=200, deadline=None)
def test_an_early_end_is_seen(cut: float, coding: str, step: int) -> None:
    """A body cut anywhere but at its start is truncated, not short."""
    data = CODED[coding](NOISE[:3000])
    kept = data[: max(1, int(cut * len(data)))]
    assert failure(coding, kept, step=step).cause is Cause.TRUNCATED


@pytest.mark.parametrize("coding", CODED)
def test_an_empty_body_needs_no_end(coding: str) -> None:
    """Servers name a coding on answers without a body."""
    assert unpack(coding, b"") == b""


def test_gzip_members_follow_each_other(batch: None) -> None:
    """Several members are one page, wherever the wire cuts between them."""
    data = gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b"") + gzip.compress(b"three")
    for step in (0, 1, 2, 7, 23, len(data) - 1):
        assert unpack("gzip", data, step=step) == b"one two three"
    assert failure("gzip", data[:-1]).cause is Cause.TRUNCATED
    assert failure("gzip", data + b"\x1f").cause is Cause.TRUNCATED
    assert failure("gzip", data + b"\x1f\x8b").cause is Cause.TRUNCATED


def test_padding_behind_gzip_is_ignored(batch: None) -> None:
    """Some servers pad; browsers do not mind."""
    for padding in (b"\0", b"\0" * 5000, b"\r\n", b"\x1f\0"):
        for step in (0, 1, 11):
            assert unpack("gzip", gzip.compress(b"page") + padding, step=step) == b"page"
            assert unpack("gzip", gzip.compress(b"page") + padding + gzip.compress(b"more"), step=step) == b"page"


def test_zstd_frames_follow_each_other(batch: None) -> None:
    """Several frames are one page."""
    data = zstd.compress(b"one ") + zstd.compress(b"two")
    for step in (0, 1, 9):
        assert unpack("zstd", data, step=step) == b"one two"


def test_deflate_comes_in_two_kinds(batch: None) -> None:
    """With the wrapper, as the standard says, and without, as some servers have it."""
    page = product_page()
    bare = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = bare.compress(page) + bare.flush()
    for step in (0, 1, 2, 3):
        assert unpack("deflate", data, step=step) == page
        assert unpack("deflate", zlib.compress(page), step=step) == page


@pytest.mark.parametrize("coding", CODED)
def test_nonsense_is_named(coding: str) -> None:
    """A page that is not what its header says is a fault of the server, in words."""
    error = failure(coding, b"<!DOCTYPE html><html>plain after all</html>" * 20)
    assert error.cause is Cause.HTTP
    assert coding in error.detail


@pytest.mark.parametrize("at", [-1, -5, 300])
def test_a_flipped_bit_is_seen(at: int) -> None:
    """Gzip carries a checksum and a length; both are checked."""
    data = bytearray(gzip.compress(NOISE[:1000]))
    data[at] ^= 1
    assert failure("gzip", bytes(data)).cause in (Cause.HTTP, Cause.TRUNCATED)


@pytest.mark.parametrize("coding", ["lzma", "gzip, br", "utf-8", "x" * 500])
def test_an_unknown_coding_is_named(coding: str) -> None:
    """What we cannot unpack is said at once, shortened."""
    with pytest.raises(FetchError) as caught:
        Body(coding, Limits())
    assert caught.value.cause is Cause.HTTP
    assert coding[:30] in caught.value.detail
    assert len(caught.value.detail) < 120


@pytest.mark.parametrize("coding", [" GZIP ", "Gzip", "BR", "Identity"])
def test_codings_are_read_in_any_case(coding: str) -> None:
    """Header values are not case-sensitive here."""
    plain = coding.strip().lower()
    assert unpack(coding, CODED.get(plain, bytes)(b"page")) == b"page"


BOMBS = {
    "gzip": lambda: gzip.compress(bytes(40_000_000), 6),
    "deflate": lambda: zlib.compress(bytes(40_000_000), 6),
    "br": lambda: brotli.compress(bytes(40_000_000), quality=3),
    "zstd": lambda: zstd.compress(bytes(40_000_000)),
}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_is_defused(coding: str) -> None:
    """Forty megabytes of nothing stop at the ratio, quickly and with little kept."""
    bomb = BOMBS[coding]()
    body = Body(coding, Limits())
    began = time.process_time()
    with pytest.raises(FetchError) as caught:
        for start in range(0, len(bomb), 16384):
            body.feed(bomb[start : start + 16384])
        body.finish()
    assert caught.value.cause is Cause.TOO_BIG
    assert body.size <= Limits().max_body
    assert time.process_time() - began < 1.0


def test_the_ratio_counts_past_a_mebibyte_only() -> None:
    """Short pages of repeats are honest; long ones are not."""
    assert len(unpack("gzip", gzip.compress(bytes(FREE)))) == FREE
    error = failure("gzip", gzip.compress(bytes(FREE + 1)))
    assert error.cause is Cause.TOO_BIG
    assert "100 times" in error.detail


def test_the_ratio_may_be_met_exactly() -> None:
    """A limit is what may still pass."""
    data = gzip.compress(bytes(3 * FREE))
    ratio = -(-3 * FREE // len(data))  # just enough
    assert len(unpack("gzip", data, limits=Limits(max_ratio=ratio))) == 3 * FREE
    assert failure("gzip", data, limits=Limits(max_ratio=ratio - 1)).cause is Cause.TOO_BIG


@pytest.mark.parametrize("coding", ["", *CODED])
def test_the_unpacked_size_is_capped(coding: str) -> None:
    """A page of exactly the limit passes, one byte more does not."""
    limits = Limits(max_body=650_000)
    data = CODED.get(coding, bytes)
    assert len(unpack(coding, data(NOISE[:650_000]), step=9000, limits=limits)) == 650_000
    error = failure(coding, data(NOISE[:650_001]), step=9000, limits=limits)
    assert error.cause is Cause.TOO_BIG
    assert "0.62 MiB" in error.detail


@pytest.mark.parametrize("coding", CODED)
def test_nothing_is_kept_past_the_limit(coding: str) -> None:
    """What overflows is never taken in first and judged afterwards."""
    body = Body(coding, Limits(max_body=1000))
    body.feed(CODED[coding](NOISE[:5000]))
    with pytest.raises(FetchError):
        body.finish()
    assert body.size == 0


def test_the_ratio_counts_over_all_batches() -> None:
    """An honest beginning does not pay for a bomb at the end twice."""
    data = gzip.compress(NOISE + bytes(1_000_000))
    assert len(data) > BATCH
    assert failure("gzip", data, step=50_000, limits=Limits(max_ratio=2)).cause is Cause.TOO_BIG
    assert len(unpack("gzip", data, step=50_000, limits=Limits(max_ratio=3))) == 1_700_000


@pytest.mark.parametrize("coding", ["", *CODED])
def test_the_wire_size_is_capped(coding: str) -> None:
    """Bytes on the wire have a limit of their own, met before anything is unpacked."""
    data = CODED.get(coding, bytes)(NOISE)
    assert unpack(coding, data, step=5000, limits=Limits(max_wire=len(data))) == NOISE
    error = failure(coding, data, step=5000, limits=Limits(max_wire=len(data) - 1))
    assert error.cause is Cause.TOO_BIG
    assert "on the wire" in error.detail


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_million_empty_members_are_refused_fast(coding: str) -> None:
    """They unpack to nothing and would never meet a limit on what comes out."""
    member = CODED[coding](b"")
    flood = member * (5 * 1024 * 1024 // len(member))
    body = Body(coding, Limits())
    began = time.process_time()
    with pytest.raises(FetchError) as caught:
        for start in range(0, len(flood), 65536):
            body.feed(flood[start : start + 65536])
        body.finish()
    assert caught.value.cause is Cause.TOO_BIG
    assert body.wire <= BATCH + 65536
    assert time.process_time() - began < 1.0
    assert unpack(coding, member * MEMBERS) == b""


def test_empty_blocks_are_met_by_the_wire_limit() -> None:
    """One endless stream of empty blocks costs little and ends at the limit on the wire."""
    stream = zlib.compressobj(6, zlib.DEFLATED, 31)
    head = stream.compress(b"") + stream.flush(zlib.Z_FULL_FLUSH)
    block = b"\x00\x00\x00\xff\xff"
    began = time.process_time()
    error = failure("gzip", head + block * 1_200_000, step=65536)
    assert error.cause is Cause.TOO_BIG
    assert "on the wire" in error.detail
    assert time.process_time() - began < 2.0


def test_a_huge_zstd_window_is_refused() -> None:
    """A frame may ask for gigabytes of memory; the web allows 8 MiB."""
    parameter = zstd.CompressionParameter
    options = {parameter.window_log: 27, parameter.content_size_flag: 0, parameter.enable_long_distance_matching: 1}
    packer = zstd.ZstdCompressor(options=options)
    data = packer.compress(NOISE) + packer.flush()
    assert failure("zstd", data).cause is Cause.HTTP


def test_the_same_holds_without_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where isal has no wheel, zlib does the work."""
    monkeypatch.setattr(decode, "gunzip", zlib)
    page = product_page(filler_kb=200)
    for coding in ("gzip", "deflate"):
        for step in (0, 1000):
            assert unpack(coding, CODED[coding](page), step=step) == page
        assert failure(coding, CODED[coding](page)[:-3]).cause is Cause.TRUNCATED
        assert failure(coding, BOMBS[coding]()).cause is Cause.TOO_BIG

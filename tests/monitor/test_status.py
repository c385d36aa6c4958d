"""The status line says in one line what the service is doing, and names trouble when there is some."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.model import Watch, Wish
from monitor.settings import Settings
from monitor.status import farewell, in_force, status_line
from watchers.model import Listing

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Now:
    watches: int = 1
    listings: int = 1
    in_stock: int = 0
    blind: int = 0
    looks: int = 0
    next_in: float | None = 2.0
    lag: float = 0.0
    backing_off: Mapping[str, float] = field(default_factory=dict)
    pending: int = 0
    last_alert: datetime | None = None


def test_a_quiet_service_says_little() -> None:
    """What is zero is left out; what is to come is last."""
    assert status_line(Now(), "en", TOKYO) == "1 watch, 1 listing · 0 looks · no alert yet · next look in 2.0 s"
    assert (
        status_line(Now(), "ja", TOKYO)
        == "見張り 1件（1ページ） · 確認 0回 · 通知はまだありません · 次の確認まで 2.0秒"
    )


def test_trouble_is_named() -> None:
    """Blind watches, hosts that back off, lag and waiting messages all show."""
    line = status_line(
        Now(
            watches=3,
            listings=1200,
            looks=12345,
            in_stock=2,
            blind=1,
            lag=3.21,
            backing_off={"a.example": 28.0, "b.example": 5.0, "c.example": 9.0, "d.example": 1.0},
            pending=2,
        ),
        "en",
        TOKYO,
    )
    assert line.startswith("3 watches, 1,200 listings · 12,345 looks · 2 in stock · 1 blind · a.example backs off 28 s")
    assert "c.example backs off 9 s · b.example backs off 5 s · 1 more hosts back off" in line
    assert "late by 3.2 s" in line
    assert "2 messages waiting" in line


def test_times_are_the_users() -> None:
    """The last alert is shown on the user's clock."""
    line = status_line(Now(last_alert=datetime(2026, 11, 25, 18, 2, 3, tzinfo=UTC)), "en", TOKYO)
    assert "last alert 03:02:03" in line


def test_nothing_to_do_is_said() -> None:
    """Without listings there is no next look."""
    assert status_line(Now(watches=0, listings=0, next_in=None), "en", TOKYO).endswith("nothing to look at")
    assert "見に行く先がありません" in status_line(Now(next_in=None), "ja", TOKYO)


def test_a_good_save_and_an_end_have_their_words() -> None:
    """What is in force now, and a farewell, in the person's language."""
    watch = Watch("Deck", Wish(), (Listing("https://a.example/"), Listing("https://b.example/")))
    settings = Settings(Path("/x/config.toml"), Path("r.db"), language="en", watches=(watch, watch))
    assert in_force(settings) == "config.toml in force: 2 watches, 4 listings"
    assert in_force(replace(settings, language="ja")) == "config.toml を反映しました: 見張り 2件（4ページ）"
    assert (farewell("en"), farewell("ja")) == ("Stopped.", "停止しました")

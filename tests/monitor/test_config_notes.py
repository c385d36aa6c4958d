"""What is allowed and risky, or asked and out of reach, is said once, in words that tell what to do."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config import load, notes, reachable, stretch
from monitor.settings import Settings

TELL = "[channels.terminal]\nurl = 'console://'\n"


def written(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(TELL + text, "utf-8")
    return load(path, env={}, check_channels=False)


def watches(count: int, interval: str, host: str = "shop.example") -> str:
    return "".join(
        f"[[watch]]\nname = '{host} {interval} {n}'\nurl = 'https://{host}/{n}'\ninterval = '{interval}'\n"
        for n in range(count)
    )


def test_a_budget_that_suffices_changes_nothing(tmp_path: Path) -> None:
    """30 listings every 30 s are one request a second: just served."""
    settings = written(tmp_path, watches(30, "30s"))
    assert reachable(settings) == {"shop.example": timedelta(seconds=30)}
    assert stretch(settings)["shop.example"] == pytest.approx(1.0)
    assert notes(settings) == []


def test_a_budget_that_does_not_suffice_is_named(tmp_path: Path) -> None:
    """120 listings at one request a second come round every two minutes, whatever was asked."""
    settings = written(
        tmp_path, watches(120, "30s") + "[hosts.'quick.example']\nrate = 10\n" + watches(120, "30s", "quick.example")
    )
    assert reachable(settings) == {"shop.example": timedelta(seconds=120), "quick.example": timedelta(seconds=30)}
    (note,) = notes(settings)
    assert "shop.example: 120 listings ask for a look every 30s" in note
    assert "reaches every 2m" in note


def test_unequal_intervals_stretch_alike(tmp_path: Path) -> None:
    """Many slow listings do not make one quick listing slow, as long as the budget serves them all."""
    settings = written(tmp_path, watches(90, "1h") + watches(1, "5s"))
    assert reachable(settings) == {"shop.example": timedelta(seconds=5)}
    both = written(tmp_path, watches(10, "5s") + watches(10, "10s"))
    assert stretch(both)["shop.example"] == pytest.approx(3.0)
    assert reachable(both)["shop.example"] == timedelta(seconds=15)


def test_ports_share_the_manners_of_their_host(tmp_path: Path) -> None:
    """A rate for a host holds for its unusual ports; one for host:port wins there."""
    text = (
        "[hosts.'a.example']\nrate = 2\n[hosts.'a.example:81']\nrate = 4\n"
        + watches(40, "10s", "a.example:80")
        + watches(40, "10s", "a.example:81")
    )
    assert reachable(written(tmp_path, text)) == {
        "a.example:80": timedelta(seconds=20),
        "a.example:81": timedelta(seconds=10),
    }


def test_the_built_in_shop_has_no_budget(tmp_path: Path) -> None:
    """The demo is nobody's server."""
    settings = written(
        tmp_path, "[[watch]]\nname = 'd'\nlistings = ['demo://camera', 'demo://sneakers']\ninterval = '100ms'\n"
    )
    assert (reachable(settings), notes(settings)) == ({}, [])


def test_hot_windows_have_budgets_too(tmp_path: Path) -> None:
    """Four listings every 2 s need two requests a second."""
    text = (
        "[[watch]]\nname = 'W'\nlistings = ["
        + ",".join(f"'https://s.example/{n}'" for n in range(4))
        + "]\n[[watch.hot]]\nat = '10:00'\nfor = '5m'\nevery = '2s'\n"
    )
    (note,) = notes(written(tmp_path, text))
    assert (
        note
        == 'watch "W": in the hot window at 10:00 the budget of s.example (1/s) reaches a look every 4s, not every 2s'
    )
    assert notes(written(tmp_path, text + "[hosts.'s.example']\nrate = 2\n")) == []


def test_terms_are_named_once(tmp_path: Path) -> None:
    """However many pages of Amazon and Mercari are watched."""
    found = notes(
        written(
            tmp_path,
            watches(2, "1h", "www.amazon.co.jp")
            + watches(2, "1h", "www.amazon.com")
            + watches(2, "1h", "jp.mercari.com")
            + watches(1, "1h", "amazon-fans.example"),
        )
    )
    assert len(found) == 2
    assert "Amazon Conditions of Use" in found[0]
    assert "Mercari" in found[1]


def test_risks_taken_on_purpose(tmp_path: Path) -> None:
    """A proxy, an unchecked certificate, a lowered floor, a host nobody watches, a channel nobody uses."""
    found = notes(
        written(
            tmp_path,
            """
            [channels.spare]
            url = "console://"
            [monitor]
            min_interval = "1s"
            [hosts."a.example"]
            proxy = "http://u:h1dden@p.example:1"
            [hosts."b.exmple"]
            rate = 1
            [[watch]]
            name = "W"
            channels = ["terminal"]
            listings = ["https://a.example/", { url = "https://b.example/", tls_verify = false }]
            """,
        )
    )
    assert [note.partition(":")[0] for note in found] == [
        '[hosts."a.example"] proxy',
        '[hosts."b.exmple"]',
        'watch "W"',
        "monitor.min_interval is 1s",
        "[channels.spare]",
    ]
    assert "names" in found[0]
    assert "h1dden" not in "".join(found)
    assert 'did you mean "b.example"' in found[1]
    assert "b.example" in found[2]


def test_nothing_watched(tmp_path: Path) -> None:
    """An empty beginning says what comes next."""
    assert notes(written(tmp_path, "")) == ["nothing is watched yet: add a [[watch]]"]


def test_a_ceiling_in_a_currency_without_a_rate(tmp_path: Path) -> None:
    """It is compared with its own currency alone, which nobody would guess."""
    watch = "[[watch]]\nname = 'Shoes'\nurl = 'https://s.example/1'\nmax_price = '$149.99'\n"
    (note,) = notes(written(tmp_path, watch))
    assert note.startswith('watch "Shoes": max_price is in USD') and "[monitor.rates]" in note
    assert notes(written(tmp_path, watch + "[monitor.rates]\nUSD = 155\n")) == []
    assert notes(written(tmp_path, watch.replace("$149.99", "15000"))) == []

"""A good file becomes settings that say exactly what it said; what it left out has the promised defaults."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.config import load
from monitor.model import DEFAULT_ACCEPT, HotWindow
from monitor.settings import BlindSettings, ConfirmSettings, HostSettings, RetrySettings, Secret, Settings
from watchers.model import Availability, Condition, Limits, Listing, Rule, RuleKind, Rules

PLAIN = """
[channels.terminal]
url = "console://"

[[watch]]
name = "Deck"
listings = ["https://shop.example/deck"]
"""


def written(folder: Path, text: str, **env: str) -> Settings:
    """Load a text as a file."""
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return load(path, env=env)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_what_is_left_out_has_the_promised_default(tmp_path: Path) -> None:
    """The smallest useful file equals the defaults everywhere else."""
    settings = written(tmp_path, PLAIN)
    assert settings == Settings(
        path=tmp_path / "config.toml",
        database=tmp_path / "restock.db",
        channels=settings.channels,
        watches=settings.watches,
    )
    assert (settings.fetch, settings.confirm, settings.retry, settings.blind) == (
        Limits(),
        ConfirmSettings(),
        RetrySettings(),
        BlindSettings(),
    )
    (watch,) = settings.watches
    assert watch.listings == (Listing("https://shop.example/deck", seconds(30)),)
    assert watch.channels == ("terminal",)
    assert watch.wish.accept == DEFAULT_ACCEPT


def test_everything_that_can_be_said_is_heard(tmp_path: Path) -> None:
    """Each key lands in its field."""
    (tmp_path / "token").write_text("t0ken\n")
    (tmp_path / "sub").mkdir()
    settings = written(
        tmp_path,
        """
        [monitor]
        language = "en"
        timezone = "Europe/Berlin"
        interval = "20s"
        min_interval = "3s"
        jitter = 0.2
        accept = ["in-stock", "lottery"]
        database = "sub/../mine.db"
        concurrency = 7
        full_every = "5m"
        retention = "30d"
        rates = { USD = 155.5, eur = "168円" }
        [channels.phone]
        url = "ntfys://${TOPIC}?click=x"
        urgent = true
        language = "ja"
        [channels.desk]
        url = "console://"
        [hosts."WWW.Shop.example"]
        rate = "30/m"
        concurrency = 1
        headers = { Accept-Language = "ja", X-Token = "file:token" }
        proxy = "http://u:p@proxy.example:3128"
        user_agent = "me/1"
        [fetch]
        allow = "127.0.0.1/32:8099"
        total = "9s"
        connect = "800ms"
        max_wire = "1MiB"
        max_redirects = 0
        [confirm]
        looks = 3
        again_after = "0.1s"
        first_note = false
        [retry]
        delays = ["1s", "1m"]
        fallback = "desk"
        burst = 3
        [blind]
        after = "1m"
        intervals = 2
        [[watch]]
        name = " Deck "
        url = "HTTPS://shop.example/deck"
        interval = "10s"
        accept = "backorder"
        max_price = "$549.99"
        sellers = "Valve"
        condition = ["new", "refurbished"]
        variant = "512 GB"
        quantity = 2
        channels = ["phone"]
        tls_verify = false
        [[watch.hot]]
        at = 09:30:00
        for = "10m"
        every = "2s"
        days = ["mon", "sat-sun"]
        [[watch]]
        name = "Shoes"
        currency = "EUR"
        max_price = 99
        listings = [
          "demo://switch-2",
          { url = "https://a.example/1", interval = "1h", variant = "red", tls_verify = false },
        ]
        """,
        TOPIC="t0pic",
    )
    assert (tmp_path / "sub/../mine.db") == settings.database
    assert settings.rates == {"USD": Decimal("155.5"), "EUR": Decimal(168)}
    assert settings.accept == {Availability.IN_STOCK, Availability.LOTTERY}
    assert (settings.jitter, settings.concurrency, settings.full_every, settings.retention) == (
        0.2,
        7,
        seconds(300),
        timedelta(days=30),
    )
    assert settings.channels["phone"].url == Secret("ntfys://t0pic?click=x&redirect=no&retry=0&verify=yes")
    assert (settings.channels["phone"].urgent, settings.channels["phone"].language) == (True, "ja")
    assert settings.channels["desk"].url == Secret("console://")
    assert settings.hosts == {
        "www.shop.example": HostSettings(
            0.5,
            1,
            {"Accept-Language": Secret("ja"), "X-Token": Secret("t0ken")},
            Secret("http://u:p@proxy.example:3128"),
            "me/1",
        )
    }
    assert settings.fetch == Limits(
        allow=("127.0.0.1/32:8099",), total=9.0, connect=0.8, max_wire=1024**2, max_redirects=0
    )
    assert settings.confirm == ConfirmSettings(looks=3, again_after=seconds(0.1), first_note=False)
    assert settings.retry == RetrySettings(delays=(seconds(1), seconds(60)), fallback="desk", burst=3)
    assert settings.blind == BlindSettings(after=seconds(60), intervals=2.0)
    deck, shoes = settings.watches
    assert deck.name == "Deck"
    assert deck.listings == (Listing("https://shop.example/deck", seconds(10), tls_verify=False),)
    assert deck.hot == (HotWindow(time(9, 30), seconds(600), seconds(2), frozenset({0, 5, 6})),)
    assert (deck.wish.max_price, deck.wish.currency) == (Decimal("549.99"), "USD")
    assert (deck.wish.accept, deck.wish.sellers) == ({Availability.BACKORDER}, ("Valve",))
    assert (deck.wish.condition, deck.wish.variant, deck.wish.quantity) == (
        {Condition.NEW, Condition.REFURBISHED},
        "512 GB",
        2,
    )
    assert deck.channels == ("phone",)
    assert shoes.channels == ("phone", "desk")
    assert shoes.wish.accept == settings.accept
    assert shoes.wish.currency == "EUR"
    assert shoes.listings == (
        Listing("demo://switch-2", seconds(2)),
        Listing("https://a.example/1", seconds(3600), "red", tls_verify=False),
    )


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    """A variable of the process overrides the same one of `.env`."""
    (tmp_path / ".env").write_text("TOPIC=from-file\nOTHER=only-file\n")
    text = PLAIN.replace("console://", "ntfys://${TOPIC}-${OTHER}")
    assert written(tmp_path, text).channels["terminal"].url.reveal().startswith("ntfys://from-file-only-file?")
    assert written(tmp_path, text, TOPIC="env").channels["terminal"].url.reveal().startswith("ntfys://env-only-file?")


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `env`, the variables of this process are meant."""
    monkeypatch.setenv("RESTOCK_TEST_TOPIC", "here")
    path = tmp_path / "config.toml"
    path.write_text(PLAIN.replace("console://", "ntfys://${RESTOCK_TEST_TOPIC}"))
    assert load(path).channels["terminal"].url.reveal().startswith("ntfys://here?")


def test_raising_only_the_floor_raises_the_usual_interval(tmp_path: Path) -> None:
    """The default interval never undercuts the floor; the built-in shop has none."""
    text = '[monitor]\nmin_interval = "1m"\n' + PLAIN + '[[watch]]\nname = "d"\nurl = "demo://"\n'
    watches = written(tmp_path, text).watches
    assert [watch.listings[0].interval for watch in watches] == [seconds(60), seconds(2)]


def test_a_file_without_watches_is_a_beginning(tmp_path: Path) -> None:
    """`init`, `test` and `add` need channels, not watches."""
    assert written(tmp_path, '[channels.terminal]\nurl = "console://"\n').watches == ()


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])
def test_a_file_saved_on_windows_is_the_same(tmp_path: Path, change: object) -> None:
    """A byte order mark and CRLF change nothing."""
    assert callable(change)
    plain = written(tmp_path, PLAIN)
    (tmp_path / "config.toml").write_bytes(change(PLAIN).encode())
    assert load(tmp_path / "config.toml", env={}) == plain


def test_large_files_load_quickly_enough(tmp_path: Path) -> None:
    """A thousand watches are no feat."""
    text = PLAIN + "".join(
        f'[[watch]]\nname = "w{n}"\nmax_price = "{n + 1:,},000円"\nlistings = ["https://shop{n}.example/1", "https://b.example/{n}"]\n'
        for n in range(1000)
    )
    assert len(written(tmp_path, text).watches) == 1001


def test_rules_of_a_listing(tmp_path: Path) -> None:
    """One rule alone stands for a list of one; a listing without rules has none."""
    settings = written(
        tmp_path,
        PLAIN.replace(
            'listings = ["https://shop.example/deck"]',
            """listings = ["https://shop.example/deck", { url = "https://shop.example/b", in_stock_when = 'css: a[href*="//cart"]', """
            """sold_out_when = ["TEXT : 在庫なし", "regex: a:b"], price_at = "jmes( script:not(.x) ): item.price" }]""",
        ),
    )
    plain, ruled = settings.watches[0].listings
    assert plain.rules is None
    assert ruled.rules == Rules(
        in_stock_when=(Rule(RuleKind.CSS, 'a[href*="//cart"]'),),
        sold_out_when=(Rule(RuleKind.TEXT, "在庫なし"), Rule(RuleKind.REGEX, "a:b")),
        price_at=(Rule(RuleKind.JMES, "item.price", "script:not(.x)"),),
    )
    assert str(ruled.rules.price_at[0]) == "jmes(script:not(.x)): item.price"

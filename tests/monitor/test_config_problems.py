"""Every mistake is named at once: file, line, key, what was expected, what stood there, the nearest right spelling; never a secret."""

import logging
from pathlib import Path

import pytest

from monitor.config import ConfigError, load

CANARY = "c4n4ry5ecret"
GOOD = """\
[channels.terminal]
url = "console://"
[[watch]]
name = "Deck"
url = "https://shop.example/deck"
"""


def refused(folder: Path, text: str, **env: str) -> list[str]:
    """Load a text that must be refused; give its problems without the folder."""
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, env=env)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    assert CANARY not in repr(caught.value) + repr(caught.value.problems) + str(caught.value)
    return [line.replace(f"{folder}/", "") for line in str(caught.value).splitlines()]


def test_all_at_once(tmp_path: Path) -> None:
    """Mistakes of every kind, in one file, in the order of the file, each at its line."""
    found = refused(
        tmp_path,
        """\
[monitor]
interval = "2s"
accept = "in_stok"
timezone = "Asia/Tokio"
[channels.phone]
url = "ntfys://${NTFY_TOPIC}"
urgnt = true
[channels.wrong]
url = "ntfyz://topic"
[[watch]]
name = "Deck"
chanels = ["phone"]
listings = [
  "https://shop.example/deck",  # fine

  { url = "ftp://shop.example/", interval = "1s" },
  "https://SHOP.example:443/deck",
]
channels = ["phone", "fone"]
[[watch.hot]]
at = "10:00"
for = 600
every = "1s"
[[watch]]
name = "Deck"
max_price = "52.000"
[retry]
fallback = "phon"
""",
    )
    expected = [
        (2, 'monitor.interval: expected at least 5s (monitor.min_interval), to stay welcome at the shop, got "2s"'),
        (3, 'got "in_stok" (did you mean "in_stock"?)'),
        (4, 'got "Asia/Tokio" (did you mean "Asia/Tokyo"?)'),
        (6, "channels.phone.url: ${NTFY_TOPIC} is not set: set NTFY_TOPIC in the environment"),
        (7, 'channels.phone.urgnt: no such setting (did you mean "urgent"?)'),
        (9, 'channels.wrong.url: "ntfyz://" is not a service that Apprise knows (did you mean "ntfy://"?)'),
        (12, 'watch "Deck".chanels: no such setting (did you mean "channels"?)'),
        (16, 'watch "Deck".listings[2].interval: expected at least 5s'),
        (16, 'watch "Deck".listings[2].url: expected a URL that begins with https://'),
        (17, 'watch "Deck".listings[3]: the page is already listing 1'),
        (19, 'watch "Deck".channels[2]: there is no [channels.fone] (did you mean "phone"?)'),
        (22, 'watch "Deck".hot[1].for: expected a duration in quotes'),
        (23, 'watch "Deck".hot[1].every: expected at least 2s in a hot window, got "1s"'),
        (24, 'watch "Deck": has no page to look at'),
        (25, 'watch "Deck".name: the name "Deck" is already that of watch 1'),
        (26, 'watch "Deck".max_price: expected an amount'),
        (28, 'retry.fallback: there is no [channels.phon] (did you mean "phone"?)'),
    ]
    assert len(found) == len(expected), "\n".join(found)
    for line, (number, words) in zip(found, expected, strict=True):
        assert line.startswith(f"config.toml:{number}: "), line
        assert words in line


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[monitor]\nlanguage = 'fr'", 'config.toml:2: monitor.language: expected "ja" or "en", got "fr"'),
        ("[monitor]\njitter = 2", "expected a number from 0 to 0.5, got 2"),
        ("[monitor]\nconcurrency = true", "expected a whole number from 1 to 1000, got true"),
        ("[monitor]\naccept = []", "monitor.accept: expected at least one, got an empty list"),
        ("[monitor]\naccept = ['out_of_stock']", 'expected "in_stock"'),
        ("[monitor]\ninterval = 30", 'write "30s" for seconds, got 30'),
        ("[monitor]\ndatabase = 'nowhere/x.db'", "the folder it should lie in does not exist"),
        ("[monitor]\nrates = { USDD = 1 }", 'got "USDD" (did you mean "USD"?)'),
        ("[monitor]\nrates = { USD = '$1' }", "yen"),
        ("[monitor]\nkeep_observations = '14d'", "monitor.keep_observations: is kept for a later version and does nothing yet"),
        ("monitor = 5", "config.toml:1: monitor: expected a table, as [monitor], got 5"),
        ("channels = 5", "expected a table, as [channels.NAME]"),
        ("[channels.x]\nurgent = true", "config.toml:1: channels.x.url: is missing: an Apprise URL"),
        ("[channels.x]\nurl = ''", "channels.x.url: expected text with something in it, got ***"),
        ("[channels.x]\nurl = 'console://'\nlanguage = 'jp'", 'got "jp" (did you mean "ja"?)'),
        ("[channels.x]\nurl = 'ntfys://a/b/c'", "names 2 targets: give each a channel of its own"),
        ("[channels.x]\nurl = 'ntfys://'", "names nobody to tell"),
        ("[channels.x]\nurl = 'ntfys://t?verify=no'", "certificates of channels are always verified"),
        ("[channels.x]\nurl = 'ntfy.sh/topic'", "expected an Apprise URL such as"),
        ("[channels.x]\nurl = 'mailto://u:p@example.com?to=a@example.com,b@example.com'", "names 2 targets"),
        ("[hosts.'https://shop.example/']\nrate = 1", "without https:// or a path"),
        ("[hosts.x]\nrate = 0", "expected a rate from 1/h to 10000/s, got 0"),
        ("[hosts.x]\nheaders = { 'a b' = 'x' }", "expected the name of a header"),
        ("[hosts.x]\nheaders = { Host = 'x' }", "Host is set by the connection itself"),
        ("[hosts.x]\nheaders = { A = \"x\\ny\" }", "expected one line"),
        ("[hosts.x]\nproxy = 'socks5://x:1'", "SOCKS is not supported"),
        ("[fetch]\nallow = ['127.0.0.1']", "fetch.allow[1]: expected an address range and a port"),
        ("[fetch]\ntotal = '1s'", "fetch.total: expected total (1s) to be at least connect (5s)"),
        ("[fetch]\nmax_body = '1GiB'", "expected a size from 1KiB to 200MiB"),
        ("[confirm]\nlooks = 0", "expected a whole number from 1 to 10, got 0"),
        ("[confirm]\nunconfirmed_notice = 'yes'", 'expected true or false, without quotes, got "yes"'),
        ("[retry]\ndelays = []", "retry.delays: expected at least one"),
        ("[retry]\npause_cap = '1s'", "expected pause_cap (1s) to be at least pause (30s)"),
        ("[blind]\nafter = '0s'", "expected a duration from 1s to 7d"),
        ("[watch]\nname = 'x'", "two brackets"),
        ("[web]\nport = 1", "web: no such setting"),
        ("again_after = '1s'", "again_after: no such setting here; it belongs into [confirm]"),
        ("interval = '1s'", "belongs into [monitor] or [[watch]] or a listing { url = "),
        ("every = '2s'", "belongs into [[watch.hot]]"),
        ("urgent = true", "belongs into [channels.NAME]"),
        ("[[hot]]\nat = '10:00'", "belongs into [[watch.hot]], below the watch"),
        ("[monitor]\nmax_price = 1", "belongs into [[watch]]"),
        ("[[watch]]\nname = ''\nurl = 'demo://'", "watch[1].name: expected text with something in it"),
        ("[[watch]]\nurl = 'demo://'", "config.toml:1: watch[1].name: is missing"),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_was_expected(tmp_path: Path, table: str, words: str) -> None:
    """Each mistake is one line that says where, what and what to do."""
    rest = GOOD if not table.startswith(("[watch]", "channels =")) else ""
    found = refused(
        tmp_path,
        f"{table}\n{rest if not table.startswith(('monitor =', 'again_after', 'interval', 'every', 'urgent')) else GOOD}",
    )
    assert len(found) == 1, "\n".join(found)
    assert words in found[0]


def test_a_hot_window_without_a_watch_above_it(tmp_path: Path) -> None:
    """The nesting of TOML is explained where it goes wrong."""
    head = "[channels.t]\nurl = 'console://'\n"
    (only,) = refused(tmp_path, head + "[[watch.hot]]\nat = '10:00'\nfor = '1m'\nevery = '5s'\n")
    assert "[[watch.hot]] stands below the watch it belongs to" in only


@pytest.mark.parametrize(
    ("stanza", "words"),
    [
        ("url = 'demo://swich-2'", 'got "demo://swich-2" (did you mean "switch-2"?)'),
        ("url = 'demo://en/nothing'", "demo shop, such as demo://switch-2"),
        ("url = 'demo://camera/2'", '(did you mean "camera"?)'),
        ("url = 'https:///x'", "a host"),
        ("url = 'https://x:99999/'", "a valid host and port"),
        ("url = 'https://[::1/'", "a valid host and port"),
        ("url = 'httpss://x/'", 'got "httpss://***" (did you mean "https"?)'),
        ("url = 'shop.example/x'", "begins with https://"),
        ("url = 'https://a b/'", "without spaces"),
        ("url = 'file:///etc/passwd'", "begins with https://"),
        ("url = 'demo:switch'", "begins with https://"),
        (f"url = 'https://me:{CANARY}@shop.example/'", "without a login"),
        ("url = 5", "expected a URL in quotes"),
        ("url = 'demo://camera'\nlistings = ['demo://sneakers']", "either url or listings"),
        ("listings = []", "has no page to look at"),
        ("listings = [5]", "expected a table, as { url = "),
        ("listings = [{ interval = '1m' }]", "listings[1].url: is missing"),
        ("url = 'https://x/'\ninterval = '1s'", "expected at least 5s"),
        ("listings = ['demo://', { url = 'https://x/', variant = 'red' }]\ninterval = '1s'", "expected at least 5s"),
        ("url = 'demo://'\nmax_price = 49.99", "an amount that exists in JPY"),
        ("url = 'demo://'\nmax_price = '$5'\ncurrency = 'EUR'", "expected USD, the currency that max_price names"),
        ("url = 'demo://'\nquantity = 0", "a whole number from 1 to 999"),
        ("url = 'demo://'\ncondition = 'mint'", 'expected "new" or "used" or "refurbished"'),
        ("url = 'demo://'\nchannels = []", "names no channel, so nobody would be told"),
        ("url = 'demo://'\ncontrol = 1", "expected true or false"),
        ("url = 'demo://'\nhot = { at = '10:00', for = '1m' }", "every: is missing"),
    ],
)  # fmt: skip
def test_a_wrong_watch(tmp_path: Path, stanza: str, words: str) -> None:
    """A watch is one page or several, each an address that can be looked at, and somebody to tell."""
    found = refused(tmp_path, f"[channels.terminal]\nurl = 'console://'\n[[watch]]\nname = 'W'\n{stanza}\n")
    assert len(found) == 1, "\n".join(found)
    assert words in found[0]
    assert 'watch "W"' in found[0]


def test_nobody_to_tell(tmp_path: Path) -> None:
    """A watch without any channel in the file would be silent for ever."""
    assert "there is no channel to tell" in "".join(refused(tmp_path, "[[watch]]\nname = 'W'\nurl = 'demo://'\n"))


def test_a_good_neighbour_does_not_hide_a_problem(tmp_path: Path) -> None:
    """The demo has no floor; a page beside it has."""
    text = GOOD.replace('url = "https://shop.example/deck"', 'interval = "1s"\nlistings = ["demo://", "https://x/"]')
    assert len(refused(tmp_path, text)) == 1


def test_secrets_stay_out_of_every_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Values of variables, secret files, `.env` lines and channel URLs appear in no problem, and Apprise logs none."""
    (tmp_path / ".env").write_text(f"TOKEN={CANARY}\n{CANARY}\n")
    (tmp_path / "bad").write_text(f"{CANARY}\n{CANARY}\n")
    with caplog.at_level(logging.DEBUG):
        found = refused(
            tmp_path,
            f"""
[monitor]
timezone = "${{TOKEN}}"
language = "${{TOKEN}}"
interval = "${{TOKEN}}"
[channels.a]
url = "nosuch://{CANARY}"
[channels.b]
url = "slack://{CANARY}"
[channels.c]
url = "file:bad"
[channels.d]
url = ["{CANARY}"]
[channels.e]
url = "{CANARY}"
[channels.f]
url = "mailto://u:{CANARY}@example.com?to={CANARY}"
[hosts.x]
headers = {{ A = "\\u0000{CANARY}", B = 5 }}
proxy = "{CANARY}"
[[watch]]
name = "${{TOKEN}}\\n"
url = "https://${{TOKEN}}:${{TOKEN}}@x/"
max_price = "${{TOKEN}}"
""",
        )
    assert len(found) >= 14, "\n".join(found)
    assert ".env:2: expected NAME=value" in found[0] + found[1]
    assert CANARY not in caplog.text


def test_one_unset_name_is_one_problem(tmp_path: Path) -> None:
    """What an unset name leaves behind is not complained about again."""
    (only,) = refused(
        tmp_path, GOOD.replace("console://", "ntfys://${NOPE}").replace("https://shop.example/deck", "demo://")
    )
    assert only.startswith("config.toml:2: channels.terminal.url: ${NOPE} is not set")
    (only,) = refused(tmp_path, GOOD.replace("console://", "ntfys://${NOPE}"), NOPE="")
    assert "is set but empty" in only


def test_channels_may_be_taken_on_trust(tmp_path: Path) -> None:
    """A command that sends nothing need not load Apprise."""
    path = tmp_path / "config.toml"
    path.write_text(GOOD.replace("console://", "nosuch://x"))
    assert load(path, env={}, check_channels=False).watches


@pytest.mark.parametrize(
    ("secret", "traces"),
    [
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", ("4174216298", "JHMHI8qBe7bk2")),
        (
            "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
            ("TIiajkdnlazkcOXrIdevi7FQ",),
        ),
        ("mailto://me:Canary-Pass9@mail.example", ("Canary-Pass9",)),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", ("16C7e42F",)),
    ],
)
@pytest.mark.parametrize(
    "key",
    ["[monitor]\nlanguage", "[monitor]\ninterval", "[[watch]]\nname = 'x'\nmax_price"],
)
def test_a_secret_under_the_wrong_key_is_not_quoted(
    tmp_path: Path, secret: str, traces: tuple[str, ...], key: str
) -> None:
    """P4: a channel's address or a token pasted where it does not belong is refused without being shown."""
    file = tmp_path / "config.toml"
    file.write_text(f"{key} = '{secret}'\n[channels.a]\nurl = 'console://'\n")
    with pytest.raises(ConfigError) as caught:
        load(file, env={})
    assert not any(trace in str(caught.value) for trace in traces), str(caught.value)


@pytest.mark.parametrize(
    ("key", "rule", "words"),
    [
        ("in_stock_when", "csss: .buy", '(did you mean "css"?)'),
        ("in_stock_when", "x-path: //p", '(did you mean "xpath"?)'),
        ("in_stock_when", ".buy", 'expected a kind and a colon first, as in "css: .sold-out"'),
        (
            "in_stock_when",
            "css: a[",
            'expected a CSS selector behind css:, as button.buy or #stock .sold-out, got "css: a["',
        ),
        ("sold_out_when", "xpath: //p[", "expected an XPath 1 expression: Invalid expression, got"),
        ("sold_out_when", "xpath: not(//p)", "comes of what is absent"),
        ("sold_out_when", "regex: (sold", "expected a regular expression: missing ) at position 5, got"),
        ("sold_out_when", "regex: x*", "matches an empty page"),
        (
            "sold_out_when",
            "jmes: item..stock",
            'expected a JMESPath expression: "." at character 6 does not fit there, got',
        ),
        ("sold_out_when", "jmes(#data: stock", "expected jmes(SELECTOR): expression"),
        ("sold_out_when", "text:", "expected something to look for behind text:"),
        ("price_at", "text: 5,000", "expected css:, xpath:, regex: or jmes: here"),
        ("price_at", "txt: 5,000", 'as in "css: .price"; kinds are css:, xpath:, regex:, jmes:, got'),
    ],
)
def test_a_rule_that_cannot_work(tmp_path: Path, key: str, rule: str, words: str) -> None:
    """A bad rule is named with its file, line and key, what is wrong with it and, of a kind misspelt, the nearest."""
    for written, where in ((f'"{rule}"', key), (f'["css: .fine", "{rule}"]', f"{key}[2]")):
        listings = f'listings = [\n{{ url = "https://shop.example/deck", {key} = {written} }}]'
        (line,) = refused(tmp_path, GOOD.replace('url = "https://shop.example/deck"', listings))
        assert line.startswith(f'config.toml:6: watch "Deck".listings[1].{where}: '), line
        assert words in line

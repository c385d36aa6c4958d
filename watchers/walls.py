"""Walls (T4): answers that stand in place of the page, whatever their status says.

A wall is its marker *and* the absence of a product: the same words and scripts occur on healthy pages. Neither the
word nor the size decides alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from watchers.page import Page

_HEAD = 96 * 1024  # a wall shows its marker early; the rest of a large page is not searched
_SMALL = 64 * 1024  # sentences count only on pages no larger; product pages and soft 404s are mostly larger


@dataclass(frozen=True, slots=True)
class Wall:
    """What kind of wall it is and the words that gave it away."""

    kind: str  # challenge, captcha, queue, consent, login or denied
    words: str


# Script and markup of the protection services themselves. Their beacons run on healthy pages too (jsd/main.js, tags.js),
# so only what the challenge page alone carries is listed.
_SCRIPTS: tuple[tuple[str, bytes], ...] = (
    ("challenge", b"_cf_chl_opt"),
    ("challenge", b"cf-browser-verification"),
    ("challenge", b"cf_chl_prog"),
    ("challenge", b"jschl_vc"),
    ("denied", b"cf-error-details"),
    ("captcha", b"captcha-delivery.com"),  # DataDome
    ("captcha", b"px-captcha"),  # PerimeterX, HUMAN
    ("challenge", b"window.kpsdk"),  # Kasada
    ("challenge", b"_incapsula_resource"),  # Imperva
    ("challenge", b"incapsula incident id"),
    ("denied", b"errors.edgesuite.net"),  # Akamai
    ("challenge", b"sec-if-cpt-container"),  # Akamai
    ("challenge", b"bm-verify="),
    ("challenge", b"awswafcookiedomainlist"),  # AWS
    ("challenge", b"gokuprops"),
    ("captcha", b"/errors/validatecaptcha"),  # Amazon
    ("captcha", b"opfcaptcha"),
    ("queue", b"queueit-overlay"),
    ("queue", b'data-pageid="queue'),
    ("queue", b"queue-it_log"),
    ("captcha", b"distil_r_captcha"),
)
# Each mark above holds one of these: a page with none of them, as nearly all are, is looked through half as often.
_STEMS = (
    b"captcha", b"queue", b"chl_", b"cf-", b"incapsula", b"window.kpsdk", b"errors.edgesuite.net", b"sec-if-cpt-container",
    b"bm-verify=", b"awswafcookiedomainlist", b"gokuprops",
)  # fmt: skip
# Sentences of walls, in the languages of the shops we know. Compared in lower case, in the title or on a small page.
_SENTENCES: tuple[tuple[str, str], ...] = (
    ("challenge", "just a moment..."),
    ("challenge", "attention required! | cloudflare"),
    ("challenge", "checking your browser"),
    ("challenge", "checking if the site connection is secure"),
    ("challenge", "verify you are human"),
    ("challenge", "verifying you are human"),
    ("challenge", "pardon our interruption"),
    ("challenge", "please enable js and disable any ad blocker"),
    ("captcha", "are you a human"),
    ("captcha", "are you a robot"),
    ("captcha", "robot or human"),
    ("captcha", "robot check"),
    ("captcha", "i'm not a robot"),
    ("captcha", "not a robot"),
    ("captcha", "robots off"),
    ("captcha", "press & hold"),
    ("captcha", "press and hold"),
    ("captcha", "type the characters you see"),
    ("captcha", "enter the characters you see"),
    ("captcha", "画像に表示されている文字"),
    ("captcha", "表示されている文字を入力"),
    ("captcha", "ロボットではありません"),
    ("captcha", "ロボットではないこと"),
    ("captcha", "geben sie die zeichen"),
    ("captcha", "geben sie die unten angezeigten zeichen"),
    ("captcha", "saisissez les caractères"),
    ("captcha", "introduce los caracteres"),
    ("captcha", "inserisci i caratteri"),
    ("captcha", "digite os caracteres"),
    ("captcha", "unusual traffic"),
    ("captcha", "click the button below to continue shopping"),
    ("captcha", "下のボタンをクリックしてショッピングを続けてください"),
    ("captcha", "klicke auf die schaltfläche unten"),
    ("captcha", "klicken sie auf die schaltfläche unten"),
    ("captcha", "cliquez sur le bouton ci-dessous"),
    ("captcha", "haz clic en el botón de abajo"),
    ("captcha", "fai clic sul pulsante qui sotto"),
    ("captcha", "automated access to amazon data"),
    ("queue", "queue-it"),
    ("queue", "you are now in line"),
    ("queue", "you are in the queue"),
    ("queue", "you are in line"),
    ("queue", "virtual waiting room"),
    ("queue", "waiting room"),
    ("queue", "warteraum"),
    ("queue", "salle d'attente"),
    ("queue", "アクセスが集中"),
    ("queue", "アクセス集中"),
    ("queue", "順番にご案内"),
    ("queue", "混み合っております"),
    ("queue", "混雑しております"),
    ("queue", "しばらくしてから再度アクセス"),
    ("queue", "しばらく経ってから"),
    ("denied", "access denied"),
    ("denied", "access to this page has been denied"),
    ("denied", "you have been blocked"),
    ("denied", "you've been blocked"),
    ("denied", "request blocked"),
    ("denied", "request unsuccessful"),
    ("denied", "the request could not be satisfied"),
    ("denied", "403 forbidden"),
    ("denied", "not acceptable!"),
    ("denied", "accès refusé"),
    ("denied", "acceso denegado"),
    ("denied", "zugriff verweigert"),
    ("denied", "accesso negato"),
    ("denied", "アクセスを遮断しました"),
    ("denied", "アクセスが制限され"),
    ("denied", "アクセスを制限し"),
    ("denied", "アクセスが拒否"),
    ("denied", "アクセスできません"),
    ("denied", "不正なアクセス"),
    ("denied", "お使いの環境からのアクセス"),
    ("denied", "503 service unavailable"),
    ("denied", "503 - service unavailable"),
    ("denied", "service unavailable error"),
    ("denied", "429 too many requests"),
    ("denied", "too many requests"),
    ("queue", "メンテナンス中"),
    ("queue", "ただいまメンテナンス"),
    ("queue", "under maintenance"),
    ("consent", "before you continue"),
    ("consent", "bevor sie fortfahren"),
    ("consent", "avant de continuer"),
)
# Akamai's shortest answer: a reference number and nothing else.
_STUB = re.compile(rb"reference\s*(?:#|&#35;)\s*[0-9a-f.]{8,}", re.IGNORECASE)
_STUB_BYTES = 2_048
# What only a page about goods carries: offers in its data, a price in its markup, a cart form.
_SHARED = re.compile(r"human|robot|(?:the )?characters you see|waiting room|アクセス|ロボット|メンテナンス|しばらく")
_MARK_BYTES = 24  # no mark is longer
# Filed by a part they share, looked for first.
_PRODUCT: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b'"offers"', ()),
    (b"price:amount", (b"product:price:amount", b"og:price:amount")),
    (b'itemprop="', (b'itemprop="price"', b'itemprop="availability"')),
    (b"data-product-id", ()),
    (b"cart", (b"add-to-cart", b"addtocart", b"add_to_cart", b"cart/add", b"cartin")),
)
_ORDER_WORDS = (
    "カートに",
    "カートへ",
    "かごに",
    "カゴに",
    "バスケットに",
    "購入手続き",
    "add to cart",
    "add to basket",
    "add to bag",
    "in den warenkorb",
    "ajouter au panier",
    "al carrito",
    "a la cesta",
    "al carrello",
    "ao carrinho",
)


def find_wall(page: Page) -> Wall | None:
    """Return the wall that stands in place of the page, or None where there is a product or no marker."""
    head = page.body[:_HEAD].lower()
    if _has_product(head):
        return None
    if len(page.body) <= _STUB_BYTES and (stub := _STUB.search(page.body)):
        return Wall("denied", stub.group().decode("ascii", "replace"))
    return _by_script(head) or _by_words(page)


def _has_product(head: bytes) -> bool:
    for part, marks in _PRODUCT:
        at = head.find(part)
        if at >= 0 and (not marks or any(head.find(mark, max(0, at - _MARK_BYTES)) >= 0 for mark in marks)):
            return True
    return False


def _by_script(head: bytes) -> Wall | None:
    if not any(stem in head for stem in _STEMS):
        return None
    for kind, mark in _SCRIPTS:
        if mark in head:
            return Wall(kind, mark.decode("ascii"))
    return None


def _by_words(page: Page) -> Wall | None:
    title = (page.head.title or "").lower()
    for kind, sentence in _SENTENCES:
        if sentence in title:
            return Wall(kind, sentence)
    if len(page.body) > _SMALL:
        return None
    text = page.text[:_HEAD].lower()
    if any(words in text for words in _ORDER_WORDS):
        return None  # a lean page that sells something, and speaks of crowds or captchas in passing
    plain = text.isascii()
    held: dict[str, bool] = {}
    for kind, sentence, stem in _filed():
        if plain and not stem.isascii():
            continue
        if stem not in held:
            held[stem] = stem in text
        if held[stem] and sentence in text:
            return Wall(kind, sentence)
    return None


@cache
def _filed() -> tuple[tuple[str, str, str], ...]:
    """The sentences, each with a part of it that several share: where that is missing, they all are."""
    return tuple((kind, words, found[0] if (found := _SHARED.search(words)) else words) for kind, words in _SENTENCES)

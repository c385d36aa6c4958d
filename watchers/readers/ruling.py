"""From a rule as a person writes it to one that can be asked of a page, or in what words it is wrong.

A rule is `KIND: expression`. The libraries behind the kinds are loaded only when a rule of that kind exists.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from watchers.model import Rule, RuleKind
from watchers.readers.lexicon import fold

if TYPE_CHECKING:
    import regex
    from jmespath.parser import ParsedResult
    from lxml import etree

__all__ = ["RuleMistake", "compiled_jmes", "compiled_regex", "compiled_xpath", "kind_of", "parse_rule"]

_COMPILED = 512  # of each kind
_NOTHING: tuple[object, ...] = ({}, [], None)  # what an answer without the product may be


class RuleMistake(ValueError):
    """A rule that can never be asked of a page; its text says what is wrong with it, for people."""


def kind_of(text: str) -> str:
    """Return the word before a rule's colon, without a script's selector, in lower case; it may be no kind at all."""
    head, colon, _ = text.partition(":")
    return head.partition("(")[0].strip().lower() if colon else ""


def parse_rule(text: str, *, decides: bool) -> Rule:
    """Read and check one rule; raises RuleMistake. `decides` is False for a rule that only finds a price.

    A rule that decides must rest on something present, so one that holds of an empty page is a mistake.
    """
    try:
        kind = RuleKind(kind_of(text))
    except ValueError:
        raise RuleMistake("expected a kind before the colon") from None
    script, expression = _split(text, kind)
    if not expression:
        raise RuleMistake(f"expected something to look for behind {kind}:")
    rule = Rule(kind, expression, script)
    _CHECKS[kind](rule, decides)
    return rule


def _split(text: str, kind: RuleKind) -> tuple[str | None, str]:
    """Return the script's selector, if one stands in parentheses, and the expression."""
    rest = text.strip()[len(kind) :].lstrip()
    if not rest.startswith("("):
        return None, rest[1:].strip()
    if kind is not RuleKind.JMES:
        raise RuleMistake(f"expected {kind}: without parentheses; only jmes(SELECTOR): reads inside a script")
    depth = 0
    for at, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            script, tail = rest[1:at].strip(), rest[at + 1 :].lstrip()
            if tail.startswith(":") and script:
                _check_selector(script, "expected a CSS selector inside the parentheses of jmes(...), as jmes(#data):")
                return script, tail[1:].strip()
            break
    raise RuleMistake("expected jmes(SELECTOR): expression, where SELECTOR finds the script, as in jmes(#data): stock")


def _check_selector(selector: str, mistake: str) -> None:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p>").css(selector)
    except SelectolaxError:
        raise RuleMistake(mistake) from None


def _check_css(rule: Rule, decides: bool) -> None:
    _check_selector(rule.expression, "expected a CSS selector behind css:, as button.buy or #stock .sold-out")


def _check_xpath(rule: Rule, decides: bool) -> None:
    from lxml import etree, html

    try:
        found = compiled_xpath(rule.expression)(html.document_fromstring("<p></p>"))
    except etree.XPathError as fault:
        raise RuleMistake(f"expected an XPath 1 expression: {str(fault)[:100]}") from None
    if isinstance(found, bool) or (decides and not isinstance(found, list)):
        raise RuleMistake(
            "expected an XPath that selects elements, as //p[@class='stock']: true or a number also comes of what is absent"
        )


def _check_regex(rule: Rule, decides: bool) -> None:
    import regex

    try:
        pattern = compiled_regex(rule.expression)
        empty = pattern.search("", timeout=1.0)
    except regex.error as fault:
        raise RuleMistake(f"expected a regular expression: {fault}") from None
    except (TimeoutError, RecursionError, MemoryError, OverflowError):
        raise RuleMistake("expected a simpler regular expression: this one is too large to be tried") from None
    if empty:
        raise RuleMistake("expected a regular expression that needs some text: this one matches an empty page")


def _check_jmes(rule: Rule, decides: bool) -> None:
    from jmespath.exceptions import JMESPathError

    try:
        path = compiled_jmes(rule.expression)
    except (JMESPathError, RecursionError) as fault:
        raise RuleMistake(f"expected a JMESPath expression: {_wrong_in(fault)}") from None
    for nothing in _NOTHING:
        try:
            found = path.search(nothing)
        except JMESPathError as fault:
            if type(fault).__name__ in ("UnknownFunctionError", "ArityError", "VariadictArityError"):
                raise RuleMistake(f"expected a JMESPath expression: {str(fault)[:100]}") from None
            continue  # a function that needs what is not there: no match, and no mistake
        if decides and found:
            raise RuleMistake("expected a JMESPath that needs something present: this one holds of an empty answer")


def _wrong_in(fault: Exception) -> str:
    """Say where a JMESPath cannot be read on; the library's own words are for programmers."""
    at, token = getattr(fault, "lex_position", None), getattr(fault, "token_value", None)
    if at is None:
        return "it nests too deeply" if isinstance(fault, RecursionError) else str(fault).split("\n")[0][:100]
    return f'"{token}" at character {at + 1} does not fit there' if token else "it ends too early"


def _check_text(rule: Rule, decides: bool) -> None:
    if not decides:
        raise RuleMistake("expected css:, xpath:, regex: or jmes: here: text: only tells whether words are there")
    if not fold(rule.expression):
        raise RuleMistake("expected words that a visitor can read behind text:")


_CHECKS = {
    RuleKind.CSS: _check_css,
    RuleKind.XPATH: _check_xpath,
    RuleKind.REGEX: _check_regex,
    RuleKind.JMES: _check_jmes,
    RuleKind.TEXT: _check_text,
}


@lru_cache(_COMPILED)
def compiled_xpath(expression: str) -> etree.XPath:
    """Return the XPath ready to be asked of a tree; raises lxml's XPathError."""
    from lxml import etree

    return etree.XPath(expression, regexp=False)


@lru_cache(_COMPILED)
def compiled_regex(expression: str) -> regex.Pattern[str]:
    """Return the pattern; raises `regex.error`."""
    import regex

    return regex.compile(expression)


@lru_cache(_COMPILED)
def compiled_jmes(expression: str) -> ParsedResult:
    """Return the JMESPath ready to search; raises jmespath's JMESPathError."""
    import jmespath

    return jmespath.compile(expression)

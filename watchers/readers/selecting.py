"""What a rule finds on a page: each place with its words, whether it is shown, and whether it can be used.

A tree for XPath is built only when a rule asks for it, and no view of the page twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from watchers.ldjson import too_deep
from watchers.model import Rule, RuleKind
from watchers.page import Page
from watchers.readers.lexicon import fold
from watchers.readers.ruling import compiled_jmes, compiled_regex, compiled_xpath
from watchers.shops import dom

if TYPE_CHECKING:
    from watchers.readers.treepath import Tree

REGEX_SECONDS = 0.25  # F4: a pattern that needs longer on a page is a fault of the rule, not a wait
_MOST = 2_000  # places of one rule that are looked at
_WORDS = 100  # characters of what was found that are kept
_CONTROLS = frozenset({"button", "input", "select", "textarea", "option"})
_DATA = frozenset({"meta", "data", "input", "link"})  # elements whose value a page never shows as text
_ASSIGNED = re.compile(r"=\s{0,20}(?=[\[{])")
_IDEOGRAMS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENIALS = frozenset({"false", "0", "no", "n", "null", "none", "undefined", ""})


class RuleFault(Exception):
    """A rule that cannot be asked of this page; its text says why, for people."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that a rule selects."""

    words: str  # what a visitor reads there, or the value of the data
    shown: bool = True
    usable: bool = True  # False for a control that is disabled
    value: object = None  # what data holds there: an attribute's text, a number of JSON


@dataclass
class View:
    """A page as rules look at it."""

    page: Page

    @cached_property
    def words(self) -> str:
        """Everything a visitor can read, NFKC and case folded, blanks folded."""
        tree = self.page.dom
        return fold(dom.words(tree.body or tree.root))

    @cached_property
    def close(self) -> str:
        """The same without blanks: Japanese words are often cut by elements, and never by blanks."""
        return self.words.replace(" ", "")

    @cached_property
    def tree(self) -> Tree:
        """The page as a tree that XPath can be asked of."""
        from watchers.readers.treepath import Tree

        return Tree(self.page.text)


def select(rule: Rule, view: View) -> Iterator[Hit]:
    """Yield what a rule finds, in the order of the page; raises RuleFault where it cannot be asked of this page."""
    if view.page.is_json and (rule.script or rule.kind in (RuleKind.CSS, RuleKind.XPATH, RuleKind.TEXT)):
        raise RuleFault("the answer is JSON, not a page: a rule for it is written jmes: or regex:")
    return _FINDERS[rule.kind](rule, view)


def _by_css(rule: Rule, view: View) -> Iterator[Hit]:
    for node in view.page.dom.css(rule.expression)[:_MOST]:
        yield element_hit(node, dom.words(node), node.tag or "")


def element_hit(node: dom.Element, words: str, tag: str) -> Hit:
    """Say of an element whether it counts; one that stands inside a disabled control is as disabled as that."""
    attributes = node.attributes
    shown = dom.shown(node)
    value = attributes.get("content") or attributes.get("value")
    return Hit(
        words=words[:_WORDS] or f"<{tag}>",
        shown=shown,
        usable=shown and _usable(node),
        value=value if value and (shown or tag in _DATA) else None,
    )


def _usable(node: dom.Element) -> bool:
    at: dom.Element | None = node
    while at is not None and at.tag not in ("html", "-undef", None):
        attributes = at.attributes
        role = (attributes.get("role") or "").lower()
        control = at.tag in _CONTROLS or role == "button" or "aria-disabled" in attributes
        if control and not dom.usable(at):
            return False
        at = at.parent
    return True


def _by_xpath(rule: Rule, view: View) -> Iterator[Hit]:
    from lxml import etree

    try:
        found = view.tree.ask(compiled_xpath(rule.expression))
    except etree.LxmlError as fault:
        raise RuleFault(f"the XPath cannot be worked out on this page: {str(fault)[:100]}") from None
    for node, words, tag, value in found[:_MOST]:
        if node is None:  # a number or a text that the expression made
            yield Hit(words[:_WORDS], value=value)
            continue
        hit = element_hit(node, words, tag)
        if value is None:
            yield hit
        else:
            yield Hit(words[:_WORDS], hit.shown, hit.usable, value if hit.shown or tag in _DATA else None)


def _by_regex(rule: Rule, view: View) -> Iterator[Hit]:
    try:
        match = compiled_regex(rule.expression).search(view.page.text, timeout=REGEX_SECONDS)
    except TimeoutError:
        limit = f"{REGEX_SECONDS * 1000:g} ms"
        raise RuleFault(f"it did not come to an end within {limit} on this page; write it more simply") from None
    except (MemoryError, RecursionError):
        raise RuleFault("it needs too much memory on this page; write it more simply") from None
    if match is None or not match[0].strip():
        return
    named = match.re.groupindex.get("price")
    group = match[named] if named else match[1] if match.re.groups else match[0]
    yield Hit(" ".join(match[0].split())[:_WORDS], value=" ".join((group or "").split())[:_WORDS])


def _by_text(rule: Rule, view: View) -> Iterator[Hit]:
    wanted, text = fold(rule.expression), view.words
    if _IDEOGRAMS.search(wanted):
        wanted, text = wanted.replace(" ", ""), view.close
    at = _whole(text, wanted)
    if at >= 0:
        yield Hit(text[max(0, at - 20) : at + len(wanted) + 20][:_WORDS])


def _whole(text: str, wanted: str) -> int:
    """Return where the words stand as whole words, -1 where they do not: "in stock" is no part of "Martin Stockhausen"."""
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not (_joins(text[at - 1 : at], wanted[0]) or _joins(wanted[-1], text[end : end + 1])):
            return at
        at = text.find(wanted, at + 1)
    return -1


def _joins(left: str, right: str) -> bool:
    """True when two characters stand in one word; ideograms and kana make no words that blanks part."""
    return left.isalnum() and right.isalnum() and not _IDEOGRAMS.search(left + right)


def _by_jmes(rule: Rule, view: View) -> Iterator[Hit]:
    from jmespath.exceptions import JMESPathError

    for data in _data(rule, view):
        try:
            found = compiled_jmes(rule.expression).search(data)
        except (JMESPathError, RecursionError) as fault:
            raise RuleFault(f"it cannot be worked out on this answer: {str(fault)[:160]}") from None
        if holds(found):
            yield Hit(json.dumps(found, ensure_ascii=False, default=str)[:_WORDS], value=found)


def _data(rule: Rule, view: View) -> Iterator[object]:
    """Yield the data a JMESPath is asked of; a script that is not there yields nothing, for absence is no fault."""
    page = view.page
    if rule.script is None:
        if not page.is_json:
            raise RuleFault("the answer is a page, not JSON; JSON inside a script is read by jmes(SELECTOR):")
        yield page.json
        return
    for node in page.dom.css(rule.script)[:_MOST]:
        text = (node.text() or "").strip()
        if not text:
            continue
        if text[0] not in "{[":  # as in: window.state = {...};
            start = _ASSIGNED.search(text)
            text = text[start.end() :] if start else ""
        try:
            value = json.JSONDecoder().raw_decode(text)[0]
        except (ValueError, RecursionError):
            raise RuleFault(f"the script {rule.script} holds no JSON") from None
        if too_deep(value, text):
            raise RuleFault(f"the JSON of the script {rule.script} is nested too deeply")
        yield value


def holds(value: object) -> bool:
    """True when a value of JSON says yes: not null, false, 0, "", "false" or "no", and a list when one of its values does."""
    if isinstance(value, list):
        return any(holds(each) for each in value)
    if isinstance(value, str):
        return value.strip().casefold() not in _DENIALS
    return bool(value)


_FINDERS = {
    RuleKind.CSS: _by_css,
    RuleKind.XPATH: _by_xpath,
    RuleKind.REGEX: _by_regex,
    RuleKind.JMES: _by_jmes,
    RuleKind.TEXT: _by_text,
}

"""Fold what was seen into what is believed: pure, one listing at a time.

A yes must be confirmed before it rings, a no must be firm before the next yes may ring, and a look that could not
tell changes nothing but how long nobody could tell. Times come from the looks themselves; a clock that was set back
makes a stamp "now", never a negative age.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.flapping import VOTES, calmed, majority, noted, run_began
from monitor.model import Answer, Belief, Kind, Leaning, Rates, Transition, Wish
from monitor.notices import KINDS, firm_no, hinted, is_yes, lean
from monitor.settings import ConfirmSettings
from monitor.stamps import keeps_its_kinds, looked, without_future
from monitor.wishes import Verdict, answer
from watchers.model import Availability, Observation

CANDIDATE_LIFE = timedelta(minutes=2)  # or three intervals, whichever is longer


def decide(
    belief: Belief,
    observation: Observation,
    wish: Wish,
    now: datetime,
    confirm: ConfirmSettings,
    rates: Rates,
    interval: timedelta = timedelta(0),
) -> tuple[Belief, Transition | None]:
    """Fold one observation into the belief; give the change it confirmed, without an event id.

    `interval` is the listing's own, for how long a candidate yes may live. At most one transition comes of one look;
    a notice that had to give way comes with the next.
    """
    at = min(observation.at, now)
    verdict = answer(observation, wish, rates)
    if (same := _steady(belief, observation, verdict, at, confirm)) is not None:
        return same, None
    belief = calmed(looked(without_future(belief, at), observation, at), at, confirm)
    fold = _Fold(belief, observation, verdict, at, confirm, max(CANDIDATE_LIFE, 3 * interval))
    fold.settle()
    return fold.belief, fold.transition


def _steady(
    belief: Belief, observation: Observation, verdict: Verdict, at: datetime, confirm: ConfirmSettings
) -> Belief | None:
    """Fold a look that agrees with a belief nothing is pending for: nearly every look there is, so in one step.

    None when anything more than the time could change; the whole fold gives the same belief, only later.
    """
    if (
        verdict.answer is not belief.answer
        or verdict.hint
        or belief.told
        or belief.edited
        or belief.hushed
        or belief.looks_blind
        or belief.looked_at is None
        or belief.looked_at > at
        or (belief.title is None and (observation.identity.title or observation.title))
        or (not belief.identity_ids and observation.identity.ids)
        or len(belief.turns) >= confirm.flap_changes
        or belief.flapping_since is not None
        or not (belief.leaning is belief.gone is belief.aside is None)
        or not keeps_its_kinds(belief, observation)
    ):
        return None
    recent = (*belief.recent, (at, verdict.answer))[-VOTES:]
    if verdict.answer is Answer.NO:
        if belief.availability is not observation.availability:
            return None
        return replace(belief, looked_at=at, last_conclusive=at, recent=recent)
    offer = verdict.offer
    if offer is None or offer.availability is not belief.availability or belief.last_yes is None:
        return None
    if at - belief.last_yes > confirm.quiet_after:
        return None
    return replace(belief, looked_at=at, last_conclusive=at, last_yes=at, recent=recent, offer=offer)


def confirm_in(belief: Belief, now: datetime, confirm: ConfirmSettings) -> float | None:
    """Give the seconds until the next confirming look is due; None when none is wanted."""
    if belief.flapping_since is not None:
        return None
    leanings = [one for one in (belief.leaning, belief.aside) if one is not None and (is_yes(one) or one.hint)]
    waits = [wait for one in leanings if (wait := _wait(one, belief.looked_at, now, confirm)) is not None]
    return min(waits, default=None)


def _wait(leaning: Leaning, looked_at: datetime | None, now: datetime, confirm: ConfirmSettings) -> float | None:
    if leaning.given_up:
        return None
    pause = confirm.retry_after if leaning.blind_looks else confirm.again_after
    due = leaning.last_at + pause
    if leaning.blind_looks:
        looked, ends = looked_at or leaning.last_at, leaning.first_at + confirm.give_up_after
        if looked >= ends:
            return None
        due = min(looked + pause, ends)
    return min(max(timedelta(0), due - now), pause).total_seconds()


class _Fold:
    """One look at work: the belief it changes and the transition it confirms."""

    def __init__(
        self,
        belief: Belief,
        observation: Observation,
        verdict: Verdict,
        at: datetime,
        confirm: ConfirmSettings,
        life: timedelta,
    ) -> None:
        self.belief = belief
        self.observation = observation
        self.verdict = verdict
        self.at = at
        self.confirm = confirm
        self.life = life
        self.before = belief.availability
        self.transition: Transition | None = None

    def settle(self) -> None:
        """Fold the answer, then what is worth a quiet word."""
        if self.verdict.answer is Answer.CANNOT_TELL:
            self._blind()
        else:
            self.belief = noted(self.belief, self.verdict.answer, self.at, self.confirm)
            if self.belief.flapping_since is not None:
                self._flap()
            elif self.verdict.answer is Answer.YES:
                self._yes()
            else:
                self._no()
        if self.observation.availability.is_verdict:
            self._hint()
        self._say_flapping()

    # --- yes ---

    def _yes(self) -> None:
        belief = self.belief
        if belief.answer is Answer.YES:
            self._still_yes()
            return
        leaning = lean(belief.leaning, self.verdict, self.at, self.life)
        self.belief = replace(belief, leaning=leaning)
        if leaning.looks >= self.confirm.looks or self.observation.official:
            self._commit_yes(leaning.first_at)

    def _still_yes(self) -> None:
        """Agree with what is believed; after a long silence, an edit or a hushed return, say so once."""
        belief, offer = self.belief, self.verdict.offer
        silence = self.at - belief.last_yes if belief.last_yes is not None else timedelta(0)
        hushed, flapping = belief.hushed, belief.flapping_since is not None
        self.belief = replace(
            belief,
            leaning=None,
            last_yes=self.at,
            offer=offer,
            availability=offer.availability if offer else belief.availability,
            edited=False,
            hushed=hushed and flapping,
        )
        if belief.edited or silence > self.confirm.quiet_after:
            self._say(Kind.STILL, since=belief.since)
        elif hushed and not flapping:
            self._say(Kind.BACK_AGAIN, since=belief.since)

    def _commit_yes(self, first_at: datetime) -> None:
        was, offer, flapping = self.belief, self.verdict.offer, self.belief.flapping_since is not None
        self.belief = replace(
            was,
            answer=Answer.YES,
            availability=offer.availability if offer else self.observation.availability,
            offer=offer,
            since=first_at,
            last_yes=self.at,
            leaning=None,
            edited=False,
            told=was.told - {"unconfirmed"},
        )
        if was.edited:
            self._say(Kind.STILL, since=first_at)
        elif was.answer is None:
            self._say(Kind.ALREADY, since=first_at, silent=not self.confirm.first_note)
        elif self._may_ring(was, flapping):
            self.belief = replace(self.belief, rang_at=self.at)
            self._say(Kind.RESTOCK, since=first_at)
        else:
            self.belief = replace(self.belief, hushed=flapping)
            self._say(Kind.BACK_AGAIN, since=first_at, silent=flapping)

    def _may_ring(self, was: Belief, flapping: bool) -> bool:
        """After a ring, the next needs a no whose first look is old enough; a flapping listing rings rarely."""
        if was.rang_at is None:
            return True
        if flapping and self.at - was.rang_at < self.confirm.flap_ring_every:
            return False
        return was.no_first_at is None or self.at - was.no_first_at >= self.confirm.rearm_after

    # --- no ---

    def _no(self) -> None:
        belief = self.belief
        if belief.answer is Answer.NO:
            self.belief = replace(
                belief,
                availability=self.observation.availability,
                leaning=None,
                edited=False,
                told=belief.told - {"unconfirmed"},
            )
            return
        leaning = lean(belief.leaning, self.verdict, self.at, None)
        self.belief = replace(belief, leaning=leaning, told=belief.told - {"unconfirmed"})
        never = belief.answer is None and belief.rang_at is None
        if never or firm_no(leaning, self.at, self.confirm):
            self._commit_no(leaning.first_at, Kind.SOLD_OUT)

    def _commit_no(self, first_at: datetime, kind: Kind) -> None:
        was = self.belief
        self.belief = replace(
            was,
            answer=Answer.NO,
            availability=self.observation.availability,
            offer=None,
            since=first_at,
            no_first_at=first_at,
            leaning=None,
            edited=False,
            leads=False,
            hushed=False,
        )
        if was.answer is Answer.YES or kind is Kind.GONE:
            self._say(kind, since=first_at)

    # --- neither ---

    def _blind(self) -> None:
        """Count a look that could not tell; a candidate yes that nobody can confirm is told as such."""
        leaning = self.belief.leaning
        if leaning is not None:
            self.belief = replace(self.belief, leaning=replace(leaning, blind_looks=leaning.blind_looks + 1))
            if is_yes(leaning):
                self._give_up(leaning)
        if not self.observation.availability.is_verdict and self.belief.aside is not None:
            aside = self.belief.aside
            self.belief = replace(self.belief, aside=replace(aside, blind_looks=aside.blind_looks + 1))
        if self.observation.availability is Availability.GONE:
            self._gone()

    def _give_up(self, candidate: Leaning) -> None:
        age = self.at - candidate.first_at
        belief = self.belief
        if age >= self.confirm.give_up_after and not candidate.given_up:
            if self.confirm.unconfirmed_notice and "unconfirmed" not in belief.told:
                belief = replace(belief, told=belief.told | {"unconfirmed"})
                self._say(Kind.UNCONFIRMED, since=candidate.first_at, verdict_of=candidate)
            leaning = belief.leaning
            belief = replace(belief, leaning=replace(leaning, given_up=True) if leaning else None)
        self.belief = belief if age <= self.life else replace(belief, leaning=None)

    def _gone(self) -> None:
        """A page that stays away counts as a no from its first look, with a notice."""
        gone = self.belief.gone
        gone = (
            Leaning(Answer.NO, self.at, self.at)
            if gone is None
            else replace(gone, last_at=self.at, looks=gone.looks + 1)
        )
        self.belief = replace(self.belief, gone=gone)
        if gone.looks < self.confirm.gone_looks or self.at - gone.first_at < self.confirm.gone_after:
            return
        self.belief = replace(self.belief, last_conclusive=self.at)
        if "gone" in self.belief.told:
            return
        self.transition = None  # a page that is away says more than a candidate that could not be confirmed
        self.belief = replace(self.belief, told=self.belief.told | {"gone"})
        if self.belief.answer is Answer.NO:
            self.belief = replace(self.belief, availability=Availability.GONE, leaning=None)
            self._say(Kind.GONE, since=gone.first_at)
        else:
            self._commit_no(gone.first_at, Kind.GONE)

    # --- around the answer ---

    def _flap(self) -> None:
        """While flapping, what most of the last looks said is what counts, and only a look that agrees may say it.

        A yes needs the look before it too: where two copies of a page answer in turn, each second "majority" is a yes.
        """
        self.belief = replace(self.belief, leaning=None)
        most = majority(self.belief)
        if self.belief.answer is Answer.YES and self.verdict.answer is Answer.YES:
            self._still_yes()
        elif most is not self.verdict.answer:
            return
        elif most is Answer.YES:
            if self.belief.recent[-2][1] is Answer.YES:
                self._commit_yes(run_began(self.belief))
        elif self.belief.answer is not Answer.NO:
            self._commit_no(run_began(self.belief), Kind.SOLD_OUT)
        else:
            self.belief = replace(self.belief, availability=self.observation.availability, edited=False)

    def _hint(self) -> None:
        if self.transition is not None:
            return
        self.belief, firm = hinted(
            self.belief, self.verdict, self.at, self.confirm, self.life, self.observation.official
        )
        if firm is not None:
            name, _, detail = firm.hint.partition(":")
            self._say(KINDS[name], since=firm.first_at, detail=detail)

    def _say_flapping(self) -> None:
        if self.belief.flapping_since is None or self.transition is not None or "flapping" in self.belief.told:
            return
        self.belief = replace(self.belief, told=self.belief.told | {"flapping"})
        self._say(Kind.FLAPPING, since=self.belief.flapping_since)

    def _say(
        self,
        kind: Kind,
        *,
        since: datetime | None,
        silent: bool = False,
        detail: str = "",
        verdict_of: Leaning | None = None,
    ) -> None:
        offer = verdict_of.offer if verdict_of is not None else self.verdict.offer
        state = offer.availability if offer is not None else self.observation.availability
        self.transition = Transition(
            event_id="",
            kind=kind,
            watch=self.belief.watch,
            url=self.belief.url,
            at=self.at,
            since=since,
            before=self.before,
            after=state,
            offer=offer,
            title=self.observation.title or self.belief.title,
            cause=self.observation.cause,
            detail=detail or self.observation.detail,
            silent=silent,
        )

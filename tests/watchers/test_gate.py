"""A host never sees more than its budget, and one that refuses is left alone."""

from hypothesis import given
from hypothesis import strategies as st

from watchers.gate import BACK_OFF_CAP, Gate


def run(gate: Gate, seconds: float, *, confirming: bool = False) -> list[float]:
    """Start looks as early as the gate allows, each over at once."""
    now, starts = 0.0, []
    while True:
        free = gate.free_at(confirming=confirming)
        assert free is not None
        now = max(now, free)
        if now >= seconds:
            return starts
        gate.start(now)
        gate.finish()
        starts.append(now)


@given(rate=st.floats(0.1, 50.0))
def test_the_rate_is_kept(rate: float) -> None:
    """In any stretch a host sees at most rate x seconds looks, and one to begin with."""
    starts = run(Gate(rate, 2), 20.0)
    assert rate * 20.0 - 1 <= len(starts) <= rate * 20.0 + 2


def test_places_are_counted() -> None:
    """With every place taken there is no next moment until one is given back."""
    gate = Gate(100.0, 2)
    gate.start(0.0)
    gate.start(0.01)
    assert gate.free_at() is None
    assert gate.free_at(confirming=True) is None
    gate.finish()
    assert gate.free_at() is not None


def test_a_confirming_look_borrows_one_token() -> None:
    """It may start before the next regular look, which then waits for both."""
    gate = Gate(1.0, 2)
    gate.start(10.0)
    assert gate.free_at() == 10.95  # fresh gates may catch up 50 ms of lateness
    early = gate.free_at(confirming=True)
    assert early is not None
    assert early <= 10.0
    gate.finish()
    gate.start(10.7)
    gate.finish()
    assert gate.free_at() == 11.95
    second = gate.free_at(confirming=True)
    assert second is not None
    assert second >= 10.7, "only one token can be borrowed"


def test_confirming_looks_alone_keep_the_rate() -> None:
    """A storm of confirming looks still sees no more than the budget and the one borrowed."""
    assert len(run(Gate(2.0, 2), 10.0, confirming=True)) <= 22


def test_refusals_close_the_gate_longer_each_time() -> None:
    """30 s, then twice as long, up to 15 min; a good answer starts over."""
    gate, now, waits = Gate(), 0.0, []
    for _ in range(8):
        waits.append(gate.push_back(now))
        now += waits[-1] + 1.0
    assert waits[:4] == [30.0, 60.0, 120.0, 240.0]
    assert waits[-1] == BACK_OFF_CAP
    gate.relax()
    assert gate.push_back(now) == 30.0


def test_answers_to_looks_under_way_are_one_refusal() -> None:
    """Two looks at once that are both refused count once."""
    gate = Gate()
    gate.push_back(0.0)
    gate.push_back(0.2)
    assert gate.push_back(100.0) == 60.0


def test_retry_after_is_honoured_up_to_the_cap() -> None:
    """A host that names a longer wait gets it, but nobody closes us for a day."""
    gate = Gate()
    assert gate.push_back(0.0, 120.0) == 120.0
    assert gate.free_at() == 120.0
    assert Gate().push_back(0.0, 86400.0) == BACK_OFF_CAP
    assert Gate().push_back(0.0, 1.0) == 30.0, "a short wish does not shorten our own manners"

"""Study days that are looked up once for each sitting."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from flashcards.domain.study_day import MAXIMUM_INSTANT, raw_study_day
from flashcards.services.anki.history import StudyDays

# Offsets of 5:45 h, a summer time of half an hour, a day that was left out, one of 44 min 30 s.
ZONES = ("UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "America/New_York")


@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, MAXIMUM_INSTANT - 1),
    st.lists(st.integers(-2_000_000, 2_000_000), max_size=20),
)
@example("Africa/Monrovia", 4, 13 * 3_600_000, [i * 60_000 for i in range(-30, 30)] * 2)
@example("Pacific/Apia", 0, 1_325_239_200_000, [i * 60_000 for i in range(-30, 30)] * 2)
def test_they_are_those_of_each_instant(zone: str, start: int, around: int, steps: list[int]) -> None:
    days = StudyDays(zone, start)
    for step in [0, *steps]:
        at = min(max(around + step, 0), MAXIMUM_INSTANT - 1)
        assert days.of(at) == raw_study_day(at, zone, start)

"""Ids of rows that belong to an action."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from flashcards.services.review.incoming import derived_uuid


@given(st.uuids(), st.text() | st.integers())
def test_a_derived_id_is_a_uuid_of_version_5(uid: uuid.UUID, name: object) -> None:
    assert derived_uuid(str(uid), name) == str(uuid.uuid5(uid, str(name)))

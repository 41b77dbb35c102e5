"""Imports a package into a new collection and prints what Anki makes of it, as JSON.

A program of its own, because Anki takes the time zone from the process. Arguments: package, folder, hour at which
the collection's day starts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest


def main(package: str, folder: str, rollover: str) -> None:
    collection = Collection(str(Path(folder) / "collection.anki2"))
    preferences = collection.get_preferences()
    preferences.scheduling.rollover = int(rollover)
    collection.set_preferences(preferences)
    options = ImportAnkiPackageOptions(with_scheduling=True)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=package, options=options))
    assert collection.db is not None
    cards = {}
    for card_id in collection.find_cards(""):
        card = collection.get_card(card_id)
        stats = collection.card_stats_data(card_id)
        # Anki gives the instant that is so many days from now: its day began at the rollover.
        began = time.localtime(stats.due_date - int(rollover) * 3600)
        due = time.strftime("%Y-%m-%d", began) if stats.HasField("due_date") else None
        memory = collection.compute_memory_state(card_id)
        log = collection.db.all(
            "SELECT id, ease, ivl, lastIvl, factor, time, type FROM revlog WHERE cid = ? ORDER BY id", card_id
        )
        cards[f"{card.note()['Id']}/{card.ord}"] = {
            "type": card.type,
            "queue": card.queue,
            "due": due,
            "overdue": collection.sched.today - card.due,
            "ivl": card.ivl,
            "factor": card.factor,
            "reps": card.reps,
            "lapses": card.lapses,
            "log": log,
            "stability": memory.stability,
        }
    fitted = collection._backend.compute_fsrs_params(
        search="",
        current_params=[],
        ignore_revlogs_before_ms=0,
        num_of_relearning_steps=1,
        health_check=False,
    )
    print(json.dumps({"cards": cards, "fsrs_items": fitted.fsrs_items, "params": len(fitted.params)}))
    collection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`make bench`: runs every bench_*.py, prints a table, writes benchmarks/results.json."""

from __future__ import annotations

import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from benchmarks.common import Row, format_row, machine, rows_of

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Runs the benchmarks whose names are given (without bench_), or all."""
    rows: list[Row] = []
    print(where := machine())
    for path in sorted(HERE.glob("bench_*.py")):
        if names and path.stem.removeprefix("bench_") not in names:
            continue
        print(f"\n{path.stem.removeprefix('bench_')}", flush=True)
        for row in _run(path.stem):
            print(format_row(row), flush=True)
            rows.append(row)
    if not names:
        text = json.dumps({"machine": where, "rows": [asdict(row) for row in rows]}, indent=2)
        (HERE / "results.json").write_text(text + "\n", "utf-8")


def _run(name: str) -> list[Row]:
    """A benchmark in a fresh process: what others left in memory would slow it, and count as its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(rows_of, name).result()


if __name__ == "__main__":
    main(sys.argv[1:])

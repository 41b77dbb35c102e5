"""`make bench`: runs every bench_*.py, prints a table, writes benchmarks/results.json."""

from __future__ import annotations

import importlib
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.common import Row, format_row

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Runs the benchmarks whose names are given (without bench_), or all."""
    rows: list[Row] = []
    for path in sorted(HERE.glob("bench_*.py")):
        if names and path.stem.removeprefix("bench_") not in names:
            continue
        print(f"\n{path.stem.removeprefix('bench_')}", flush=True)
        for row in importlib.import_module(f"benchmarks.{path.stem}").run():
            print(format_row(row), flush=True)
            rows.append(row)
    if not names:
        machine = {"python": platform.python_version(), "system": platform.platform()}
        text = json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}, indent=2)
        (HERE / "results.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

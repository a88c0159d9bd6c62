"""Tables of a run that a person can plot: a header, then a line a report, kept true when a run is resumed."""

from __future__ import annotations

import csv
from pathlib import Path


class RunLog:
    """A CSV file with a `step` column.

    Args:
        path: made with the first row.
        resumed_at: rows of later steps are dropped: a run that was killed computes them again.
    """

    def __init__(self, path: Path, resumed_at: int) -> None:
        self._path = path
        self._rows: list[dict[str, str]] = []
        if path.exists():
            with path.open(newline="") as file:
                self._rows = [row for row in csv.DictReader(file) if int(row["step"]) <= resumed_at]
            self._write()

    @property
    def rows(self) -> list[dict[str, str]]:
        return self._rows

    def add(self, row: dict[str, float]) -> None:
        """Appends a row; values that no earlier row had get a column of their own."""
        same = not self._rows or set(row) <= set(self._rows[0])
        self._rows.append({name: str(value) for name, value in row.items()})
        if not same or len(self._rows) == 1:
            self._write()
            return
        with self._path.open("a", newline="") as file:
            csv.DictWriter(file, list(self._rows[0])).writerow(row)

    def _write(self) -> None:
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        self._rows = [{name: row.get(name, "") for name in names} for row in self._rows]
        partial = self._path.with_suffix(".partial")
        with partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            if names:
                writer.writeheader()
            writer.writerows(self._rows)
        partial.replace(self._path)

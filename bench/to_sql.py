"""What storing the rows of the import costs with pandas alone: read_csv and to_sql, nothing checked, nothing compared.

`python -m bench.to_sql DATABASE FILES`: each form into a table of its own, in which the next file of the form goes too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine

_ROWS_AT_ONCE = 10_000


def store(db_url: str, files: list[Path]) -> int:
    """Append the files of synthetic_firms.py to their tables; returns how many rows."""
    engine, rows = create_engine(db_url), 0
    for path in files:
        frame = pd.read_csv(path, skiprows=1)
        # A count that has blanks in one file alone would be another type there.
        numbers = frame.select_dtypes("number").columns
        frame[numbers] = frame[numbers].astype(float)
        form = path.stem.rpartition("_")[0]
        frame.to_sql(form, engine, if_exists="append", index=False, chunksize=_ROWS_AT_ONCE)
        rows += len(frame)
    engine.dispose()
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("db_url")
    parser.add_argument("files", type=Path, nargs="+")
    arguments = parser.parse_args()
    print(store(arguments.db_url, arguments.files))

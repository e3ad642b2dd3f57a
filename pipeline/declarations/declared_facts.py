"""What was declared of each firm by a day (stand-in until the room is here)."""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection


def declared(connection: Connection, as_of: date, at: datetime | None = None) -> pd.DataFrame:
    return pd.DataFrame({"target_board": pd.Series(dtype=object)})

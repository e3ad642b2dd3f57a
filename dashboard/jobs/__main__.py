"""`python -m dashboard.jobs FOLDER`: do the work that the folder describes (process.start calls this)."""

import sys
from pathlib import Path

from dashboard.jobs.process import run

if __name__ == "__main__":
    run(Path(sys.argv[1]))

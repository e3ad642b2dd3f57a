"""The last tick of the clock by which a page follows its job (`max_intervals` of a dcc.Interval)."""


def next_tick(ticks: int | None) -> int:
    """One tick more than so far: asked for in an answer to a tick, so the next question waits for the answer."""
    return (ticks or 0) + 1


def first_tick(ticks: int | None) -> int:
    """Two more: asked for by what begins a job.

    A tick that the page owed before may be spent while the job is being started, before the page knows of the job;
    with one tick more the clock would then stand still for good.
    """
    return (ticks or 0) + 2

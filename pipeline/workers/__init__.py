"""Where the parts of a long work are done: here, one after the other, by a process for each core, or by workers on
several machines.

    workers.py   what a step asks for, and the way it is done here
    alongside.py more processes of this machine
    sameness.py ──► dask_workers.py      the workers of a Dask scheduler, held against this program and database

A step says "this function, of each of these parts" (`Workers.each`) and does not know where that happens. Dask is an
extra of the project and loaded by dask_workers.py alone.
"""

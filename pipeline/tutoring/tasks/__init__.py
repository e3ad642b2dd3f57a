"""What is to be done in a case, by whom and by when.

    tasks.py        a task is set, postponed, handed over, written about, done, reopened, withdrawn
    task_lists.py   what is known of tasks, and by how much they have slipped

The next step of a visit belongs to the visit (visits.py); `visits.open_steps` lists both. What leads a firm to its
board is proposed in pipeline.plans.
"""

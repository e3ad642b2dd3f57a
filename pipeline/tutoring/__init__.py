"""What happens to a firm from its pool to the exchange.

    stages.py ──► stated.py ──► cases.py ──► visits.py ──► corrections.py
    stages.py ──► meanwhile.py ──► cases.py
    gates.py ──► advisers.py ──► cases.py     what a stage needs before a case may enter it
    mentoring.py ──► cases.py                 which accounts can look after which firms
    cases.py, tasks, mentors ──► many_cases.py   several cases at once
    visits.py, tasks ──► mentors              who stands by a firm at three levels; handing over what an account has
    advisers.py ──► negative_list ──► cases.py     advisers for whom a stage takes a reason
    visits.py ──► agenda                      what waits for whom, and whom to visit this week
    renamings.py ──► cases.py                 a new name that share reform explains
    stages.py ──► counts                      how far firms have come, how long each stage takes
    visits.py ──► stage_board.py              the open cases by stage
    visits.py ──► tasks                       what is to be done by whom
    visits.py ──► attachments ──► visit_list    files of visits; the visits of all firms, narrowed
    visits.py ──► problems                    what hinders firms, by when it is to be gone, to whom it is raised

All of it may be imported from outside; the pools open and close cases here, an import of events moves them.
"""

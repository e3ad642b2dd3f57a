"""The pages about firms on their way: open cases with what is to be done, and how far all firms have come.

steps_table.py ──► open_cases.py, today.py
    bar.py ──► open_cases.py ──► together.py      what is done to many cases at once
stage_board.py                                    every case as a card in the column of its stage
stage_times.py, way.py                            how long stages take, how far firms have come
"""

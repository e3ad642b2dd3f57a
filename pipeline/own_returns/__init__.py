"""A firm hands in its own return: checked by the form's checker, sent, looked at by its district, accepted by the city.

    form_of_firm.py ──► handing_in.py ──► deciding.py
    state.py ──► handing_in.py ──► return_lists.py
    deciding.py ──► last_said.py

What was accepted is an import like any other, of the source that a firm's return is.
"""

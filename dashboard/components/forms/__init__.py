"""Forms that more than one page has: fields and buttons, and what is read from them. They know no request.

attached        files handed in with a form: the place to drop them, what is sent, a link to one
account_form    what an account is, and who stands behind it
changed_values  what a file says otherwise than before
fields          a day, the code of a second person, what was refused, what takes a line back
first_steps     what somebody does first on an empty board
objection_text  an objection with its answer
stage_form      a case reaches a stage: the day, the advisers it asks for, why it may do without
"""

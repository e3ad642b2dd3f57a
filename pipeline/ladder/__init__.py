"""The growth ladder: who stands on which rung, who came up and went down, who is one condition away, which certificates
end, and incubators with their firms. No scores.

    rungs.py ──► records.py ──► incubators.py ──► ladder.py ──► in_words.py
                 records.py ──► certificates.py
    rungs.py ──► flows.py ──► ladder.py
    rungs.py ──► met.py ──► ladder.py
                 met.py ──► of_firm.py ──► in_words.py
                 calendar.py ──► ladder.py

rungs.py reads data/ladder.yaml; records.py says who holds what by what is on record, met.py who meets a rung's
conditions by the rules of the day. Take `ladder` of ladder.py, `of_firm` of of_firm.py, and what in_words.py says of
them; certificates.py has first recognitions in the form of events, for models.
"""

"""What came before a success: how often a firm reached its next stage, or its points rose, after something had come
before, and how often where it had not.

    known.py ──► landmarks.py ──► compared.py ──► effect.py ──► in_words.py

known.py reads, everything after it is a pure function of frames. Import `pipeline.effect.effect` and
`pipeline.effect.in_words`.
"""

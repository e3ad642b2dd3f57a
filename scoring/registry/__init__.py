"""The model registry: models in rows and folders, the champion, the model card, and caches of per-day results.

    model_files.py -> registry.py
    registry.py, model_card.py, evaluation/backtest.py -> train_model.py
    fingerprint.py -> cache.py

Import `scoring.registry.registry` (load, model_for, champion, promote), `scoring.registry.train_model` (train),
`scoring.registry.model_card` (card, card_pdf) and `scoring.registry.cache`.
"""

"""Finance and capital markets: page.py draws what pipeline.finance finds.

pipeline.finance ──► page.py
"""

"""Signing in with an account of the city: a provider or a proxy says who somebody is, and outside_accounts.py of
pipeline.accounts which account here that opens.

    providers.py ◄── doors.py ──► dashboard.web.sign_in

Off until a setting says where the provider is (docs/running.md).
"""

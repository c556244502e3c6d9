"""Hears, remembers, speaks: every side effect is in here."""

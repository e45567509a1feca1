"""Customers out: everybody, or whom a selection means, as CSV, spreadsheet or address cards.

`models` is an export, `actions` what can be done with one, `columns` what can be in it, `source` where it
comes from, `run` writes it from beginning to end, and `formats` says how each kind of file looks.
"""

"""Figures that SQL cannot give: survival and intervals, computed from the models once these are checked.

Each module turns rows into rows and knows no warehouse; `computing` reads what they need and writes what they give. The
tables are declared in `models/marts/statistics/_statistics__sources.yml`, with types, key and words.
"""

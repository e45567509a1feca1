"""Rows with problems: listed, corrected cell by cell, given out as a file, and brought again."""

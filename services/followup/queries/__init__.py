"""The questions: lists and pages for people, and sets of rows for the verbs."""

"""Reading spreadsheets, in a process of its own: `python -m services.importer.spreadsheets`.

Readers of spreadsheets are large native programs that meet files from strangers. What a file may do to them
(crash, hang, eat memory) happens in a child that has limits and nothing to lose: no secrets in its
environment, no files that it could write, a few seconds. `readers.spreadsheet` starts it; nothing here
imports anything of the project, so that the child starts in an instant.
"""

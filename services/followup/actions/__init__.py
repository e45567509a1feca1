"""The verbs: everything that can be done to sequences, customers' ways through them, and mails."""

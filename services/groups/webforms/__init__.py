"""A web form as people see it: what it asks, how it is read, and its page. No database here."""

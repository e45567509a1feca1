"""What an import would do and set off, found out without doing it."""

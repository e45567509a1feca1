"""The ground every service stands on. Knows no service; the event catalogue is its one business noun."""

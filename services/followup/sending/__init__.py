"""The way of a mail out of the house: lanes, and the servers they lead to."""

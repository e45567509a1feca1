"""The web console: people sign in here and do their work in the other services.

Owns: the console's users, their sessions, and the API clients that get access tokens.
Publishes: nothing.
Subscribes to: nothing. It asks the other services over HTTP, because a person is waiting.
"""

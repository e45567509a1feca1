"""Follow-up: writes to customers when they enter groups, and only to those who want it.

Owns: sequences, enrolments, mails, invitations, suppressions.
Publishes: SequenceStarted, SequenceEnded, MailSent, MailFailed, MailBounced, Unsubscribed, OptInAccepted.
Subscribes to: customers (their data, state, consent), groups (tree, memberships, attributes).
"""

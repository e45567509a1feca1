"""Follow-up: writes to customers when they enter groups, and only to those who want it.

Owns: sequences, enrolments, mails, invitations, suppressions.
Publishes: SequenceStarted, SequenceEnded, MailSent, MailFailed, MailBounced, Unsubscribed, OptInAccepted,
    CustomerForgotten.
Subscribes to: customers (data, state, consent, merges, erasure; the beat that says they are heard),
    groups (tree, memberships, attributes).
"""

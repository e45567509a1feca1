"""Imports and exports: files in, files out.

Owns: uploaded files, what was understood of them, the jobs that write them, and the rows that were refused.
Publishes: ImportFinished, CustomerForgotten.
Subscribes to: CustomerErased. It writes through the bulk endpoints of customers and groups, over HTTP.
"""

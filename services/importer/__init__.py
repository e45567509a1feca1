"""Imports and exports: files in, files out.

Owns: uploaded files, what was understood of them, the jobs that write them, the rows that were refused, and
exports with their files.
Publishes: ImportFinished, ExportFinished, CustomerForgotten.
Subscribes to: CustomerErased. It writes through the bulk endpoints of customers and groups, over HTTP.
"""

"""How all work here is done, be it an import, its undoing or an export: by one worker at a time."""

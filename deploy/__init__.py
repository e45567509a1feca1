"""How the services are put to work: in one process, in containers, from the command line."""

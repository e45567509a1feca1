from services.customers.models import metadata
from shared.migrations import run

run(metadata)

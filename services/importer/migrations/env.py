from services.importer.models import Base
from shared.migrations import run

run(Base.metadata)

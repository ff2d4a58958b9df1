"""The store's twin in memory: the same promises, for tests and the in-process engine."""

from shared.store.memory_desk import MemoryDesk
from shared.store.memory_facts import MemoryFacts
from shared.store.memory_health import MemoryHealth
from shared.store.memory_keeping import MemoryKeeping
from shared.store.memory_models import MemoryModels
from shared.store.memory_quality import MemoryQuality
from shared.store.memory_steps import MemorySteps


class MemoryStore(
    MemorySteps, MemoryDesk, MemoryKeeping, MemoryQuality, MemoryModels, MemoryFacts, MemoryHealth
):
    """Keeps everything that a process wants kept until it ends; safe to share between threads."""

"""Identity rules in words, for people who have to choose one."""

from .domain_name import Wildcards
from .rules import Counting, Demand, When


def demand_in_words(demand: Demand) -> str:
    """Say which names of a certificate count, and when."""
    if demand.accepts_every_name:
        return "no name: every certificate of a trusted authority will do"
    return "; ".join(map(_counting, demand.countings))


def _counting(counting: Counting) -> str:
    notes = [
        *([] if counting.when is When.ALWAYS else [counting.when.value]),
        *(["permitted, not demanded"] if counting.is_optional else []),
        *([] if counting.wildcards is Wildcards.NEVER else [counting.wildcards.value]),
    ]
    return f"{counting.kind.value} ({', '.join(notes)})" if notes else counting.kind.value

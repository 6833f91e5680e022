"""The registry, judged before anything is computed: measures, curves, weights, scores, bands, stages, goals, phases,
signals, the ladder, targets of success, tiers of maturity and the fit check.

The seeds say from which day a row holds; it holds until the next row of its key. So two rows can only overlap by
naming the same day. What cannot be computed with is refused here, by file, row and column.

`rows` reads the seeds. `scores`, `success` and `signals` say what their rows hold and what is wrong with them, and
`sequences` what several of them are judged by alike; `names` finds names that no list knows. `judging` asks them all.
"""

from dagster_project.registry.judging import REGISTRY_SEEDS, refuse_registry_faults, registry_faults
from dagster_project.registry.signals import EVIDENCE_WORDS, signal_rules

__all__ = ["EVIDENCE_WORDS", "REGISTRY_SEEDS", "refuse_registry_faults", "registry_faults", "signal_rules"]

"""Everything that is planted: for each subject cases and near misses, in a fixed order that makes their ids."""

from dagster_project.demo.planted.cells import CELLS
from dagster_project.demo.planted.phases import PHASES
from dagster_project.demo.planted.plant import SubjectKind, planted
from dagster_project.demo.planted.signals_of_people import SIGNALS_OF_PEOPLE
from dagster_project.demo.planted.signals_of_use import SIGNALS_OF_USE
from dagster_project.demo.planted.signals_of_value import SIGNALS_OF_VALUE
from dagster_project.demo.planted.tiers import TIERS

PLANTED = (
    *planted(SubjectKind.SIGNAL, SIGNALS_OF_USE),
    *planted(SubjectKind.SIGNAL, SIGNALS_OF_PEOPLE),
    *planted(SubjectKind.SIGNAL, SIGNALS_OF_VALUE),
    *planted(SubjectKind.CELL, CELLS),
    *planted(SubjectKind.TIER, TIERS),
    *planted(SubjectKind.PHASE, PHASES),
)

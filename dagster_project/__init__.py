"""The Dagster project of Bansou: from sources to published marts."""

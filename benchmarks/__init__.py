"""Speed against named rivals, as ratios of one run. `make bench` runs all cases."""

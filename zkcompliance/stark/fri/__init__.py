"""FRI, proving side: the schedule of folds over several heights, and the layers that are committed."""

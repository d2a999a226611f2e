"""Shows what a run intends and what became of it: to programs, to people at a terminal, and to whoever signs for it.

`document` turns a run into one set of facts, cleaned and masked; `text`, `html`, `markdown` and `csv` only lay those
facts out, so that no two reports of a run can disagree. `view` holds the sums and groupings that the layouts share.
"""

"""How fast Trasloco is on this machine, beside what an administrator would use otherwise.

    make bench                              # the quick form, about three minutes
    make bench BENCH="--all --scale 1 --rounds 5" # the full form, an hour and some 60 GB of disk
    make bench BENCH="--only small-50ms"    # one cell
    make bench BENCH="--curves"             # how the cost grows (``curves``)

One module a noun: ``corpora`` (mail out of a seed), ``servers`` (two real Dovecots), ``distance`` (round
trips and how many), ``movers`` (who copies), ``cells`` (what is copied under which conditions),
``measuring`` (rounds, interleaved), ``results`` (medians), ``pictures`` and ``page`` (docs/benchmarks.md).
``programs`` are those that run as processes of their own.
"""

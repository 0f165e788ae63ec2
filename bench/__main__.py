"""``python -m bench``, which ``script/bench`` runs."""

from .command import main

main(prog_name="script/bench")

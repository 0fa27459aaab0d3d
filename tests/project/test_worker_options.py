"""How many processes, and of what: as asked for, and nothing that nobody knows."""

from __future__ import annotations

import os
import sys

import click
import pytest

from trasloco.project.worker_options import count_of_processes, queue_names, worker_command


def test_zero_is_one_for_each_processor_that_we_may_use() -> None:
    assert count_of_processes(0) == len(os.sched_getaffinity(0))
    assert count_of_processes(3) == 3


def test_queues_are_a_list_with_commas() -> None:
    assert queue_names("errands, transfers,errands") == ("errands", "transfers")
    for wrong, named in (("letters", "letters"), ("", "nothing"), ("transfers,run-7", "run-7")):
        with pytest.raises(click.UsageError, match=f"not {named}"):
            queue_names(wrong)


def test_the_command_of_a_process_says_what_it_works_on() -> None:
    words = worker_command(7, "errands")
    assert words[0] == sys.executable
    assert words[3:] == ["worker", "--concurrency", "7", "--queues", "errands", "--quiet", "--supervised"]

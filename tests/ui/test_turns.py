"""Owners take turns."""

import threading

from ui.turns import Turns


def test_a_client_with_twenty_jobs_delays_another_by_one():
    turns = Turns()
    for job in range(20):
        turns.put("greedy", job)
    turns.get()
    turns.put("other", 100)
    assert [turns.get() for _ in range(4)] == [1, 100, 2, 3]


def test_an_owners_own_jobs_stay_in_order_and_none_is_lost():
    turns = Turns()
    for job in range(30):
        turns.put("abc"[job % 3], job)
    taken = [turns.get() for _ in range(30)]
    assert sorted(taken) == list(range(30))
    for owner in range(3):
        assert [job for job in taken if job % 3 == owner] == list(range(owner, 30, 3))


def test_closing_lets_the_waiting_thread_go():
    turns, seen = Turns(), []
    thread = threading.Thread(target=lambda: seen.append(turns.get()))
    thread.start()
    turns.close()
    thread.join(10)
    assert seen == [None]
    turns.put("a", 1)
    assert turns.get() is None

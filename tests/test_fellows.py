"""What one worker asks of all the others, in virtual time."""

import asyncio

from ecgstream.web.fellows import ANSWER_S, ROUND_S, Fellows, Rounds
from ecgstream.web.orders import Identify, Tell, Told
from tests.doubles import virtual


class FakeWorker:
    """Has `screens`; answers after `after_s`, None: never."""

    def __init__(self, house, screens=1, *, after_s=0.1, ready=True):
        self.house, self.screens, self.after_s, self.ready = house, screens, after_s, ready
        self.asked = []
        self.told = []
        self.fellows = Fellows(lambda said: house.rounds.hear(self, said))

    def tell(self, order):
        if isinstance(order, Told):
            self.fellows.heard(order)
            return
        if isinstance(order, Tell):
            self.told.append(order)
            return
        self.asked.append((order.wall, order.screen))
        if self.after_s is not None:
            told = Told(order.ticket, self.screens)
            asyncio.get_running_loop().call_later(self.after_s, self.house.rounds.hear, self, told)


class House:
    def __init__(self):
        self.workers = []
        self.rounds = Rounds(lambda: self.workers)

    def add(self, *args, **options):
        self.workers.append(FakeWorker(self, *args, **options))
        return self.workers[-1]


def now():
    return asyncio.get_running_loop().time()


@virtual
async def test_what_one_asks_all_others_are_told_and_it_hears_the_sum():
    house = House()
    asker, one, other = house.add(5), house.add(2), house.add(3)
    assert await asker.fellows.identify("icu-2", "screen-3") == 5
    assert one.asked == other.asked == [("icu-2", "screen-3")]
    assert asker.asked == []
    assert len(house.rounds) == 0


@virtual
async def test_an_event_is_passed_on_to_all_others_that_serve_and_nobody_answers():
    house = House()
    teller, one, other = house.add(), house.add(), house.add()
    going = house.add(ready=False)
    teller.fellows.tell("100", b"event")
    assert one.told == other.told == [Tell("100", b"event")]
    assert teller.told == going.told == []
    assert len(house.rounds) == 0


@virtual
async def test_questions_at_once_are_told_apart():
    house = House()
    one, other = house.add(1), house.add(10, after_s=0.2)
    house.add(100)
    answers = await asyncio.gather(
        one.fellows.identify("a", None), other.fellows.identify("b", None),
        one.fellows.identify("c", None),
    )  # fmt: skip
    assert answers == [110, 101, 110]


@virtual
async def test_one_that_hangs_is_not_waited_for_and_the_rest_counts():
    house = House()
    asker = house.add()
    house.add(2)
    house.add(4, after_s=None)
    assert await asker.fellows.identify("icu-2", None) == 2
    assert now() == ROUND_S
    assert len(house.rounds) == 0


@virtual
async def test_an_answer_that_is_too_late_is_nobodys():
    house = House()
    asker = house.add()
    house.add(2, after_s=ROUND_S + 0.5)
    assert await asker.fellows.identify("icu-2", None) == 0
    await asyncio.sleep(1)
    asker.fellows.heard(Told(1, 7))
    assert await asyncio.gather(asker.fellows.identify("icu-2", None), asyncio.sleep(3)) == [
        0,
        None,
    ]


@virtual
async def test_one_that_does_not_serve_is_not_asked_and_alone_the_answer_is_none():
    house = House()
    asker, starting = house.add(), house.add(ready=False)
    assert await asker.fellows.identify("icu-2", None) == 0
    assert (now(), starting.asked) == (0.0, [])


@virtual
async def test_nobody_answers_for_another_or_twice():
    house = House()
    asker, one = house.add(), house.add(1)
    house.add(2, after_s=0.5)
    asked = asyncio.ensure_future(asker.fellows.identify("icu-2", None))
    await asyncio.sleep(0.2)
    house.rounds.hear(one, Told(1, 50))
    house.rounds.hear(asker, Told(1, 50))
    assert await asked == 3


@virtual
async def test_without_a_supervisor_nobody_else_is_told():
    def gone(_said):
        raise BrokenPipeError

    assert await Fellows(gone).identify("icu-2", None) == 0
    assert now() == 0
    said = []
    silent = Fellows(said.append)
    assert await silent.identify("icu-2", None) == 0
    assert now() == ANSWER_S
    assert said == [Identify(1, "icu-2", None)]

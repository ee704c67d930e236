"""Connections are let in a few at a time, and only while the paced frames are on time."""

import asyncio
import errno
import socket
from typing import ClassVar

import pytest

from ecgstream.web.door import PATIENCE_PAUSES, PER_TURN, Door


class Guest(asyncio.Protocol):
    """Counts who came in."""

    came: ClassVar[list[asyncio.BaseTransport]] = []

    def connection_made(self, transport):
        self.came.append(transport)


@pytest.fixture
async def house(monkeypatch):
    """A door, how late the house is, and a way to knock."""
    monkeypatch.setattr("ecgstream.web.door.PAUSE_S", 0.001)
    monkeypatch.setattr("ecgstream.web.door.FULL_S", 0.001)

    class House:
        behind = 0.0
        asked = 0

        def __init__(self):
            self.came = Guest.came = []
            listening = socket.socket()
            listening.bind(("127.0.0.1", 0))
            self.address = listening.getsockname()
            self.door = Door(listening, lambda _: Guest(), self.look)
            self.door.open()
            self.outside = []

        def look(self):
            self.asked += 1
            return self.behind

        def knock(self, count):
            for _ in range(count):
                self.outside.append(socket.create_connection(self.address))

        async def until(self, count):
            async with asyncio.timeout(20):
                while len(self.came) < count:
                    await asyncio.sleep(0)

    house = House()
    yield house
    house.door.close()
    await house.door.wait_closed()
    for transport in house.came:
        transport.abort()
    for sock in house.outside:
        sock.close()
    await asyncio.sleep(0)


async def test_all_who_knock_come_in(house):
    house.knock(50)
    await house.until(50)


async def test_in_one_turn_only_a_few(house):
    house.knock(50)
    house.door._knocked()
    assert len(house.door._coming) == PER_TURN


async def test_nobody_comes_in_while_the_house_is_late_but_a_probe_after_a_while(house):
    house.behind = 1.0
    house.knock(3)
    await house.until(1)
    assert house.asked >= PATIENCE_PAUSES
    house.behind = 0.0
    await house.until(3)


async def test_without_a_descriptor_it_is_tried_again_and_said_once(house, caplog):
    class Without:
        """A listening socket of a process that has no descriptor left, for a while."""

        def __init__(self, sock):
            self._sock = sock
            self.tries = 0

        def accept(self):
            self.tries += 1
            if self.tries < 4:
                raise OSError(errno.EMFILE, "Too many open files")
            return self._sock.accept()

        def __getattr__(self, name):
            return getattr(self._sock, name)

    house.door._listening = Without(house.door._listening)
    house.knock(1)
    await house.until(1)
    assert "Too many open files" in caplog.text


async def test_a_closed_door_lets_nobody_in(house):
    house.door.close()
    with pytest.raises(OSError):
        house.knock(1)
    house.door.close()

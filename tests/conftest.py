"""What all tests share."""

import asyncio

# looptime asks for the event loop even in a test that has none; the policy would then make one
# that nobody closes, and its ResourceWarning fails the run. Once set, it makes none.
asyncio.set_event_loop(None)

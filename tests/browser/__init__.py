"""Tests in a real Chromium."""

from playwright.async_api import expect

# A wait ends when what is waited for is there; this bound only ends a test that hangs. It is above
# the half minute that a page may stay away for after an outage (protocol, rule 6).
expect.set_options(timeout=60_000)

"""What a process with many viewers asks of its system."""

import gc

from ecgstream.web.resources import GC_OBJECTS, settle_memory


def test_what_was_made_before_serving_is_never_collected_again_and_the_rest_seldom():
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        settle_memory()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold()[0] == GC_OBJECTS
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)

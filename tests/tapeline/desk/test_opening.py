from __future__ import annotations

from pathlib import Path

import pytest

from shared.failures import Unavailable
from tapeline.desk.opening import key_to_show


def test_no_key_is_made_up_while_the_record_is_away(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        key_to_show("postgresql://nobody@/none?host=/nowhere", tmp_path, "")

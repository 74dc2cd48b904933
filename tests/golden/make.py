"""Write the golden file anew, after a new model has been shipped on purpose: python tests/golden/make.py"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from newstance.scoring import Scorer

here = Path(__file__).resolve()
spec = importlib.util.spec_from_file_location("test_shipped", here.parents[1] / "test_shipped.py")
assert spec is not None and spec.loader is not None
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

scorer = Scorer.load()
golden = {name: module.as_golden(scorer.score(module.ROOT / "examples" / name)) for name in module.EXAMPLES}
module.GOLDEN.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
sys.stdout.write(f"{module.GOLDEN}\n")

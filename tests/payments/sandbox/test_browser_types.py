"""Stripe.js's own types over both scripts: the stand-in offers what they promise, the shop asks for nothing else."""

import json
import subprocess
from pathlib import Path

from tests.requirements import ROOT, TOOLS, need

BROWSER = ROOT / "payments" / "sandbox" / "browser" / "files"
SHOP_SCRIPT = ROOT / "static" / "js" / "stripe-pay.js"
TYPES = Path(__file__).parent / "types"


class TestStandIn:
    def test_offers_what_stripes_types_promise(self, tmp_path: Path) -> None:
        names = ("stripe.js", "card-frame.js", "challenge.js")

        assert _check(tmp_path, *(BROWSER / name for name in names), TYPES / "promises.js") == ""

    def test_a_broken_promise_would_show(self, tmp_path: Path) -> None:
        text = (BROWSER / "stripe.js").read_text()
        right, wrong = "{ paymentIntent: found };", "{ intent: found };"
        assert right in text
        (tmp_path / "stripe.js").write_text(text.replace(right, wrong))

        assert "intent" in _check(tmp_path, tmp_path / "stripe.js")


class TestShop:
    def test_calls_stripe_as_its_types_say(self, tmp_path: Path) -> None:
        assert _check(tmp_path, SHOP_SCRIPT) == ""

    def test_a_misspelt_call_would_show(self, tmp_path: Path) -> None:
        text = SHOP_SCRIPT.read_text()
        for right in ("createConfirmationToken", "handleNextAction"):
            assert f".{right}(" in text
            text = text.replace(f".{right}(", f".{right}s(")
        (tmp_path / "spoiled.js").write_text(text)

        words = _check(tmp_path, tmp_path / "spoiled.js")

        assert "createConfirmationTokens" in words
        assert "handleNextActions" in words


def _check(folder: Path, *files: Path) -> str:
    """What the type checker says about these files; empty when all is well."""
    options = {
        "compilerOptions": {
            "allowJs": True,
            "checkJs": True,
            "noEmit": True,
            "strict": True,
            "target": "es2022",
            "module": "esnext",
            "moduleResolution": "bundler",
            "lib": ["es2023", "dom", "dom.iterable"],
            "types": [],
            "skipLibCheck": True,
            "paths": {"@stripe/stripe-js": [str(TOOLS / "@stripe" / "stripe-js")]},
        },
        "files": [str(file) for file in files],
    }
    project = folder / "tsconfig.json"
    project.write_text(json.dumps(options))
    compiler = need("typescript")
    done = subprocess.run(
        ["node", compiler, "--project", project],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (done.stdout + done.stderr).strip()

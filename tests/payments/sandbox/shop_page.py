"""A shop's page for the stand-in, as strict as the real one: no inline script or style, only the sandbox beside it."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

POLICY = (
    "default-src 'none'; script-src 'self' {sandbox}; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self' {sandbox}; frame-src {sandbox}; form-action 'self'; base-uri 'none'"
)

HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pay</title>
<script src="{sandbox}/js/stripe.js"></script><script src="/shop.js" defer></script></head>
<body data-key="{key}"><h1>Pay</h1><div id="card"></div><button id="pay">Pay</button></body></html>"""

SCRIPT = """
const seen = window.seen = [];
const stripe = window.stripe = Stripe(document.body.dataset.key, { locale: "en-GB" });
const elements = window.elements = stripe.elements({
  mode: "payment", amount: 9600, currency: "gbp", captureMethod: "manual",
  appearance: { theme: "stripe",
    variables: { colorPrimary: "rgb(10, 107, 71)", colorText: "rgb(18, 33, 26)", borderRadius: "10px", fontSizeBase: "17px" },
    rules: { ".Input": { border: "2px solid rgb(124, 138, 130)" }, ".Input:focus": { boxShadow: "0 0 0 5px #FFC43D" } } },
});
const card = window.card = elements.create("payment", { layout: { type: "accordion" }, fields: { billingDetails: { email: "never" } } });
for (const name of ["ready", "change", "focus", "blur", "loaderror"]) card.on(name, (event) => seen.push([name, event]));
card.mount("#card");
window.pay = async () => {
  const checked = await elements.submit();
  if (checked.error) return checked;
  return stripe.createConfirmationToken({ elements, params: {
    payment_method_data: { billing_details: { email: "buyer@example.com" } }, return_url: location.origin + "/status" } });
};
document.querySelector("#pay").addEventListener("click", async () => { window.result = await window.pay(); });
"""


@contextmanager
def served(sandbox_url: str, key: str) -> Iterator[str]:
    """The page's address while the block runs."""
    pages = {
        "/": ("text/html", HTML.format(sandbox=sandbox_url, key=key)),
        "/shop.js": ("text/javascript", SCRIPT),
        "/status": (
            "text/html",
            "<!doctype html><html lang=en><title>Status</title><h1>Back at the shop</h1></html>",
        ),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mime, text = pages.get(self.path.partition("?")[0], ("image/x-icon", ""))
            self.send_response(200)
            self.send_header("Content-Type", f"{mime}; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(sandbox=sandbox_url))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

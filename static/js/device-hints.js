// @ts-check
/* What a browser plainly says of itself, as a few hints against stolen cards. First-party only: nothing is drawn,
   measured or asked of anybody else, and what can't be read is left out. The server works without all of it. */

/**
 * @typedef {{language?: string, timezone?: string, screen?: string, fingerprint?: string, webdriver?: boolean,
 *   seconds_on_form?: number}} Hints
 */

/** The hints of this moment; the form was shown at `since` (performance.now()).
 * @param {number} since @returns {Promise<Hints>} */
export async function hints(since) {
  return present({
    language: navigator.language,
    timezone: timezone(),
    screen: size(),
    fingerprint: await fingerprint(),
    webdriver: navigator.webdriver,
    seconds_on_form: Math.min(Math.max(Math.round((performance.now() - since) / 1000), 0), 86400),
  });
}

/** The same for every visit of one browser on one machine, over its updates too, and often for other machines of its
 * kind: a weak mark. * Only its SHA-256 leaves the page. @returns {Promise<string>} */
async function fingerprint() {
  const plain = JSON.stringify([
    navigator.platform, navigator.vendor, navigator.languages, navigator.hardwareConcurrency,
    navigator.maxTouchPoints, timezone(), size(), screen.colorDepth,
  ]);
  if (!crypto.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(plain));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function timezone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

function size() {
  return `${screen.width}x${screen.height}`;
}

/** Without what the browser did not say. @param {Hints} found @returns {Hints} */
function present(found) {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== "" && value !== undefined));
}

/* Feeds expressions to the vendored Alpine, after our bridge rewrote them as it does in the page.
   Standard input: {"attributes": [[name, value], …]}; standard output: [[name, value, error], …] of those that fail. */
const fs = require("node:fs");
const vm = require("node:vm");

const [alpine, bridge] = process.argv.slice(2).map((path) => fs.readFileSync(path, "utf8"));
const { attributes } = JSON.parse(fs.readFileSync(0, "utf8"));

class Fake {}
const elements = attributes.map(([name, value]) => {
  const attribute = { name, value };
  return { attributes: [attribute], setAttribute: (_, text) => { attribute.value = text; } };
});
const listeners = {};
const document = {
  addEventListener: (name, listener) => { listeners[name] = listener; },
  querySelectorAll: () => elements,
  createElement: () => new Fake(),
  documentElement: {}, body: {}, head: {},
};
const page = {
  document, console, Element: Fake, HTMLElement: Fake, HTMLIFrameElement: Fake, HTMLScriptElement: Fake,
  HTMLTemplateElement: Fake, ShadowRoot: Fake, CustomEvent: Fake, Node: Fake,
  MutationObserver: class { observe() {} disconnect() {} takeRecords() { return []; } },
  localStorage: { getItem: () => null, setItem: () => {} },
  location: { pathname: "/admin/", search: "" },
  // Alpine would start itself here, which needs a real page; parsing needs no start.
  queueMicrotask: () => {}, setTimeout, requestAnimationFrame: () => {},
  theme: () => ({}), searchForm() {}, searchDropdown() {}, searchCommand() {},
};
page.window = page;
page.globalThis = page;
vm.createContext(page);
vm.runInContext(alpine, page);
vm.runInContext(bridge, page);
listeners["alpine:init"]();

const element = Object.create({ nodeType: 1 });
const failures = [];
for (const { attributes: [{ name, value }] } of elements) {
  try {
    page.Alpine.evaluateRaw(element, value);
  } catch (error) {
    // What the page's scope would hold is missing here; only what can't be parsed is a failure.
    if (error.message.startsWith("CSP Parser Error")) failures.push([name, value, error.message]);
  }
}
process.stdout.write(JSON.stringify(failures));

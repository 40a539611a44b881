/* Runs Unfold's templates on Alpine's CSP build, which evaluates single expressions over component scope, without
   eval and without globals. Before Alpine starts: the globals that the templates read become scope of the root
   component, and the few attributes that are not single expressions are replaced. */
(() => {
  const stored = "sidebarDesktopOpen";
  const scope = {
    getCurrentTab: (...args) => getCurrentTab(...args),
    sortRecords: (...args) => sortRecords(...args),
    moveRecords: (...args) => moveRecords(...args),
    remember: (open) => { localStorage.setItem(stored, open ? "1" : "0"); return open; },
    window: { location: { get pathname() { return location.pathname; }, get search() { return location.search; } } },
  };
  const rewrites = [
    [/\(localStorage\.getItem\('sidebarDesktopOpen'\)[^?]*\?[^:]*:\s*true/, () => String(localStorage.getItem(stored) !== "0")],
    [/;\s*\$watch\('sidebarDesktopOpen'[\s\S]*$/, ""],
    [/sidebarDesktopOpen = !sidebarDesktopOpen;\s*localStorage\.setItem\([^)]*\);?/, "sidebarDesktopOpen = remember(!sidebarDesktopOpen)"],
    [/^if \(!\$event\.metaKey && !\$event\.ctrlKey\) /, "!$event.metaKey && !$event.ctrlKey && "],
  ];
  const rewritten = (text) => rewrites.reduce((value, [from, to]) => value.replace(from, to), text);
  document.addEventListener("alpine:init", () => {
    Alpine.data("theme", (preferred) =>
      Object.defineProperties(theme(preferred), Object.getOwnPropertyDescriptors(scope)));
    for (const component of [searchForm, searchDropdown, searchCommand]) Alpine.data(component.name, component);
    for (const element of document.querySelectorAll("*"))
      for (const { name, value } of element.attributes)
        if (name.startsWith("x-") && rewritten(value) !== value) element.setAttribute(name, rewritten(value));
  });
})();

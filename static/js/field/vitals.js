/* Tells /vitals how this page felt: its largest paint, its slowest answer, how much moved. No cookie, no identifier. */
{
  const page = document.querySelector("meta[name=page]")?.content;
  const told = { page, device: innerWidth < 640 ? "phone" : innerWidth < 1024 ? "tablet" : "desktop" };
  let sent = false, moved = 0, first = 0, last = 0;

  const watch = (type, each, more) => {
    if (PerformanceObserver.supportedEntryTypes.includes(type))
      new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  };

  if (page && window.PerformanceObserver) {
    watch("largest-contentful-paint", (entry) => { told.LCP = Math.round(entry.startTime); });
    watch("layout-shift", (entry) => {
      if (entry.hadRecentInput) return;
      // Shifts less than a second apart, over five at most, are one; the worst counts.
      if (entry.startTime - last > 1000 || entry.startTime - first > 5000) [first, moved] = [entry.startTime, 0];
      last = entry.startTime;
      moved += entry.value;
      told.CLS = Math.max(told.CLS ?? 0, Math.round(moved * 1000));
    });
    watch("event", (entry) => {
      if (entry.interactionId) told.INP = Math.max(told.INP ?? 0, Math.round(entry.duration));
    }, { durationThreshold: 16 });
    addEventListener("visibilitychange", () => {
      if (sent || document.visibilityState !== "hidden") return;
      sent = true;
      navigator.sendBeacon("/vitals", JSON.stringify({ CLS: 0, ...told }));
    });
  }
}

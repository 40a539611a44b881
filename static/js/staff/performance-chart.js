/* Draws the table of each [data-chart] as lines with zoom; without it the table says the same. */

const HEIGHT = 240;

for (const place of document.querySelectorAll("[data-chart]")) {
  const table = document.getElementById(place.dataset.chart);
  const rows = [...table.tBodies[0].rows].reverse();
  if (rows.length < 2) continue;
  place.hidden = false;

  // A canvas knows no light-dark(): the page's own style works the colour out.
  const colour = (name) => { place.style.color = `var(${name})`; return getComputedStyle(place).color; };
  const strokes = ["--c-brand", "--c-info", "--c-danger"].map(colour);
  const axis = { stroke: colour("--c-ink-2"), grid: { stroke: colour("--c-line") }, ticks: { stroke: colour("--c-line") } };
  place.style.color = "";

  const said = (moment, how) => new Date(moment * 1000).toLocaleString("en-GB", { timeZone: "Europe/London", ...how });
  const hour = (moment) => said(moment, { weekday: "short", hour: "numeric", minute: "2-digit" });
  const drawn = [...rows[0].cells].map((cell, index) => index).filter((index) => rows[0].cells[index].dataset.value);
  const label = (index) => table.tHead.rows[0].cells[index].textContent;

  const plot = new uPlot({
    width: place.clientWidth,
    height: HEIGHT,
    axes: [
      { ...axis, space: 90, values: (_, moments) => moments.map(hour) },
      { ...axis, size: 75, values: (_, all) => all.map((each) => `${each} ms`) },
    ],
    series: drawn.map((index, at) => at
      ? { label: label(index), stroke: strokes[at - 1], width: 2 }
      : { label: label(index), value: (_, moment) => moment && hour(moment) }),
  }, drawn.map((index) => rows.map((row) => Number(row.cells[index].dataset.value))), place);
  addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
}

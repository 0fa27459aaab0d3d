// The chart of a run: messages a minute and messages to go, drawn by uPlot from what the server kept and what comes by events.
"use strict";

(() => {
  const place = document.getElementById("chart");
  const card = document.getElementById("chart-card");
  if (!place || !card || !window.uPlot) return;

  const WINDOW = 25; // seconds a rate is taken over at least
  const REDRAW = 5000; // milliseconds
  const MOST = 480;
  const HEIGHT = 210;
  const lang = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const hour = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: place.dataset.zone });

  let run = Number(place.dataset.run);
  let at = [];
  let done = [];
  let left = [];
  let chart = null;
  let drawn = 0;

  function rates() {
    let from = 0;
    return at.map((now, index) => {
      while (from + 1 < index && at[from + 1] <= now - WINDOW) from += 1;
      const seconds = now - at[from];
      return seconds < WINDOW ? null : Math.max(0, ((done[index] - done[from]) * 60) / seconds);
    });
  }

  function colour(name) {
    const probe = document.createElement("span");
    probe.className = `probe ${name}`;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function options() {
    const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
    const value = (_chart, found) => (found === null || found === undefined ? "–" : numbers.format(found));
    const values = (_chart, ticks) => ticks.map((tick) => numbers.format(tick));
    return {
      width: place.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: true },
        rate: { range: (_chart, _low, high) => [0, Math.max(10, high * 1.1)] },
        left: { range: (_chart, _low, high) => [0, Math.max(10, high)] },
      },
      axes: [
        { ...axis, values: (_chart, ticks) => ticks.map((tick) => hour.format(tick * 1000)) },
        { ...axis, scale: "rate", values, size: 64 },
        { ...axis, scale: "left", values, side: 1, size: 74, grid: { show: false } },
      ],
      series: [
        { label: place.dataset.time, value: (_chart, found) => (found ? hour.format(found * 1000) : "–") },
        { label: place.dataset.rate, scale: "rate", stroke: colour("accent"), width: 2, value, points: { show: false } },
        { label: place.dataset.left, scale: "left", stroke: colour("soft"), width: 2, dash: [6, 4], value, points: { show: false } },
      ],
    };
  }

  function draw(anew) {
    if (at.length < 2) return;
    card.hidden = false;
    const data = [at, rates(), left];
    if (chart && !anew) {
      chart.setData(data);
    } else {
      chart?.destroy();
      chart = new window.uPlot(options(), data, place);
    }
    drawn = Date.now();
  }

  function add(facts) {
    if (!facts.run) return; // the first one has not begun
    if (facts.run !== run) {
      run = facts.run;
      at = [];
      done = [];
      left = [];
    }
    const now = Math.round(Date.now() / 1000);
    if (at.length && now - at[at.length - 1] < 2) return;
    at.push(now);
    done.push(facts.done);
    left.push(Math.max(0, facts.expected - facts.done));
    if (at.length > MOST) {
      for (const list of [at, done, left]) list.splice(1, 1);
    }
    if (Date.now() - drawn > REDRAW) draw(false);
  }

  document.addEventListener("trasloco:figures", (event) => add(event.detail));
  new ResizeObserver(() => chart?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(true));
  new MutationObserver(() => draw(true)).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  fetch(place.dataset.url, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((kept) => {
      if (!kept) return;
      at = [...kept.at, ...at.filter((moment) => moment > (kept.at.at(-1) ?? 0))];
      done = [...kept.done, ...done.slice(done.length - (at.length - kept.at.length))];
      left = [...kept.left, ...left.slice(left.length - (at.length - kept.at.length))];
      draw(true);
    })
    .catch(() => {
      // Without the past the chart begins now.
    });
})();

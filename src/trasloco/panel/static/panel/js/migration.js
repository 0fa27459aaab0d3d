// The page of a migration while it runs: one event a second moves squares, bars and the chart; the rest of the page is
// asked for again (htmx, "changed") when it would say something else. Where events do not pass, figures are polled.
"use strict";

(() => {
  const field = document.getElementById("field");
  if (!field) return;

  const squares = [...field.querySelectorAll("a")];
  const legend = new Map([...document.querySelectorAll("#legend [data-letter]")].map((item) => [item.dataset.letter, item]));
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const SOON = 5000; // milliseconds between two answers of the whole page when an account changed its state
  const LATER = 12000; // and when only numbers did
  const SILENT = 8000; // without an event: they do not pass
  const POLL = 2000;

  let letters = field.dataset.letters;
  let stamp = null;
  let asked = Date.now();
  let waiting = 0;

  // Squares

  function paint(next) {
    if (next.length !== squares.length) return;
    for (let place = 0; place < next.length; place += 1) {
      if (next[place] === letters[place]) continue;
      const square = squares[place];
      const look = legend.get(next[place])?.dataset;
      if (!look) continue;
      const name = square.getAttribute("aria-label");
      square.className = next[place];
      square.textContent = look.sign;
      square.setAttribute("aria-label", `${name.slice(0, name.lastIndexOf(", "))}, ${look.word}`);
      square.removeAttribute("title");
    }
    letters = next;
    count();
  }

  function count() {
    const counts = new Map();
    for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    for (const [letter, item] of legend) {
      const found = counts.get(letter) ?? 0;
      item.hidden = found === 0;
      item.querySelector("b").textContent = numbers.format(found);
    }
  }

  field.addEventListener("pointerover", (event) => {
    const square = event.target.closest("a");
    if (square && !square.title) square.title = square.getAttribute("aria-label");
  });

  // One stop for the Tab key, arrows inside.

  let stop = squares[0];
  for (const square of squares) square.tabIndex = square === stop ? 0 : -1;

  function across() {
    const top = squares[0]?.offsetTop;
    const second = squares.findIndex((square) => square.offsetTop !== top);
    return second < 0 ? squares.length : second;
  }

  field.addEventListener("focusin", (event) => {
    if (stop) stop.tabIndex = -1;
    stop = event.target.closest("a");
    stop.tabIndex = 0;
  });

  field.addEventListener("keydown", (event) => {
    const here = squares.indexOf(event.target);
    const row = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? (row ? row * across() : 0);
    const wanted = event.key === "Home" ? 0 : event.key === "End" ? squares.length - 1 : here + step;
    if (here < 0 || wanted === here || !squares[wanted]) return;
    event.preventDefault();
    squares[wanted].focus();
  });

  // Figures

  function bar(id, done, all) {
    const found = document.getElementById(id);
    if (found && all > 0) found.value = Math.min(99, (done * 100) / all);
  }

  function ask(pause) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      asked = Date.now();
      const live = document.getElementById("live");
      if (live && window.htmx) window.htmx.trigger(live, "changed");
    }, Math.max(0, asked + pause - Date.now()));
  }

  function show(facts) {
    if (facts.gone) {
      location.reload();
      return;
    }
    paint(facts.letters);
    if (facts.run === 1) bar("bar-messages", facts.done, facts.expected);
    bar("bar-size", facts.size, facts.expectedSize);
    document.dispatchEvent(new CustomEvent("trasloco:figures", { detail: facts }));
    if (stamp === null || facts.stamp === stamp) ask(LATER);
    else ask(SOON);
    stamp = facts.stamp;
  }

  // Where they come from

  if (!field.dataset.events) return;
  let source = null;
  let poll = 0;
  let silence = 0;
  let over = false;

  function take(text) {
    const facts = JSON.parse(text);
    show(facts);
    if (facts.over) finish();
  }

  function listen() {
    if (over || source || poll || document.hidden) return;
    if (!window.EventSource) {
      startPolling();
      return;
    }
    source = new EventSource(field.dataset.events);
    silence = setTimeout(startPolling, SILENT);
    source.addEventListener("message", (event) => {
      clearTimeout(silence);
      take(event.data);
    });
  }

  function startPolling() {
    hush();
    const once = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(field.dataset.figures, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) take(await answer.text());
      } catch {
        // The panel does not answer: the notice above says so, and the next one tries again.
      }
    };
    poll = setInterval(once, POLL);
    once();
  }

  function hush() {
    clearTimeout(silence);
    source?.close();
    source = null;
  }

  function finish() {
    over = true;
    hush();
    clearInterval(poll);
    poll = 0;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush(); // a browser has few connections to one host: hidden pages hold none
    else listen();
  });
  addEventListener("pagehide", hush);
  listen();
})();

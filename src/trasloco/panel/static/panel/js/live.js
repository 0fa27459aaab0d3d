// Parts of a page that come again by themselves ([data-live]): asked for only while somebody looks, swapped only when they
// say something else, and without closing what was opened. htmx keeps the focus of what has an id.
"use strict";

const opened = new Set();

document.addEventListener("htmx:configRequest", (event) => {
  const part = event.target.closest("[data-live]");
  if (part?.dataset.seen) event.detail.headers["X-Seen"] = part.dataset.seen;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const request = event.detail.xhr;
  const digest = request?.getResponseHeader("X-Digest");
  if (digest && event.target.matches("[data-live]")) event.target.dataset.seen = digest;
  const answered = request && request.status >= 200 && request.status < 500;
  const notice = document.getElementById("offline");
  if (notice) notice.hidden = Boolean(answered);
});

document.addEventListener("toggle", (event) => {
  if (!event.target.id) return;
  if (event.target.open) opened.add(event.target.id);
  else if (event.target.isConnected) opened.delete(event.target.id);
}, true);

document.addEventListener("htmx:afterSettle", () => {
  for (const id of opened) {
    const found = document.getElementById(id);
    if (found) found.open = true;
  }
});

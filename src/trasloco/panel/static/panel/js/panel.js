// Small manners of every page: dialogs, copying, the choice of light and dark. Nothing here is needed to do the work.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-switch], [data-open], [data-close], [data-copy]");
  if (!button) return;
  if (button.matches("[data-theme-switch]")) switchTheme();
  if (button.dataset.open) document.getElementById(button.dataset.open)?.showModal();
  if (button.matches("[data-close]")) button.closest("dialog")?.close();
  if (button.dataset.copy) {
    navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  }
});

function switchTheme() {
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen === "dark" || (!chosen && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
}

// On a phone the row of pages is wider than the screen: the page one is on is in sight.
const pages = document.querySelector(".bar nav");
const here = pages?.querySelector("[aria-current]");
if (here) {
  const middle = here.offsetLeft - pages.offsetLeft - (pages.clientWidth - here.offsetWidth) / 2;
  pages.scrollTo({ left: middle, behavior: "instant" });
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});

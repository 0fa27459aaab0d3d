// Small manners of every page: confirmations, dialogs, copying, the choice of light and dark. Nothing here is needed to do the work.
"use strict";

// A light or dark page as chosen, before anything is painted (the script is loaded in the head, without defer).
const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-switch], [data-open], [data-close], [data-copy]");
  if (!button) return;
  if (button.matches("[data-theme-switch]")) switchTheme();
  if (button.dataset.open) document.getElementById(button.dataset.open)?.showModal();
  if (button.matches("[data-close]")) button.closest("dialog")?.close();
  if (button.dataset.copy) navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent.trim());
});

function switchTheme() {
  const dark = document.documentElement.dataset.theme === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});

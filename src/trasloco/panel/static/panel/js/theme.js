// Light or dark as the person chose, before anything is painted: loaded in the head, without defer.
"use strict";

const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

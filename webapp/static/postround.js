// What the pages do beyond htmx. One section for each part of the site; every page works without it.

import { initAll } from "./vendor/nhsuk/nhsuk-frontend.min.js"

// --- The frame ---

initAll()

// What htmx swaps in has components of its own to start.
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) initAll({ scope: event.detail.elt })
})

// --- People and failures ---

// --- Batches ---

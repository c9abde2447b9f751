// What the pages do beyond htmx. One section for each part of the site; every page works without it.

import { initAll } from "./vendor/nhsuk/nhsuk-frontend.min.js"

// --- The frame ---

initAll()

// What htmx swaps in has components of its own to start.
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) initAll({ scope: event.detail.elt })
})

// A part of the page that could not be fetched is said, until one can be again.
const trouble = document.getElementById("postround-trouble")

function say(sentence) {
  trouble.textContent = sentence
  trouble.hidden = !sentence
}

// Of the machines: what an answer of this status says.
const FAULTS = {
  503: "Postround cannot reach its database, so nothing was changed just now. Try again in a minute.",
  507: "Nothing was saved, because the disk of Postround’s computer is full. Tell your administrator.",
}

document.body.addEventListener("htmx:responseError", (event) => {
  if (event.target.closest("[data-upload]")) return
  say(FAULTS[event.detail.xhr.status] ?? "That did not work. Load this page again, and then try once more.")
})
document.body.addEventListener("htmx:sendError", (event) => {
  if (!event.target.closest("[data-upload]")) say("There is no connection to Postround just now. What you see may be out of date.")
})
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) say("")
})

// --- People and failures ---

// --- Batches ---

// Choosing a file checks it at once; its way up is shown, then that it is being checked.
document.body.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-upload]")
  if (form && event.target.type === "file" && event.target.files.length) form.requestSubmit()
})

document.body.addEventListener("htmx:xhr:progress", (event) => {
  const form = event.target.closest("form[data-upload]")
  if (!form || !event.detail.lengthComputable) return
  const shown = form.querySelector(".postround-upload__progress")
  const bar = shown.querySelector("progress")
  const sent = Math.round((event.detail.loaded / event.detail.total) * 100)
  shown.hidden = false
  shown.querySelector("label").textContent = sent < 100 ? `Uploading: ${sent}%` : "Checking every row…"
  if (sent < 100) bar.value = sent
  else bar.removeAttribute("value")
})

// An answer without a page of ours in it (the file is too big, the server is away) is said where the bar was.
for (const [name, words] of [
  ["htmx:responseError", "The file was not accepted. It may be too big: a list can have 20 MB."],
  ["htmx:sendError", "The file did not arrive. Check your connection, then choose it again."],
]) {
  document.body.addEventListener(name, (event) => {
    const form = event.target.closest("form[data-upload]")
    if (!form) return
    const shown = form.querySelector(".postround-upload__progress")
    shown.hidden = false
    shown.setAttribute("role", "alert")
    shown.textContent = FAULTS[event.detail.xhr?.status] ?? words
  })
}

// The fields of a list become buttons that put themselves where one is writing.
let writing = null
document.body.addEventListener("focusin", (event) => {
  if (event.target.hasAttribute("data-takes-fields")) writing = event.target
})

for (const field of document.querySelectorAll("[data-fields] [data-field]")) {
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = field.textContent
  button.addEventListener("click", () => {
    const into = writing ?? document.querySelector("textarea[data-takes-fields]")
    into.setRangeText(field.textContent, into.selectionStart, into.selectionEnd, "end")
    into.focus()
    into.dispatchEvent(new Event("input", { bubbles: true }))
  })
  field.replaceWith(button)
}

// What a person has opened stays open when the part around it is renewed.
let open = []
document.body.addEventListener("htmx:beforeSwap", (event) => {
  open = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id)
})
document.body.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
})

"use strict";
// Keeps the page of a run up to date. The server sends whole sections, already escaped; this script only
// puts them where they belong and leaves open what the reader has opened.
(() => {
  const connection = document.getElementById("connection");
  const shown = new Map();
  // What this page has already; the server sends what came after it.
  let version = document.body.dataset.version;
  let source;

  function say(text) {
    if (connection.textContent !== text) connection.textContent = text;
  }

  function slot(id) {
    const known = document.getElementById("slot-" + id);
    if (known) return known;
    const made = document.createElement("div");
    made.id = "slot-" + id;
    document.getElementById("cards").append(made);
    return made;
  }

  // What the keyboard is on, told so that it is found again in the new content.
  function focusIn(place) {
    const active = document.activeElement;
    if (!place.contains(active)) return null;
    const all = [...place.querySelectorAll("a, summary, [tabindex]")];
    return all.indexOf(active);
  }

  function put(section) {
    if (shown.get(section.id) === section.html) return;
    shown.set(section.id, section.html);
    const place = slot(section.id);
    const open = new Set([...place.querySelectorAll("details[open]")].map((item) => item.id));
    const focus = focusIn(place);
    const content = document.createElement("template");
    content.innerHTML = section.html;
    place.replaceChildren(content.content);
    for (const item of place.querySelectorAll("details")) item.open = open.has(item.id);
    if (focus !== null && focus >= 0) {
      const again = [...place.querySelectorAll("a, summary, [tabindex]")][focus];
      if (again) again.focus({ preventScroll: true });
    }
  }

  function connect() {
    source = new EventSource("events?since=" + encodeURIComponent(version));
    source.addEventListener("open", () => say("live"));
    source.addEventListener("sections", (event) => {
      for (const section of JSON.parse(event.data)) put(section);
      version = event.lastEventId;
      say("live");
    });
    source.addEventListener("error", () => {
      say("connection lost, trying again …");
      // A refusal ends the browser's own attempts; a server that restarts may refuse for a moment.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
    });
  }

  connect();
})();

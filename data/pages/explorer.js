/* Keeps the page of a job up to date. Everything else works without a script. */
"use strict";

const PAUSE_MS = 1500;
const PAUSE_AFTER_ERROR_MS = 5000;

function watchJob(section) {
  const announced = section.querySelector("[role=status]");
  const bar = section.querySelector("progress");
  section.querySelector(".without-script").hidden = true;
  let told = -1;

  function show(answer) {
    for (const [name, text] of Object.entries(answer.fields)) {
      for (const place of section.querySelectorAll("[data-live]")) {
        if (place.dataset.live === name && place.textContent !== text) place.textContent = text;
      }
    }
    if (bar && answer.total) {
      bar.max = answer.total;
      bar.value = answer.done;
    }
    announce(answer);
  }

  /* A screen reader is told of every tenth part, and of the end: each number would be noise. */
  function announce(answer) {
    const tenth = answer.total ? Math.floor((10 * answer.done) / answer.total) : 0;
    if (!answer.more) announced.textContent = `The job is ${answer.fields.state}. Load the page again for what became of the records.`;
    else if (tenth !== told) announced.textContent = `${tenth * 10} % done`;
    told = tenth;
  }

  async function look() {
    let pause = PAUSE_MS;
    try {
      const answer = await fetch(section.dataset.progress, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const found = await answer.json();
      show(found);
      if (!found.more) return;
    } catch {
      announced.textContent = "The service does not answer; trying again.";
      pause = PAUSE_AFTER_ERROR_MS;
    }
    setTimeout(look, pause);
  }

  look();
}

for (const section of document.querySelectorAll("[data-progress]")) watchJob(section);

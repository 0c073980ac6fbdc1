/* Keeps jobs up to date, and tells of new runs. Everything else works without a script. */
"use strict";

const PAUSE_MS = 1500;
const PAUSE_OF_RUNS_MS = 5000;
const PAUSE_AFTER_ERROR_MS = 5000;

/* Ask an address again and again; `show` returns whether there is more to come. */
function keepAsking(address, usualPause, show, tellOfError) {
  async function ask() {
    let pause = usualPause;
    try {
      if (!document.hidden) {
        const answer = await fetch(address, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        if (!show(await answer.json())) return;
      }
    } catch {
      tellOfError("The service does not answer; trying again.");
      pause = PAUSE_AFTER_ERROR_MS;
    }
    setTimeout(ask, pause);
  }
  ask();
}

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function watchJob(place) {
  const announced = place.querySelector("[role=status]");
  const bar = place.querySelector("progress");
  let told = -1;

  function announce(text) {
    if (announced) setText(announced, text);
  }

  function show(answer) {
    for (const one of place.querySelectorAll("[data-live]")) {
      if (Object.hasOwn(answer.fields, one.dataset.live)) setText(one, answer.fields[one.dataset.live]);
    }
    if (bar && answer.total) {
      bar.max = answer.total;
      bar.value = answer.done;
    }
    /* A screen reader is told of every tenth part, and of the end: each number would be noise. */
    const tenth = answer.total ? Math.floor((10 * answer.done) / answer.total) : 0;
    if (!answer.more) announce(`The job is ${answer.fields.state}. Load the page again for what became of the records.`);
    else if (tenth !== told) announce(`${tenth * 10} % done`);
    told = tenth;
    return answer.more;
  }

  for (const one of place.querySelectorAll(".without-script")) one.hidden = true;
  keepAsking(place.dataset.progress, PAUSE_MS, show, announce);
}

function watchRuns(place) {
  const known = place.dataset.known;

  function show(answer) {
    if (answer.id === known) return true;
    place.textContent = "There is a new run. ";
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Load the list again";
    place.append(link);
    return false;
  }

  keepAsking(place.dataset.newest, PAUSE_OF_RUNS_MS, show, (text) => setText(place, text));
}

for (const place of document.querySelectorAll("[data-progress]")) watchJob(place);
for (const place of document.querySelectorAll("[data-newest]")) watchRuns(place);

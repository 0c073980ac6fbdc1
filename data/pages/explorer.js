/* Keeps jobs and running thoughts up to date, and tells of new runs. Everything else works without a script. */
"use strict";

const PAUSE_MS = 1500;
const PAUSE_OF_RUNS_MS = 5000;
/* The service waits until there is news of a thought. */
const PAUSE_OF_THOUGHTS_MS = 20;
const PAUSE_OF_ANNOUNCEMENTS_MS = 10000;
const PAUSE_AFTER_ERROR_MS = 5000;
const NEAR_THE_END = 80;

/* Ask an address (what `address` returns) again and again; `show` returns whether there is more to come. */
function keepAsking(address, usualPause, show, tellOfError) {
  async function ask() {
    let pause = document.hidden ? PAUSE_MS : usualPause;
    try {
      if (!document.hidden) {
        const answer = await fetch(address(), { credentials: "same-origin", redirect: "manual" });
        if (answer.type === "opaqueredirect" || answer.status === 404) {
          tellOfError("This can no longer be read with your key, or is gone. Load the page again.");
          return;
        }
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
  keepAsking(() => place.dataset.progress, PAUSE_MS, show, announce);
}

function watchRuns(place) {
  const { known, running } = place.dataset;

  function show(answer) {
    if (answer.id === known && answer.running === running) return true;
    const begun = answer.running.split(" ").some((one) => one && !running.split(" ").includes(one));
    if (answer.id !== known) place.textContent = "There is a new run. ";
    else place.textContent = begun ? "A thought has begun. " : "A thought has ended. ";
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Load the list again";
    place.append(link);
    return false;
  }

  keepAsking(() => place.dataset.newest, PAUSE_OF_RUNS_MS, show, (text) => setText(place, text));
}

function make(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

function makeLink(link, kind) {
  const made = make("a", kind, link.text);
  made.href = link.href;
  return made;
}

function makePiece(piece) {
  const made = make(piece.kind === "hint" ? "mark" : "span", piece.kind, "");
  made.dataset.piece = piece.number;
  const links = piece.links.flatMap((link) => [" ", makeLink(link, piece.label ? "" : "where")]);
  if (!piece.label) made.append(piece.text, ...links);
  else {
    const label = make("span", "label", `${piece.label}:`);
    label.append(...links);
    made.append(label, piece.text);
  }
  return made;
}

/* The section of a continuation; sections stand in their order. */
function findPart(place, part) {
  const found = document.getElementById(part.id);
  if (found) return found;
  const made = document.createElement("section");
  made.id = part.id;
  made.dataset.order = part.order;
  made.setAttribute("aria-labelledby", `${part.id}-heading`);
  const heading = make("h2", "", `${part.heading} `);
  heading.id = `${part.id}-heading`;
  heading.append(make("span", "now", part.state));
  const text = make("div", "text", "");
  text.dir = "auto";
  made.append(heading, text);
  const next = [...place.children].find((one) => Number(one.dataset.order) > part.order);
  place.insertBefore(made, next ?? null);
  return made;
}

/* A piece that was shown has grown, or is new. What was left out meanwhile is said. */
function showPiece(text, piece) {
  const shown = text.querySelector(`[data-piece="${piece.number}"]`);
  if (shown) {
    /* Only text grows; what is selected in it stays so. */
    const words = shown.firstChild;
    if (words) words.appendData(piece.text.slice(words.length));
    return;
  }
  const last = text.lastElementChild;
  if (last && last.dataset.piece && Number(last.dataset.piece) + 1 < piece.number) {
    text.append(make("span", "cut", "[Some text is left out here. Its run has the whole text.]"));
  }
  text.append(makePiece(piece));
}

function watchThought(place) {
  const announced = document.getElementById("announced");
  const state = document.getElementById("state");
  let after = Number(place.dataset.after);
  let told = "";
  let toldAt = 0;

  /* A screen reader is told of what happens, and now and then how far the text is: each word would be noise. */
  function announce(text, now) {
    const time = Date.now();
    if (text === told || (!now && time - toldAt < PAUSE_OF_ANNOUNCEMENTS_MS)) return;
    told = text;
    toldAt = time;
    setText(announced, text);
  }

  function showPart(part) {
    const section = findPart(place, part);
    setText(section.querySelector(".now"), part.state);
    for (const piece of part.pieces) {
      if (piece.kind === "hint") announce(`${part.heading}: a hint is ${piece.label}.`, true);
      else if (piece.kind === "note") announce(`${part.heading}: ${piece.text}`, true);
      showPiece(section.querySelector(".text"), piece);
    }
  }

  function showEnd(runs) {
    const end = document.getElementById("ended");
    announce(runs.length ? "The thought has ended. A link to its run is on this page." : "The thought has ended. No run of it is kept.", true);
    end.textContent = runs.length ? "The thought has ended. Open its run: " : "The thought has ended. No run of it is kept: it was stopped, or it failed.";
    for (const run of runs) end.append(makeLink(run, ""), " ");
    end.hidden = false;
    announced.classList.add("unseen");
  }

  function show(answer) {
    const root = document.documentElement;
    const follows = root.scrollTop > 0 && root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_THE_END;
    setText(state, answer.state);
    after = answer.change;
    if (answer.engine) setText(document.getElementById("engine"), answer.engine);
    for (const part of answer.parts) showPart(part);
    if (answer.more) {
      announce(`The thought is ${answer.state}, ${place.textContent.length.toLocaleString("en")} characters so far.`, false);
    } else {
      for (const one of place.querySelectorAll(".now:not(:empty)")) setText(one, "ended");
      showEnd(answer.runs);
    }
    if (follows) root.scrollTop = root.scrollHeight;
    return answer.more;
  }

  for (const one of document.querySelectorAll(".without-script")) one.hidden = true;
  keepAsking(() => `${place.dataset.watch}?after=${after}&wait=1`, PAUSE_OF_THOUGHTS_MS, show, (text) => announce(text, true));
}

for (const place of document.querySelectorAll("[data-progress]")) watchJob(place);
for (const place of document.querySelectorAll("[data-newest]")) watchRuns(place);
for (const place of document.querySelectorAll("[data-watch]")) watchThought(place);

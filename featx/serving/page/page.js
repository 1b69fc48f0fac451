import { bars, element, likeliest, percent, time, timeline, timeTable } from "./charts.js";
import { convert, NoMicrophone, Recorder } from "./recorder.js";

const WHOLE = 6; // seconds up to which a recording is predicted as a whole
const WINDOW = 4; // seconds
const FINE = 60; // seconds up to which windows follow every second, above every other
const RETRY = 1500; // milliseconds from one look for a server that is gone to the next
const part = (id) => document.getElementById(id);
let facts = null, recorder = null, last = null, mark = () => {}, busy = false;

// What is shown elsewhere on the page too is for those who listen to it.
function state(text, shownElsewhere = false) {
  part("state").textContent = text;
  part("state").classList.toggle("unseen", shownElsewhere);
}

function problem(text, canRepeat = false) {
  part("problem-text").textContent = text;
  part("problem").hidden = !text;
  part("again").hidden = !canRepeat;
  if (text) part("problem").scrollIntoView({ block: "nearest" });
}

// Not `disabled`, which would take the focus away from whoever uses the keyboard.
function allow(id, value) { part(id).setAttribute("aria-disabled", String(!value)); }
function isAllowed(id) { return part(id).getAttribute("aria-disabled") !== "true"; }

function setBusy(value) {
  busy = value;
  allow("record", !value);
  allow("file", !value);
  part("progress").hidden = !value;
}

// What the server says of itself ---------------------------------------------------------------

async function ask(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer.json();
}

// What the model predicts.
function kind() {
  if (Object.keys(facts.dimensions).length) return "numbers";
  return Object.keys(facts.labels).length ? "labels" : "classes";
}

async function learn() {
  facts = await ask("model");
  document.title = `${facts.name}: speech emotion recognition`;
  const numbers = Object.keys(facts.dimensions);
  part("subtitle").textContent = `The model ${facts.name} ` + {
    numbers: `predicts ${numbers.join(", ")}, as numbers.`,
    labels: `tells which of these labels fit, none or several: ${facts.classes.join(", ")}.`,
    classes: `tells ${facts.classes.length} classes apart: ${facts.classes.join(", ")}.`,
  }[kind()];
  for (const other of ["numbers", "labels", "classes"]) part(`meaning-${other}`).hidden = other !== kind();
  const { max_megabytes: megabytes, max_seconds: seconds } = facts.limits;
  part("hint").textContent = `or drop it here: WAV, FLAC, OGG or MP3, at most ${megabytes} MB and ${duration(seconds)}.`;
  part("version").textContent = `Served by featx ${facts.featx}.`;
  part("curl").textContent = `curl -F file=@speech.wav ${location.origin}/predict`;
  describe();
}

function duration(seconds) {
  if (seconds < 120) return `${Math.round(10 * seconds) / 10} seconds`;
  return `${Math.round(seconds / 6) / 10} minutes`;
}

function describe() {
  const { uar, macro_f1: f1 } = facts;
  const rows = [
    ["Model", facts.title],
    ["Encoder", facts.encoders.join(", ")],
    ["Corpus", facts.corpus],
    ["Utterances", facts.utterances?.toLocaleString("en")],
    ["Speakers", facts.speakers],
    ["Protocol", facts.protocol],
    ["Average recall (UAR)", uar && `${uar.mean.toFixed(1)} %, cross-validated (95 % interval ${uar.low.toFixed(1)} to ${uar.high.toFixed(1)} %; guessing gives ${facts.chance.toFixed(1)} %)`],
    ["Macro F1", f1 && `${f1.mean.toFixed(1)} %, cross-validated (95 % interval ${f1.low.toFixed(1)} to ${f1.high.toFixed(1)} %)`],
    ...Object.entries(facts.dimensions).map(([name, { ccc }]) => [`Concordance (CCC) of ${name}`, `${ccc.mean.toFixed(3)}, cross-validated (95 % interval ${ccc.low.toFixed(3)} to ${ccc.high.toFixed(3)}; always predicting the mean gives 0)`]),
  ].filter((row) => row[1]);
  if (!rows.length) rows.push(["Model", "a single saved model, without the record of a run"]);
  part("facts").replaceChildren(...rows.flatMap(([name, text]) => [element("dt", { textContent: name }), element("dd", { textContent: text })]));
  part("notes").replaceChildren(...facts.notes.map((note) => element("li", { textContent: note })));
  let found = Object.entries(facts.recalls);
  if (kind() === "labels") {
    found = Object.entries(facts.labels).map(([name, label]) => [name, label.f1]).filter(([, own]) => own !== null);
    part("recalls-caption").textContent = "F1 of each label in the test";
  }
  part("recalls-part").hidden = !found.length;
  bars(part("recalls"), Object.fromEntries(found.map(([name, own]) => [name, own / 100])));
  part("layers").replaceChildren(...facts.layers.map(drawLayers));
}

function drawLayers(learned) {
  const most = Math.max(...learned.weights);
  const caption = element("figcaption", { textContent: `What the model made of the layers of ${learned.features}` });
  const body = element("tbody");
  const shares = Object.fromEntries(learned.layers.map((name, place) => [`layer ${name}`, learned.weights[place] / most]));
  bars(body, shares, (share) => percent(share * most));
  const hint = element("p", { className: "quiet key", textContent: "Learned weights, which add up to 100 %. Layer 0 is the local encoder." });
  return element("figure", {}, caption, element("table", { className: "bars" }, body), hint);
}

// Sending --------------------------------------------------------------------------------------

class Gone extends Error {}

function post(address, file, onProgress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much is sent
    request.open("POST", address);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onload = () => done({ status: request.status, body: request.response });
    request.onerror = () => failed(new Gone());
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

// How long a recording is, as far as the browser can tell; null where it can't.
function measure(file) {
  return new Promise((done) => {
    const player = part("player");
    player.onloadedmetadata = () => done(Number.isFinite(player.duration) ? player.duration : null);
    player.onerror = () => done(null);
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(file);
  });
}

function options(seconds) {
  if (seconds !== null && seconds <= WHOLE) return "";
  return `?window=${WINDOW}&hop=${seconds !== null && seconds <= FINE ? 1 : 2}`;
}

async function send(file) {
  if (busy || !file) return;
  last = file;
  problem("");
  part("result").hidden = true;
  const most = facts?.limits.max_megabytes;
  if (most && file.size > most * 1e6) {
    state("");
    problem(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB, and the largest file taken here is ${most} MB.`);
    return;
  }
  setBusy(true);
  const progress = part("progress");
  progress.removeAttribute("value");
  state(`Sending ${file.name} …`);
  try {
    const seconds = await measure(file);
    const address = `predict${options(seconds)}`;
    const onProgress = (share) => {
      progress.value = share;
      if (share < 1) return;
      progress.removeAttribute("value");
      state(`The model listens to ${file.name} …`);
    };
    let { status, body } = await post(address, file, onProgress);
    const converted = status === 415 && await convert(file);
    if (converted) ({ status, body } = await post(address, converted, onProgress));
    state("");
    if (status === 200) show(body);
    else problem(body?.error ?? `The server answered with status ${status}.`, status >= 429);
  } catch (error) {
    state("");
    if (!(error instanceof Gone)) throw error;
    problem("The server does not answer: it was stopped, or the connection was lost. This page looks for it.");
    waitForServer();
  } finally {
    setBusy(false);
  }
}

async function waitForServer() {
  for (;;) {
    await new Promise((done) => setTimeout(done, RETRY));
    if (part("problem").hidden) return; // something else was sent, and answered
    try {
      await learn();
    } catch {
      continue;
    }
    if (!last) problem("");
    else problem("The server is back.", true);
    return;
  }
}

// The result -----------------------------------------------------------------------------------

function figure(value) { return String(Number(value.toPrecision(4))).replace("-", "−"); }

// Show what was predicted in a line, and how it came about.
function summarise(answer, text, surest = "") {
  const count = answer.windows.length;
  const how = count ? `; the mean of ${count} ${count === 1 ? "window" : "windows"} with speech` : "";
  part("label").textContent = text;
  part("about").textContent = `${surest && `${surest} probable. `}${answer.utterance}, ${answer.seconds.toFixed(1)} s${how}.`;
  part("over-time").hidden = kind() === "numbers" || count < 2;
  part("result").hidden = false;
  mark = () => {};
  state(`Result: ${text}${surest && `, ${surest}`}.`, true);
}

function showNumbers(answer) {
  summarise(answer, Object.entries(answer.numbers).map(([name, value]) => `${name} ${figure(value)}`).join(", "));
  part("shares-caption").textContent = "Each number between the lowest and the highest true one of the test";
  const shares = Object.entries(facts.dimensions).map(([name, { low, high }]) =>
    [name, Math.min(1, Math.max(0, (answer.numbers[name] - low) / (high - low || 1)))]);
  bars(part("shares"), Object.fromEntries(shares), (_, name) => figure(answer.numbers[name]));
}

function showLabels(answer) {
  summarise(answer, answer.labels.join(", ") || "none of the labels");
  const marks = Object.fromEntries(Object.entries(facts.labels).map(([name, { threshold }]) => [name, threshold]));
  const from = [...new Set(Object.values(marks))].map(percent).join(" or ");
  part("shares-caption").textContent = `Probability of each label; those that reach the mark, ${from}, are predicted`;
  bars(part("shares"), answer.probabilities, percent, answer.labels, marks);
  part("line").textContent = "The line marks the labels that are predicted.";
  showOverTime(answer, (window) => window.labels);
}

function showClasses(answer) {
  const first = likeliest(answer);
  summarise(answer, answer.label ?? "uncertain", percent(answer.probabilities[first]));
  bars(part("shares"), answer.probabilities, percent, [first]);
  showOverTime(answer, (window) => [likeliest(window)]);
}

function showOverTime(answer, predicted) {
  if (answer.windows.length < 2) return;
  const player = part("player");
  const width = part("timeline").clientWidth;
  const [picture, marker] = timeline(facts.classes, answer.windows, predicted, answer.seconds, width, (at) => {
    player.currentTime = at;
    player.play().catch(() => {});
  });
  mark = marker;
  part("timeline").replaceChildren(picture);
  timeTable(part("time-table"), facts.classes, answer.windows);
}

function show(answer) {
  ({ numbers: showNumbers, labels: showLabels, classes: showClasses })[kind()](answer);
  part("result-heading").focus({ preventScroll: true });
  part("result").scrollIntoView({ block: "nearest" });
}

part("player").addEventListener("timeupdate", () => mark(part("player").currentTime));
part("player").addEventListener("error", () => { part("player").hidden = true; });
part("player").addEventListener("loadedmetadata", () => { part("player").hidden = false; });

// Recording, choosing, dropping ----------------------------------------------------------------

function showRecording(on) {
  part("recording").hidden = !on;
  allow("file", !on);
  part("record").classList.toggle("recording", on);
  part("record-text").textContent = on ? "Stop" : "Record";
}

function stopRecording() {
  const file = recorder.stop();
  recorder = null;
  showRecording(false);
  send(file);
}

async function startRecording() {
  const started = new Recorder((level, seconds) => {
    const bytes = 2 * (started.context?.sampleRate ?? 48000); // a second of 16 bits
    const limits = facts?.limits ?? { max_seconds: Infinity, max_megabytes: Infinity };
    const most = Math.min(limits.max_seconds, (1e6 * limits.max_megabytes - 44) / bytes);
    part("level").value = 1 + Math.log10(Math.max(level, 0.001)) / 3; // from -60 dB of full scale
    part("clock").textContent = time(Math.floor(seconds));
    if (seconds >= most - 0.5 && recorder) stopRecording();
  });
  problem("");
  state("");
  part("result").hidden = true;
  allow("record", false);
  try {
    await started.start();
    recorder = started;
    showRecording(true);
    state("Recording. Press Stop when you have spoken.");
  } catch (error) {
    if (!(error instanceof NoMicrophone)) throw error;
    problem(error.message);
  } finally {
    allow("record", true);
  }
}

part("record").addEventListener("click", () => {
  if (!isAllowed("record")) return;
  if (recorder) stopRecording();
  else startRecording();
});
part("file").addEventListener("click", (event) => { if (!isAllowed("file")) event.preventDefault(); });
part("file").addEventListener("change", (event) => {
  const file = event.target.files[0];
  send(file);
  event.target.value = ""; // so that the same file can be chosen again
});
part("again").addEventListener("click", () => send(last));
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); part("drop").classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); part("drop").classList.remove("over"); });
}
document.addEventListener("drop", (event) => {
  const files = event.dataTransfer.files;
  if (!isAllowed("file")) return;
  if (files.length > 1) problem("Drop one file at a time.");
  else send(files[0]);
});

learn().catch(() => {
  problem("The server does not answer. This page looks for it.");
  waitForServer();
});

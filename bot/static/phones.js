// The phones page: shows state.json, asked for each second, and posts what is typed and pressed.
import { ahead, capital, day, dialed, element, place, plain, stamp, time, whenChanged } from "./phones_words.js";

const EVERY_MS = 1000;
const NOTICE_MS = 7000;
const GAP_MS = 15 * 60 * 1000; // a pause this long gets its own time above the next text
const NAMES = ["Rosa Diaz", "Grace Kim", "Lucia Romero", "Hannah Cole", "Amina Yusuf", "Elena Cruz"];
const REASONS = { too_late: "too late", folded: "another text says it", opted_out: "she opted out", no_consent: "no consent", moved: "test moved" };

const $ = (id) => document.getElementById(id);
const wanted = Object.fromEntries(new URLSearchParams(location.search)); // ids only
const seen = new Map(); // staff id -> the last text that was looked at
let state = null;
let etag = "";
let loading = null;

// --- talking to the server -----------------------------------------------------------------------------------------

async function load() {
  const query = new URLSearchParams();
  for (const name of ["patient", "nurse"]) if (wanted[name]) query.set(name, wanted[name]);
  try {
    const response = await fetch(`/phones/state.json?${query}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
    if ($("notice").dataset.lost) tell("");
    if (response.status === 304) return;
    if (!response.ok) throw new Error(`state.json: ${response.status}`);
    etag = response.headers.get("ETag") ?? "";
    state = await response.json();
  } catch (error) {
    tell("Prepline does not answer. Trying again…", true);
    return;
  }
  show();
}

function refresh() {
  loading ??= load().finally(() => { loading = null; });
  return loading;
}

/** Post, and show what has changed. Returns the answer, or null after `complain` was told why not. */
async function post(path, body, complain = tell) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    if (loading) await loading; // that look began before this change
    await refresh();
    return answer;
  } catch (error) {
    complain(error instanceof TypeError || error instanceof SyntaxError ? "Prepline does not answer." : error.message);
    return null;
  }
}

function tell(words, lost = false) {
  const notice = $("notice");
  notice.textContent = words;
  notice.classList.toggle("shown", Boolean(words));
  notice.dataset.lost = lost ? "1" : "";
  clearTimeout(tell.timer);
  if (words && !lost) tell.timer = setTimeout(() => tell(""), NOTICE_MS);
}

// --- the two phones ------------------------------------------------------------------------------------------------

function showPhone(kind, holder, zone, note) {
  const phone = $(`${kind}-phone`);
  phone.querySelector(".status-time").textContent = time(state.now, zone).replace(/\s?[AP]M/, "");
  phone.querySelector(".avatar").textContent = state.clinic.split(/\s+/).map((word) => word[0]).join("").slice(0, 2);
  phone.querySelector(".contact-name").textContent = state.clinic;
  phone.querySelector(".contact-note").textContent = note;
  for (const control of phone.querySelectorAll("input, button")) control.disabled = !holder;
  if (!holder) return;
  const row = $(`${kind}-suggestions`);
  whenChanged(row, [holder.id, holder.suggestions], () => {
    row.replaceChildren(...holder.suggestions.map((words) => {
      const chip = element("button", "", words);
      chip.type = "button";
      chip.dataset.text = words;
      return chip;
    }));
  });
  showTexts($(`${kind}-texts`), holder, zone);
}

function showTexts(list, holder, zone) {
  const first = list.dataset.holder !== String(holder.id);
  if (first) {
    list.setAttribute("aria-busy", "true"); // what was there before is not read aloud
    list.replaceChildren();
    list.dataset.holder = holder.id;
    list.dataset.last = "0";
    list.setAttribute("aria-label", `Texts on ${holder.name}'s phone`);
  }
  let before = null;
  let added = false;
  for (const text of holder.texts) {
    if (text.id > Number(list.dataset.last)) {
      if (!before || new Date(text.at) - new Date(before.at) > GAP_MS) list.append(element("li", "stamp", stamp(text.at, zone)));
      list.append(bubble(text, !first, zone));
      list.dataset.last = text.id;
      added = true;
    }
    const caption = text.direction === "in" && text.intent && list.querySelector(`[data-id="${text.id}"] .read-as`);
    if (caption && !caption.textContent) {
      const why = text.why.length ? `: ${text.why.join("; ")}` : "";
      caption.textContent = text.urgency === "none" ? `read as ${plain(text.intent)}` : `read as ${text.urgency}${why}`;
      caption.classList.add(text.urgency);
    }
    before = text;
  }
  if (added) {
    list.querySelector(".hint")?.remove();
    list.scrollTo({ top: list.scrollHeight, behavior: first ? "instant" : "smooth" });
  }
  if (first) requestAnimationFrame(() => list.setAttribute("aria-busy", "false"));
}

function bubble(text, fresh, zone) {
  const item = element("li", `text ${text.direction === "in" ? "mine" : "theirs"}${fresh ? " fresh" : ""}`);
  item.dataset.id = text.id;
  const who = element("span", "hidden", text.direction === "in" ? "Sent: " : "Received: ");
  const words = element("p", "words");
  words.append(who, text.body);
  words.title = stamp(text.at, zone);
  item.append(words);
  if (text.direction === "in") item.append(element("p", "read-as"));
  return item;
}

function showHint(list, holder, words) {
  if (holder.texts.length) return;
  const hint = list.querySelector(".hint") ?? list.appendChild(element("li", "hint"));
  if (hint.textContent !== words) hint.textContent = words;
}

function firstText(patient) {
  const next = patient.planned.find((row) => row.state === "pending");
  if (!next) return "No text yet.";
  const way = state.demo ? " Press “Next event” to go there." : "";
  return `No text yet. Planned texts leave between 9 AM and 8 PM where she is; the first one ${stamp(next.at, patient.timezone)}.${way}`;
}

// --- the journey between them --------------------------------------------------------------------------------------

function showJourney(patient) {
  $("visit").textContent = patient
    ? `${capital(plain(patient.procedure))} ${stamp(patient.procedure_at, patient.site_timezone)} · ${{ booked: "booked", done: "done", not_done: "not done" }[patient.test]}${patient.opted_out ? " · opted out" : ""}${patient.state === "running" ? "" : ` · ${patient.state}`}`
    : "Nobody is enrolled yet.";
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(patient?.language === button.dataset.language));
    button.disabled = !patient;
  }
  $("test-done").disabled = !patient || patient.test === "done" || patient.state !== "running";
  showCase(patient?.case ?? null);
  const tasks = $("tasks");
  tasks.hidden = !patient?.tasks.length;
  whenChanged(tasks, patient?.tasks ?? [], () => {
    tasks.querySelector("ul").replaceChildren(...(patient?.tasks ?? []).map((task) => {
      const item = element("li", "", task.title);
      item.append(element("span", "role", task.role));
      return item;
    }));
  });
  whenChanged($("planned"), [patient?.id, patient?.planned, state.now], () => showPlanned(patient));
}

function showCase(open) {
  const card = $("case");
  card.hidden = !open;
  if (!open) return;
  card.className = `case ${open.state} ${open.urgency}`;
  whenChanged(card, open, () => {
    const heading = element("h3", "", `Case ${open.code}`);
    heading.append(element("span", `chip ${open.state === "closed" ? "" : open.urgency}`, open.state === "closed" ? "closed" : open.urgency));
    const next = open.next_action_at && time(open.next_action_at, state.timezone);
    const words = {
      open: `Nobody has taken it. The ladder climbs on at ${next}.`,
      acknowledged: `Taken. It opens again at ${next} unless it is closed.`,
      closed: `Outcome: ${plain(open.outcome ?? "")}.`,
    }[open.state];
    const hops = element("ol", "hops");
    for (const hop of open.history) {
      const item = element("li");
      item.append(element("time", "", time(hop.at, state.timezone)), `${hop.what} · ${hop.who}`);
      hops.append(item);
    }
    card.replaceChildren(heading, element("p", "", words), hops);
    $("journey").scrollTo({ top: 0, behavior: "smooth" });
  });
}

function showPlanned(patient) {
  const list = $("planned");
  const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const rows = [...(patient?.planned ?? [])].sort((a, b) => new Date(a.at) - new Date(b.at) || a.id - b.id);
  const next = rows.find((row) => row.state === "pending");
  list.replaceChildren(...rows.map((row) => planned(row, old.get(String(row.id)), patient, row === next)));
  const marked = list.querySelector(".next");
  if (marked && list.dataset.next !== marked.dataset.id) {
    list.dataset.next = marked.dataset.id;
    if (patient.case && patient.case.state !== "closed") return; // a case that waits stays in sight
    const box = $("journey");
    box.scrollTo({ top: Math.max(0, marked.offsetTop - box.clientHeight / 3), behavior: "smooth" });
  }
}

function planned(row, item, patient, isNext) {
  if (!item) {
    item = element("li");
    item.dataset.id = row.id;
    const details = element("details");
    const summary = element("summary");
    summary.append(element("time"), element("strong"), element("span", "chip"));
    details.append(summary, element("p"));
    item.append(details);
  }
  const gone = ["accepted", "sent", "delivered", "read"].includes(row.state);
  const waiting = ["pending", "claimed", "dispatching"].includes(row.state);
  if (isNext && !item.classList.contains("next")) item.firstChild.open = true;
  if (!isNext && item.classList.contains("next")) item.firstChild.open = false;
  item.className = `${gone ? "gone" : waiting ? "waiting" : "dropped"}${isNext ? " next" : ""}`;
  item.querySelector("time").textContent = stamp(row.at, patient.timezone);
  item.querySelector("strong").replaceChildren(capital(plain(row.step)), ...(row.repeat ? [element("small", "", " again")] : []));
  item.querySelector(".chip").textContent = waiting ? ahead(row.at, state.now) : row.state;
  const words = item.querySelector("p");
  words.textContent = row.body;
  words.lang = waiting ? patient.language : ""; // what has left may be in another one
  if (row.reason) words.append(element("em", "", ` (${REASONS[row.reason] ?? plain(row.reason)})`));
  return item;
}

// --- who is shown --------------------------------------------------------------------------------------------------

function showChoices() {
  const choice = $("patient-choice");
  whenChanged(choice, state.patients, () => {
    choice.replaceChildren(...state.patients.map((patient) => {
      const words = `${patient.name}${patient.state === "running" ? "" : ` (${patient.state})`}`;
      return new Option(words, patient.id);
    }));
  });
  choice.value = state.patient?.id ?? "";
  choice.disabled = !state.patients.length;
  const people = $("people");
  const unread = state.staff.filter((member) => member.last_text > seen.get(member.id));
  whenChanged(people, [state.staff.map(({ id, name, on_call, role }) => [id, name, on_call, role]), state.nurse?.id, unread.map(({ id }) => id)], () => {
    const focused = document.activeElement?.dataset.staff;
    people.replaceChildren(...state.staff.map((member) => person(member, unread.includes(member))));
    if (focused) people.querySelector(`[data-staff="${focused}"]`)?.focus();
  });
  $("tab-badge").hidden = !unread.length;
  document.title = `${unread.length ? `(${unread.length}) ` : ""}Prepline phones`;
}

function person(member, isUnread) {
  const button = element("button", "", member.name);
  button.type = "button";
  button.dataset.staff = member.id;
  button.setAttribute("aria-pressed", String(member.id === state.nurse?.id));
  button.append(element("small", "", member.on_call ?? member.role));
  if (isUnread) {
    const badge = element("span", "badge");
    badge.append(element("span", "hidden", "new text"));
    button.append(badge);
  }
  return button;
}

/** Note what has arrived at staff phones since the last look; the one that is shown buzzes unless it only got an answer. */
function noteArrivals() {
  const visible = matchMedia("(min-width: 760px)").matches || document.body.dataset.view === "nurse";
  for (const member of state.staff) {
    const known = seen.get(member.id);
    if (known === undefined) seen.set(member.id, member.last_text);
    if (known === undefined || member.last_text <= known || member.id !== state.nurse?.id) continue;
    const texts = state.nurse.texts;
    if (visible) seen.set(member.id, member.last_text);
    if (texts.at(-2)?.direction !== "in" && noteArrivals.buzzed !== member.last_text) buzz();
    noteArrivals.buzzed = member.last_text;
  }
}

function buzz() {
  const phone = $("nurse-phone");
  phone.classList.remove("buzzing");
  void phone.offsetWidth; // starts the animation anew
  phone.classList.add("buzzing");
}

function show() {
  const { patient, nurse } = state;
  const zone = patient?.timezone ?? state.timezone;
  $("clock-time").textContent = time(state.now, zone);
  $("clock-time").dateTime = state.now;
  $("clock-day").textContent = day(state.now, zone);
  $("clock-where").textContent = `${place(zone)} time${patient ? `, where ${patient.name.split(" ")[0]} is` : ""}`;
  noteArrivals();
  showChoices();
  showPhone("patient", patient, zone, patient ? `${patient.name} · ${dialed(patient.number)}` : "");
  if (patient) showHint($("patient-texts"), patient, firstText(patient));
  showPhone("nurse", nurse, state.timezone, nurse ? `${nurse.name} · ${dialed(nurse.number)}` : "");
  if (nurse) showHint($("nurse-texts"), nurse, state.staff.find(({ id }) => id === nurse.id).on_call ? "Pages come here when a patient reports a warning sign." : "No text yet.");
  showJourney(patient);
}

async function choose(kind, id) {
  wanted[kind] = String(id);
  history.replaceState(null, "", `?${new URLSearchParams(wanted)}`);
  if (kind === "nurse") seen.set(Number(id), state?.staff.find((member) => member.id === Number(id))?.last_text ?? 0);
  if (loading) await loading;
  await refresh();
}

// --- what is pressed -----------------------------------------------------------------------------------------------

async function send(kind, body) {
  const holder = state?.[kind];
  if (!holder || !body.trim()) return;
  const [path, name] = kind === "patient" ? ["/phones/patient-text", "enrollment"] : ["/phones/nurse-text", "staff"];
  await post(path, { [name]: holder.id, body });
}

for (const kind of ["patient", "nurse"]) {
  $(`${kind}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    const input = $(`${kind}-input`);
    send(kind, input.value);
    input.value = "";
  });
  $(`${kind}-suggestions`).addEventListener("click", (event) => {
    const words = event.target.closest("[data-text]")?.dataset.text;
    if (words) {
      $(`${kind}-input`).focus({ preventScroll: true }); // the chip may go away under the finger
      send(kind, words);
    }
  });
}

for (const button of document.querySelectorAll("[data-move]")) {
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    const before = state?.now;
    const answer = await post("/demo/clock", JSON.parse(button.dataset.move));
    button.removeAttribute("aria-busy");
    if (answer && button.dataset.move.includes("next") && state.now === before) tell("Nothing more is ahead, or it is happening right now.");
  });
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => post("/phones/language", { enrollment: state.patient.id, language: button.dataset.language }));
}

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    document.body.dataset.view = button.dataset.show;
    for (const other of document.querySelectorAll("[data-show]")) other.setAttribute("aria-pressed", String(other === button));
    if (button.dataset.show === "nurse" && state?.nurse) choose("nurse", state.nurse.id);
  });
}

$("test-done").addEventListener("click", () => post("/phones/test-done", { enrollment: state.patient.id }));
$("patient-choice").addEventListener("change", (event) => choose("patient", event.target.value));
$("people").addEventListener("click", (event) => {
  const id = event.target.closest("[data-staff]")?.dataset.staff;
  if (id) choose("nurse", id);
});

$("another").addEventListener("click", async () => {
  const form = $("enroll-form");
  const response = await fetch("/phones/another.json", { cache: "no-store" });
  const start = await response.json();
  for (const [name, value] of Object.entries(start)) form.elements[name].value = value;
  form.elements.name.value = NAMES.find((name) => !state?.patients.some((patient) => patient.name === name)) ?? NAMES[0];
  $("enroll-error").textContent = "";
  $("enroll").showModal();
});
$("enroll-cancel").addEventListener("click", () => $("enroll").close());
$("enroll-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("/phones/enroll", Object.fromEntries(new FormData(event.target)), (why) => { $("enroll-error").textContent = why; });
  if (!answer) return;
  $("enroll").close();
  if (answer.phone_her) tell("No text can bring her the preparation in time: a task asks staff to phone her.");
  await choose("patient", answer.enrollment);
});

setInterval(() => { if (!document.hidden) refresh(); }, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();

// Times and words as the phones page prints them, and the two ways it builds elements.

const formats = new Map();

function format(moment, zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-US", { timeZone: zone, ...options }));
  return formats.get(key).format(new Date(moment));
}

export const time = (moment, zone) => format(moment, zone, { hour: "numeric", minute: "2-digit" });
export const day = (moment, zone) => format(moment, zone, { weekday: "short", month: "short", day: "numeric" });
export const stamp = (moment, zone) => `${day(moment, zone).replaceAll(",", "")} · ${time(moment, zone)}`;
export const place = (zone) => zone.split("/").pop().replaceAll("_", " ");
export const plain = (key) => key.replaceAll("_", " ");
export const dialed = (number) => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");
export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** How far ahead of `now` a moment is, in words. */
export function ahead(moment, now) {
  const minutes = Math.round((new Date(moment) - new Date(now)) / 60000);
  if (minutes < 1) return "now";
  const [count, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 2160 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
}

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Fill `parent` anew by `fill`, but only when `value` is not what it was filled with last. */
export function whenChanged(parent, value, fill) {
  const now = JSON.stringify(value);
  if (parent.dataset.shown === now) return;
  parent.dataset.shown = now;
  fill();
}

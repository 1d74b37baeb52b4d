// The coming weeks: one entry for each rule that runs on a day.
const MINUTES = 24 * 60;
const start = new Date(`${data.calendar.from}T00:00:00Z`);
const dayAt = (index) => new Date(start.getTime() + index * MINUTES * 60000);
// Put together here, since browsers do not agree on commas.
const named = (index, options) => dayAt(index).toLocaleDateString("en-GB", { timeZone: "UTC", ...options });
const shortDay = (index) => `${dayAt(index).getUTCDate()} ${named(index, { month: "short" })}`;
const dayAndMonth = (index) => `${dayAt(index).getUTCDate()} ${named(index, { month: "long" })}`;
const longDay = (index) => `${dayAndMonth(index)} ${dayAt(index).getUTCFullYear()}`;
const weekday = (index) => named(index, { weekday: "long" });
const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
let pickedDay = null;

// For each day of the calendar, the rules that run, with their times. Where and for how long the
// backups are kept can differ between accounts: those are a rule's variants.
const runsByDay = (groups) => {
  const entries = new Map();
  for (const { plan, accounts } of plansOf(groups)) {
    for (const rule of plan.rules) {
      const key = JSON.stringify([plan.name, rule.name, rule.schedule]);
      if (!entries.has(key)) entries.set(key, { plan, rule, variants: new Map() });
      const { variants } = entries.get(key);
      const variant = JSON.stringify([plan.regions, rule.life.words, rule.copies]);
      if (!variants.has(variant)) variants.set(variant, { plan, rule, accounts: 0 });
      variants.get(variant).accounts += accounts;
    }
  }
  const days = Array.from({ length: data.calendar.days }, () => []);
  for (const entry of entries.values()) {
    const byDay = new Map();
    for (const minute of data.schedules[entry.rule.schedule].runs) {
      const day = Math.floor(minute / MINUTES);
      if (!byDay.has(day)) byDay.set(day, []);
      byDay.get(day).push(minute % MINUTES);
    }
    for (const [day, times] of byDay) days[day]?.push({ ...entry, times });
  }
  for (const day of days) day.sort((one, other) => one.times[0] - other.times[0]);
  return days;
};

const hasCopies = (run) => [...run.variants.values()].some((variant) => variant.rule.copies.length);

const showCalendar = (groups) => {
  const days = runsByDay(groups);
  if (days.every((day) => !day.length)) {
    put("calendar", el("p", { class: "muted" }, "No backup starts in these weeks."));
    return;
  }
  if (pickedDay === null || !days[pickedDay].length) pickedDay = days.findIndex((day) => day.length);
  // Monday first; days before the first one stay empty.
  const offset = (dayAt(0).getUTCDay() + 6) % 7;
  const weeks = Math.ceil((offset + days.length) / 7);
  const agenda = el("div", { class: "agenda", "aria-live": "polite" });
  const pick = (index) => {
    pickedDay = index;
    for (const button of table.querySelectorAll(".day")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.day) === index));
    }
    agenda.replaceChildren(...agendaOf(index, days[index]).filter(Boolean));
  };
  const cell = (index) => el("td", {}, days[index] ? dayButton(index, days[index], pick) : null);
  const table = el("table", { class: "month" },
    el("caption", {}, "Backups start at these times (UTC); pick a day for its copies and what becomes of them",
      zone ? `, and for the time in ${zone.replaceAll("_", " ")}.` : "."),
    el("thead", {}, el("tr", {}, ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
      .map((name) => el("th", { scope: "col", abbr: name }, name.slice(0, 3))))),
    el("tbody", {}, Array.from({ length: weeks }, (_, week) => el("tr", {},
      Array.from({ length: 7 }, (_, weekday) => cell(week * 7 + weekday - offset))))));
  put("calendar", zoneChoice(), table, agenda);
  pick(pickedDay);
  const buttons = [...table.querySelectorAll(".day")];
  makeTabStop(buttons, buttons.find((button) => button.getAttribute("aria-pressed") === "true"));
  rove(table, ".day", (key, all, index) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 }[key];
    return key === "Home" ? all[0] : key === "End" ? all.at(-1) : step && all[index + step];
  });
};

const MOST_RUNS = 5;
const dayButton = (index, runs, pick) => {
  const date = `${weekday(index)} ${dayAndMonth(index)}`;
  const isFirst = index === 0 || dayAt(index).getUTCDate() === 1;
  const text = (run) => `${clock(run.times[0])}${run.times.length > 1 ? ` ×${run.times.length}` : ""} ${run.rule.name}`;
  const label = runs.length ? `${date}: ${runs.map((run) => text(run) + (hasCopies(run) ? " with copies" : "")).join(", ")}` : `${date}: nothing`;
  const shift = shiftOn(index) ? el("span", { class: "shift", title: shiftText(index) }, "±") : null;
  const clocks = shift ? `; ${shiftText(index)}` : "";
  return el("button", { class: `day${isFirst ? " first" : ""}`, type: "button", "data-day": index, "aria-label": label + clocks,
    "aria-pressed": "false", onclick: () => pick(index) },
    el("span", { class: "date", "aria-hidden": "true" }, isFirst ? shortDay(index) : dayAt(index).getUTCDate(), shift),
    runs.slice(0, MOST_RUNS).map((run) => el("span", { class: `run t${run.plan.tone}`, "aria-hidden": "true" },
      text(run), hasCopies(run) ? " →" : null)),
    runs.length > MOST_RUNS ? el("span", { class: "muted small", "aria-hidden": "true" }, `+${runs.length - MOST_RUNS}`) : null);
};

const agendaOf = (index, runs) => [
  el("h4", {}, `${weekday(index)} ${longDay(index)}`),
  shiftOn(index) ? el("p", { class: "muted small" }, shiftText(index)) : null,
  runs.length ? withMore(el("ul"), runs, 20, (run) => runOf(run, index), (left) => `and ${count(left, "other rule")}`)
    : el("p", { class: "muted" }, "No backup starts on this day.")];

const timesOf = (run, text) => run.times.length > 6
  ? `${text(run.times[0])}, then ${run.times.length - 1} more` : run.times.map(text).join(", ");

const runOf = (run, index) => el("li", { class: `t${run.plan.tone}` },
  el("div", { class: "when" }, timesOf(run, clock), zone ? " UTC" : null,
    zone ? el("div", { class: "local" }, timesOf(run, (minute) => localClock(index, minute)),
      ` ${zone.split("/").at(-1).replaceAll("_", " ")}`) : null),
  withMore(el("div", { class: "what" }, el("b", {}, `${run.plan.name} / ${run.rule.name}`)),
    [...run.variants.values()], 5, variantOf, (left) => `and ${count(left, "other variant")}`));

const variantOf = ({ plan, rule, accounts }) => el("div", { class: "variant" },
  el("div", {}, rule.life.words, el("span", { class: "muted" },
    ` in ${plan.regions.join(", ")}`, current.kind === "account" ? "" : ` (${count(accounts, "account")})`)),
  rule.copies.map((copy) => el("div", {}, `→ copied to ${copy.vault}`,
    copy.place ? el("span", { class: "muted" }, ` (${copy.place})`) : null, `, ${copy.life.words}`)));

// The second time zone: the reader's own, or another that is chosen. Everything else is in UTC.
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isUtc = (zone) => ["UTC", "Etc/UTC", "Etc/GMT", "GMT"].includes(zone);
let zone = isUtc(ownZone) ? "" : ownZone;

// What the clocks of the zone show at a moment, as if it were in UTC.
const inZone = (moment) => {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" })
    .formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute);
};

// By how many minutes the clocks of the zone are ahead.
const ahead = (moment) => (inZone(moment) - moment.getTime()) / 60000;

// A minute of a day of the calendar by the clocks of the zone, with the day if it is another one.
const localClock = (index, minute) => {
  const local = index * MINUTES + minute + ahead(new Date(dayAt(index).getTime() + minute * 60000));
  const day = Math.floor(local / MINUTES);
  const name = day === index ? "" : ` ${named(day, { weekday: "short" })}`;
  return `${clock(local - day * MINUTES)}${name}`;
};

// How the clocks of the zone change on a day of the calendar, by the dates of UTC.
const shiftOn = (index) => zone ? ahead(dayAt(index + 1)) - ahead(dayAt(index)) : 0;

const shiftText = (index) => {
  const minutes = shiftOn(index);
  const by = Math.abs(minutes) % 60 ? count(Math.abs(minutes), "minute") : count(Math.abs(minutes) / 60, "hour");
  return `The clocks of ${zone} go ${minutes > 0 ? "forward" : "back"} by ${by} on this day.`;
};

const zoneChoice = () => {
  const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  const names = [...new Set([...known, ownZone, zone])].filter((name) => name && !isUtc(name)).sort();
  const option = (name, text) => el("option", { value: name, selected: name === zone }, text);
  const select = el("select", { id: "zone", onchange: () => {
    zone = select.value;
    show();
    byId("zone").focus();
  } }, option("", "UTC only"), names.map((name) => option(name, name.replaceAll("_", " "))));
  return el("p", { class: "zone" }, el("label", { for: "zone" }, "Second time zone "), select);
};

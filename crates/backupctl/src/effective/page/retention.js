// How long backups and their copies are kept, on a scale of days that is not even: a day and ten
// years are both on it.
const showRetention = (groups) => {
  const rows = new Map();
  for (const { plan, accounts } of plansOf(groups)) {
    for (const rule of plan.rules) {
      const stays = [{ life: rule.life }, ...rule.copies.map((copy) => ({ vault: copy.vault, life: copy.life }))];
      const key = JSON.stringify([plan.name, rule.name, stays]);
      if (!rows.has(key)) rows.set(key, { plan, rule, stays, accounts: 0 });
      rows.get(key).accounts += accounts;
    }
  }
  if (!rows.size) {
    put("retention", el("p", { class: "muted" }, "Nothing is kept."));
    return;
  }
  const ticks = data.ticks;
  const at = (element, properties) => {
    for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, `${value}%`);
    return element;
  };
  const has = (kind) => [...rows.values()].some((row) =>
    row.stays.some((stay) => stay.life.spans.some((span) => span.kind === kind)));
  const keys = [["warm", "warm storage"], ["continuous", "any point in time"], ["cold", "cold storage"]]
    .filter(([kind]) => has(kind)).map(([kind, text]) => el("li", {}, el("i", { class: kind }), text));
  const bar = ({ vault, life }) => [
    el("div", { class: "spans", "aria-hidden": "true" }, life.spans.map((span) =>
      at(el("span", { class: `span ${span.kind}${span.endless ? " endless" : ""}` }), { left: span.from, width: span.to - span.from }))),
    el("div", { class: "words" }, vault ? `→ in ${vault}: ` : null, life.words)];
  const row = ({ plan, rule, stays, accounts }) => el("div", { role: "row" },
    el("div", { class: "what", role: "rowheader" },
      el("span", { class: `swatch t${plan.tone}` }), `${plan.name} / ${rule.name}`,
      current.kind === "account" ? null : el("span", { class: "small muted" }, count(accounts, "account"))),
    el("div", { class: `track t${plan.tone}`, role: "cell" },
      ticks.map((tick) => at(el("span", { class: "tick", "aria-hidden": "true" }), { left: tick.at })),
      stays.map(bar)));
  const scale = el("div", { class: "scale" },
    ticks.map((tick) => at(el("span", { class: tick.at > 92 ? "end" : null }, tick.label), { left: tick.at })));
  put("retention", el("ul", { class: "key" }, keys),
    withMore(el("div", { class: "life", role: "table", "aria-labelledby": "retention-title" },
      el("div", { "aria-hidden": "true" }, el("div", { class: "corner" }), scale)),
    [...rows.values()], 20, row, (left) => `and ${count(left, "other rule")}`));
};

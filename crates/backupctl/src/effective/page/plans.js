// What is shown of the unit, account or policy that was chosen, and what its accounts get.
const showScope = (shown) => {
  byId("plans-title").textContent = current.kind === "account" ? "What it gets" : "What they get";
  const crumbs = current.kind === "policy" ? null : el("nav", { "aria-label": "Where it is" },
    el("ol", { class: "crumbs" }, current.path.map((unit) => el("li", {}, linkTo(unit.id, unit.name || unit.id)))));
  const attached = current.kind === "policy" ? attachedTo(current.index) : current.policies;
  const kind = current === data.tree ? "root" : current.kind;
  const all = accountsOf(current).length;
  const number = shown.length === all ? count(all, "account")
    : `${shown.length.toLocaleString("en")} of ${count(all, "account")}, by the filter`;
  put("scope", crumbs && current.path.length ? crumbs : null,
    el("h2", {}, current.name || current.id, " ", current.kind === "account" ? flag(current.document.state) : null),
    el("p", { class: "facts" },
      el("span", {}, `${kind} `, el("code", {}, current.id)),
      current.kind === "account" ? null : el("span", {}, number),
      attached.length ? el("span", {}, "attached here: ", current.kind === "policy"
        ? attached.map((thing, index) => [index ? ", " : "", linkTo(thing.id, thing.name || thing.id)]) : chips(attached))
        : el("span", {}, current.kind === "policy" ? "attached nowhere" : "no policy attached here")),
    el("ul", { class: "facts" }, ["plans", "calendar", "retention"].map(jump)));
};

// A link within the page, which must not change the fragment: that is what is chosen.
const jump = (part) => {
  const title = byId(`${part}-title`);
  return el("li", {}, el("a", { href: `#${part}-title`, onclick: (event) => {
    event.preventDefault();
    title.scrollIntoView();
    title.focus({ preventScroll: true });
  } }, title.textContent));
};

const attachedTo = (index) => {
  const things = [];
  const look = (unit) => {
    if (unit.policies.includes(index)) things.push(unit);
    things.push(...unit.members.filter((account) => account.policies.includes(index)));
    unit.units.forEach(look);
  };
  look(data.tree);
  return things;
};

const showPlans = (groups) => {
  const single = current.kind === "account";
  const usual = usualPlans(groups);
  put("plans", groups.length ? withMore(el("div"), groups, 20, (group) => groupOf(group, single, usual),
    (left) => `${count(left, "more result")} that others get`)
    : el("p", { class: "muted" }, "No account is here."));
};

// For each name of a plan, the plan that most accounts get under it.
const usualPlans = (groups) => {
  const usual = new Map();
  const bySize = [...groups].sort((one, other) => other.members.length - one.members.length);
  for (const plan of bySize.flatMap((group) => group.document.plans)) {
    if (!usual.has(plan.name)) usual.set(plan.name, plan);
  }
  return usual;
};

// What is different from the usual plan of that name, in one line; nothing for the usual one.
const differences = (plan, usual) => {
  if (!usual || usual === plan) return null;
  const rowsOf = (of) => [["", of.rows], ...[...of.rules, ...of.selections].map((part) => [`${part.name}: `, part.rows])]
    .flatMap(([name, rows]) => rows.map((row) => `${name}${row.label.toLowerCase()} ${row.value}`));
  const known = new Set(rowsOf(usual));
  const other = rowsOf(plan).filter((text) => !known.has(text));
  return other.length ? el("li", { class: "differs" }, `Differs in ${other.join("; ")}`) : null;
};

const groupOf = ({ document, members }, single, usual) => {
  const header = single ? null : el("header", {},
    el("h4", {}, count(members.length, "account"), " ", flag(document.state)), accountLinks(members));
  const { state } = document;
  return el("article", { class: "group" }, header,
    document.problems.length || document.warnings.length
      ? el("div", { class: "problems" }, problemList(document.problems), problemList(document.warnings, "warn")) : null,
    state === "nothing" ? el("p", { class: "muted" }, "No backup plan.") : null,
    state === "invalid" && document.plans.length
      ? el("p", { class: "muted small" }, "This is what would be in force if it were valid:") : null,
    document.plans.length ? el("div", { class: single ? null : "plans" },
      document.plans.map((plan) => planOf(plan, single, usual.get(plan.name)))) : null,
    document.refused.map((text) => el("p", { class: "muted small" }, `Without effect: ${text}.`)));
};

const planOf = (plan, single, usual) => {
  const details = el("details", { class: "plan", open: single });
  details.append(el("summary", {},
    el("div", {}, el("span", { class: `swatch t${plan.tone}` }), el("h4", {}, plan.name)),
    el("ul", {}, plan.rules.map((rule) => el("li", {}, rule.summary)),
      plan.selections.map((selection) => el("li", {}, `for ${selection.summary}`)), differences(plan, usual))));
  // A plan's tables are made when it is opened.
  const fill = () => {
    if (details.childElementCount > 1) return;
    const usual = [usualPolicy(plan)];
    details.append(el("div", { class: "body" },
      sheet("Plan", plan.rows, usual),
      plan.rules.map((rule) => sheet(`Rule ${rule.name}`, rule.rows, usual)),
      plan.selections.map((selection) => sheet(`Selection ${selection.name}`, selection.rows, usual))));
  };
  if (single) fill();
  details.addEventListener("toggle", fill);
  return details;
};

// The policy that most of a plan's values come from.
const usualPolicy = (plan) => {
  const counts = new Map();
  for (const row of [plan, ...plan.rules, ...plan.selections].flatMap((part) => part.rows)) {
    for (const policy of row.policies) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0];
};

const sheet = (caption, rows, usual) => rows.length ? el("table", { class: "sheet" },
  el("caption", {}, caption),
  el("thead", { class: "hidden" }, el("tr", {},
    ["Setting", "Value", "From policy"].map((text) => el("th", { scope: "col" }, text)))),
  el("tbody", {}, rows.map((row) => el("tr", {},
    el("th", { scope: "row" }, row.label),
    el("td", {}, row.code ? el("code", {}, row.value) : row.value,
      row.notes.map((note) => el("span", { class: "note" }, note)),
      row.refused.map((note) => el("span", { class: "note refused" }, note))),
    el("td", {}, chips(row.policies, usual)))))) : null;

// Choosing what is shown: by the address's fragment, so that it can be linked to, and by the filter.
const show = () => {
  const all = accountsOf(current);
  const shown = matches && current.kind !== "account" ? all.filter((account) => matches.has(account)) : all;
  const groups = groupsOf(shown);
  showScope(shown);
  showPlans(groups);
  showCalendar(groups);
  showRetention(groups);
};

const choose = (isFirst) => {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {
    return;
  }
  const chosen = id ? byKey.get(id) : data.tree;
  // Another fragment, such as that of the skip link, changes nothing.
  if (!chosen) return;
  current = chosen;
  const hidden = current.kind === "policy" ? [] : current.path.filter((unit) => !opened.has(unit));
  hidden.forEach((unit) => opened.add(unit));
  if (hidden.length && !isFirst) showTree();
  else markCurrent();
  show();
  if (!isFirst) put("shown", `Showing ${current.name || current.id}`);
  document.title = `${current.name || current.id}: effective backup policies`;
  const heading = byId("scope").getBoundingClientRect();
  if (!isFirst && (heading.top < 0 || heading.bottom > innerHeight)) byId("scope").scrollIntoView();
};

let waiting = 0;
const filter = () => {
  matches = matching(byId("filter").value);
  put("matches", matches ? `${matches.size.toLocaleString("en")} of ${count(accounts.length, "account")}` : "");
  showTree();
  show();
};
byId("filter").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(filter, accounts.length > 500 ? 150 : 0);
});
byId("filter").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !event.target.value) return;
  event.target.value = "";
  filter();
});
addEventListener("hashchange", () => choose(false));

// A small organization is shown as a whole.
if (accounts.length <= 60) byKey.forEach((thing) => thing.kind === "unit" && opened.add(thing));
else if (accounts.length <= 500) data.tree.units.forEach((unit) => opened.add(unit));
showTop();
showTree();
choose(true);

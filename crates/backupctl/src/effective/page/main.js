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
  if (!isFirst) bringIntoView();
};

// Where the tree stands above what it shows, as on a phone, only scrolling shows that a choice did
// something.
const bringIntoView = () => {
  const scope = byId("scope").getBoundingClientRect();
  const isBelow = byId("tree").getBoundingClientRect().bottom <= scope.top;
  if (isBelow || scope.top < 0 || scope.bottom > innerHeight) byId("scope").scrollIntoView();
};

// Shows something, even if it is what is shown already.
const goTo = (id) => {
  if (current.id === id) bringIntoView();
  else location.hash = encodeURIComponent(id);
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
  if (event.key === "Enter") {
    clearTimeout(waiting);
    filter();
    if (matches?.size === 1) goTo([...matches][0].id);
    else if (matches?.size) byId("matches").append(": type more, or choose one");
    return;
  }
  if (event.key !== "Escape" || !event.target.value) return;
  event.target.value = "";
  filter();
});
addEventListener("hashchange", () => choose(false));
byId("tree").addEventListener("click", (event) => {
  if (event.target.closest("a") && event.target.closest(".line").dataset.id === current.id) bringIntoView();
});

// A small organization is shown as a whole.
if (accounts.length <= 60) byKey.forEach((thing) => thing.kind === "unit" && opened.add(thing));
else if (accounts.length <= 500) data.tree.units.forEach((unit) => opened.add(unit));
showTop();
showTree();
choose(true);

// The organization's tree. A unit's contents are made when it is opened, so that thousands of
// accounts cost nothing before that.
const opened = new Set([data.tree]);
const SLICE = 100;
let matches = null;
let current = data.tree;

const hits = (unit) => matches ? unit.all.filter((account) => matches.has(account)) : unit.all;

// With few matches everything that leads to them is open.
const isOpen = (unit) => matches && matches.size <= SLICE ? true : opened.has(unit);

const showTree = () => {
  const list = el("ul", { "aria-label": "Units and accounts" }, unitItem(data.tree));
  put("tree", matches?.size === 0 ? el("p", { class: "muted small" }, "Nothing matches.") : list);
  markCurrent();
};

const unitItem = (unit) => {
  const open = isOpen(unit);
  const item = el("li", { class: "unit" });
  const twist = el("button", { class: "twist", type: "button", tabindex: "-1", "aria-expanded": String(open),
    "aria-label": `${unit.name || unit.id}: show what is in it`, onclick: () => toggle(item, unit) });
  const found = hits(unit);
  const flagged = found.filter(isFlagged);
  const isEmpty = !unit.units.length && !unit.accounts.length;
  item.append(el("div", { class: "line", "data-id": unit.id },
    isEmpty ? el("span", { class: "twist-space" }) : twist,
    linkTo(unit.id, el("span", { class: "name" }, unit.name || unit.id),
      flagged.length ? el("span", { class: `dot ${flagged.some((one) => one.document.state === "invalid") ? "bad" : "warn"}` },
        hiddenText(`${flagged.length} to look at`)) : null,
      el("span", { class: "count" }, found.length.toLocaleString("en"),
        hiddenText(found.length === 1 ? " account" : " accounts"),
))));
  item.unit = unit;
  if (open && !isEmpty) item.append(contents(unit));
  return item;
};

const contents = (unit) => {
  const members = matches ? unit.members.filter((account) => matches.has(account)) : unit.members;
  const units = unit.units.filter((below) => !matches || hits(below).length);
  const things = [...units, ...members];
  const list = el("ul");
  const add = (from) => {
    list.append(...things.slice(from, from + SLICE).map((thing) => thing.kind === "unit" ? unitItem(thing) : accountItem(thing)));
    const left = things.length - from - SLICE;
    if (left <= 0) return;
    const more = el("button", { class: "more", type: "button", onclick: () => {
      const before = list.children.length - 1;
      more.closest("li").remove();
      add(from + SLICE);
      list.children[before].querySelector("a").focus();
      markCurrent();
    } }, `${left.toLocaleString("en")} more`);
    list.append(el("li", { class: "account" }, el("div", { class: "line" }, more)));
  };
  add(0);
  return list;
};

const accountItem = (account) => el("li", { class: "account" },
  el("div", { class: "line", "data-id": account.id },
    linkTo(account.id, el("span", { class: "name" }, account.name || account.id), flag(account.document.state))));

const toggle = (item, unit, want) => {
  const list = item.querySelector(":scope > ul");
  const open = want ?? !list;
  if (open === Boolean(list)) return;
  if (open) item.append(contents(unit));
  else list.remove();
  opened[open ? "add" : "delete"](unit);
  item.querySelector(":scope > .line > .twist")?.setAttribute("aria-expanded", String(open));
  markCurrent();
};

const markCurrent = () => {
  const links = [...byId("tree").querySelectorAll("a")];
  let stop = links[0];
  for (const line of byId("tree").querySelectorAll(".line")) {
    const link = line.querySelector("a");
    const is = line.dataset.id === current.id;
    line.toggleAttribute("data-current", is);
    if (!link) continue;
    if (is) {
      reveal(line);
      link.setAttribute("aria-current", "page");
      stop = link;
    } else link.removeAttribute("aria-current");
  }
  makeTabStop(links, stop);
};

// Scrolls the tree, and not the page, until a line can be seen.
const reveal = (line) => {
  const tree = byId("tree");
  const isSeen = line.offsetTop >= tree.scrollTop && line.offsetTop + line.offsetHeight <= tree.scrollTop + tree.clientHeight;
  if (!isSeen) tree.scrollTop = line.offsetTop - tree.clientHeight / 3;
};

rove(byId("tree"), "a", (key, all, index) => {
  const item = all[index].closest("li");
  if (key === "ArrowDown") return all[index + 1];
  if (key === "ArrowUp") return all[index - 1];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const isOpened = item.querySelector(":scope > ul");
  if (key === "ArrowRight" && item.unit) {
    if (isOpened) return isOpened.querySelector("a");
    toggle(item, item.unit, true);
    return all[index];
  }
  if (key === "ArrowLeft") {
    if (item.unit && isOpened && item.unit !== data.tree) {
      toggle(item, item.unit, false);
      return all[index];
    }
    return item.parentElement.closest("li")?.querySelector("a");
  }
  return null;
});

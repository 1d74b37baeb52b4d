// The document is only ever built from elements and texts, never from markup: names come from
// outside.
const byId = (id) => document.getElementById(id);

// `el("a", {class: "x", href: "#y", onclick: f}, "text", child, [more])`
const el = (name, properties, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat(3).filter((child) => child != null && child !== ""));
  return element;
};

const put = (id, ...children) =>
  byId(id).replaceChildren(...children.flat(3).filter((child) => child != null));

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

const linkTo = (id, ...children) => el("a", { href: `#${encodeURIComponent(id)}` }, ...children);

const hiddenText = (text) => el("span", { class: "hidden" }, text);

const policyChip = (index, isOther) => {
  const policy = data.policies[index];
  return el("a", { class: isOther ? "chip other" : "chip", href: `#${encodeURIComponent(policy.id)}`, title: policy.id }, policy.name);
};

// `usual` are the policies that do not stand out.
const chips = (indexes, usual = indexes) => el("span", { class: "chips" },
  indexes.map((index) => policyChip(index, !usual.includes(index))));

// The first things of a list, and a button that shows the others.
const withMore = (list, things, most, item, words) => {
  list.append(...things.slice(0, most).map(item));
  if (things.length > most) {
    const rest = things.slice(most);
    const more = el("button", { class: "more", type: "button", onclick: () => {
      const items = rest.map(item);
      holder.replaceWith(...items);
      const next = items[0].querySelector("a, summary") ?? items[0];
      if (next === items[0]) next.tabIndex = -1;
      next.focus();
    } }, words(rest.length));
    const holder = el(list.localName === "ul" ? "li" : "p", {}, more);
    list.append(holder);
  }
  return list;
};

const FEW = 12;
const accountLinks = (accounts) => withMore(el("ul", { class: "names" }), accounts, FEW,
  (account) => el("li", {}, linkTo(account.id, account.name || account.id)),
  (left) => `and ${left.toLocaleString("en")} more`);

// Arrow keys go from one of the elements to another; only the last one used is a tab stop.
const rove = (container, selector, step) => {
  container.addEventListener("keydown", (event) => {
    const from = event.target.closest(selector);
    if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...container.querySelectorAll(selector)];
    const to = step(event.key, all, all.indexOf(from));
    if (!to) return;
    event.preventDefault();
    makeTabStop(all, to);
    to.focus();
  });
};

const makeTabStop = (all, one) => {
  for (const element of all) element.tabIndex = element === one ? 0 : -1;
};

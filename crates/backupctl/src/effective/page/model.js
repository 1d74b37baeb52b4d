// What the page is about: accounts, units and policies by their ids, and what is shown.
const data = JSON.parse(byId("data").textContent);
const accounts = [];
const byKey = new Map();

// Everything shared stands in a table, and has indexes into others.
Object.assign(data, data.about, data.rest);
const refer = (things, key, table) => {
  for (const thing of things) thing[key] = thing[key].map((index) => table[index]);
};
for (const part of [data.plans, data.rules, data.selections]) refer(part, "rows", data.rows);
for (const rule of data.rules) {
  for (const kept of [rule, ...rule.copies]) kept.life = data.lives[kept.life];
}
refer(data.plans, "rules", data.rules);
refer(data.plans, "selections", data.selections);
refer(data.documents, "plans", data.plans);
refer(data.documents, "problems", data.remarks);
refer(data.documents, "warnings", data.remarks);

// The policies that contribute to what accounts get.
const policiesOf = (document) => document.policies ??= [...new Set(document.plans.flatMap((plan) => plan.policies))];

const readUnit = (unit, above) => {
  [unit.id, unit.name, unit.policies] = unit.unit;
  unit.kind = "unit";
  unit.path = above;
  const path = [...above, unit];
  const first = accounts.length;
  for (const [id, name, document, policies] of unit.accounts) {
    const account = { kind: "account", id, name, document: data.documents[document], policies, path };
    accounts.push(account);
    byKey.set(id, account);
  }
  unit.members = accounts.slice(first);
  for (const below of unit.units) readUnit(below, path);
  unit.all = accounts.slice(first);
  byKey.set(unit.id, unit);
};
readUnit(data.tree, []);

for (const [index, policy] of data.policies.entries()) {
  policy.kind = "policy";
  policy.index = index;
  if (!byKey.has(policy.id)) byKey.set(policy.id, policy);
}

const isFlagged = (account) => account.document.state !== "plans";

const FLAGS = { invalid: ["bad", "invalid"], nothing: ["warn", "nothing"] };
const flag = (state) => {
  const [tone, text] = FLAGS[state] ?? [];
  return text && el("span", { class: `flag ${tone}` }, text);
};

// What an account can be found by: its name and id, those of the units above it, and the policies
// that contribute to what it gets.
const searchText = (account) => {
  account.text ??= [account.name, account.id, ...account.path.map(unitText), documentText(account.document)]
    .join("\n").toLowerCase();
  return account.text;
};

const unitText = (unit) => unit.text ??= `${unit.name}\n${unit.id}`;

const documentText = (document) => document.text ??= [
  ...policiesOf(document).map((index) => `${data.policies[index].name} ${data.policies[index].id}`),
  ...[...document.problems, ...document.warnings].map((remark) => remark.code),
  FLAGS[document.state]?.[1] ?? "",
].join("\n");

const matching = (query) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  return new Set(accounts.filter((account) => words.every((word) => searchText(account).includes(word))));
};

const accountsOf = (thing) => {
  if (thing.kind === "account") return [thing];
  if (thing.kind === "unit") return thing.all;
  return accounts.filter((account) => policiesOf(account.document).includes(thing.index));
};

// Accounts by what they get: the largest group first, those with problems before all.
const groupsOf = (some) => {
  const groups = new Map();
  for (const account of some) {
    if (!groups.has(account.document)) groups.set(account.document, []);
    groups.get(account.document).push(account);
  }
  const rank = { invalid: 0, plans: 1, nothing: 2 };
  return [...groups].map(([document, members]) => ({ document, members })).sort((one, other) =>
    rank[one.document.state] - rank[other.document.state] || other.members.length - one.members.length);
};

// Every plan that accounts have in force, with how many have it.
const plansOf = (groups) => {
  const plans = new Map();
  for (const { document, members } of groups.filter((group) => group.document.state === "plans")) {
    for (const plan of document.plans) plans.set(plan, (plans.get(plan) ?? 0) + members.length);
  }
  return [...plans].map(([plan, accounts]) => ({ plan, accounts }));
};

// What the page is about: accounts, units and policies by their ids, and what is shown.
const data = JSON.parse(byId("data").textContent);
const accounts = [];
const byKey = new Map();

const readUnit = (unit, above) => {
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
  account.text ??= [
    account.name, account.id,
    ...account.path.flatMap((unit) => [unit.name, unit.id]),
    ...account.document.policies.map((index) => `${data.policies[index].name} ${data.policies[index].id}`),
    ...account.document.problems.map((problem) => problem.code),
    FLAGS[account.document.state]?.[1] ?? "",
  ].join("\n").toLowerCase();
  return account.text;
};

const matching = (query) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  return new Set(accounts.filter((account) => words.every((word) => searchText(account).includes(word))));
};

const accountsOf = (thing) => {
  if (thing.kind === "account") return [thing];
  if (thing.kind === "unit") return thing.all;
  return accounts.filter((account) => account.document.policies.includes(thing.index));
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

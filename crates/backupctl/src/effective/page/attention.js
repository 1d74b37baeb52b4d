// The top of the page: figures, and the accounts that get nothing or whose merge is invalid.
const showTop = () => {
  const total = (state) => accounts.filter((account) => account.document.state === state).length;
  const [plans, invalid, nothing] = ["plans", "invalid", "nothing"].map(total);
  put("about", `${data.tree.name} (${data.tree.id}), as of ${longDay(0)} ${data.calendar.time} UTC`);
  put("basis", `${data.basis[0].toUpperCase()}${data.basis.slice(1)}.`);
  const figure = (value, name, tone) => el("div", { class: value ? tone : null },
    el("dt", {}, name), el("dd", {}, value.toLocaleString("en")));
  put("figures",
    figure(accounts.length, "accounts"),
    figure(plans, "with backup plans"),
    figure(invalid, "invalid", "bad"),
    figure(nothing, "with nothing", "warn"),
    figure(data.documents.length, "different results"),
    figure(data.policies.length, "policies"));
  showAttention();
};

const showAttention = () => {
  const cards = groupsOf(accounts.filter((account) => account.document.state === "invalid")).map(invalidCard);
  cards.push(...groupsOf(accounts.filter((account) => account.document.state === "plans" && account.document.problems.length))
    .map(quotaCard));
  const empty = accounts.filter((account) => account.document.state === "nothing");
  if (empty.length) {
    cards.push(el("div", { class: "card warn" },
      el("h3", {}, `${count(empty.length, "account gets", "accounts get")} no backup plan`),
      el("p", {}, "No policy on the way from the root brings one."),
      nothingList(empty)));
  }
  const isFine = !cards.length;
  const vain = inVain();
  if (vain.length) {
    cards.push(el("div", { class: "card warn" },
      el("h3", {}, "Something will not do what it seems to"),
      el("p", {}, "AWS accepts it, and backs up or copies nothing, or less."),
      withMore(el("ul"), vain, 3, vainItem, (left) => `and ${left.toLocaleString("en")} more`)));
  }
  if (data.idle.length) {
    cards.push(el("div", { class: "card warn" },
      el("h3", {}, `${count(data.idle.length, "policy or part of one changes", "policies or parts of one change")} nothing`),
      el("p", {}, `${data.idleness[0].toUpperCase()}${data.idleness.slice(1)}.`),
      withMore(el("ul", { class: "small" }), data.idle, FEW, (text) => el("li", {}, text), (left) => `and ${left.toLocaleString("en")} more`)));
  }
  const heading = el("h2", { id: "attention-title", class: cards.length ? null : "hidden" }, "Needs attention");
  put("attention", heading,
    isFine ? el("p", { class: "fine" }, "Every account gets a backup plan, and every merge is valid.") : null,
    cards.length ? withMore(el("div", { class: "cards" }), cards, FEW, (card) => card,
      (left) => `${count(left, "more kind")} of problem`) : null);
};

// Every warning, with the accounts that it concerns: most concern many.
const inVain = () => {
  const warnings = new Map();
  for (const account of accounts) {
    for (const warning of account.document.warnings) {
      if (!warnings.has(warning)) warnings.set(warning, []);
      warnings.get(warning).push(account);
    }
  }
  return [...warnings].sort((one, other) => other[1].length - one[1].length);
};

const vainItem = ([warning, members]) => el("li", {}, problemList([warning], "warn"),
  members.length === accounts.length ? el("span", { class: "muted small" }, "For every account.") : accountLinks(members));

const quotaCard = ({ document, members }) => el("div", { class: "card warn" },
  el("h3", {}, `Quotas are too small for ${members.length === 1 ? members[0].name || members[0].id : count(members.length, "account")}`),
  el("p", {}, "AWS Organizations takes the policy, and AWS Backup cannot make all of it."),
  el("ul", {}, el("li", {}, accountLinks(members)), el("li", {}, problemList(document.problems))));

const invalidCard = ({ document, members }) => el("div", { class: "card bad" },
  el("h3", {}, members.length === 1 ? `The merge is invalid for ${members[0].name || members[0].id}`
    : `The merge is invalid for ${members.length.toLocaleString("en")} accounts`),
  el("p", {}, "AWS withholds it: they keep their last valid policy, or have none."),
  el("ul", {},
    members.length === 1 ? el("li", {}, whereabouts(members[0])) : el("li", {}, accountLinks(members)),
    el("li", {}, problemList(document.problems))));

const whereabouts = (account) => [
  linkTo(account.id, account.name || account.id), " ",
  el("span", { class: "muted small" }, `${account.id}, in ${account.path.map((unit) => unit.name).join(" / ")}`)];

// By the unit they are in, since often all of a unit get nothing.
const nothingList = (some) => {
  const units = new Map();
  for (const account of some) {
    const unit = account.path.at(-1);
    if (!units.has(unit)) units.set(unit, []);
    units.get(unit).push(account);
  }
  const item = ([unit, members]) => el("li", {}, members.length === 1 ? whereabouts(members[0]) : [
    linkTo(unit.id, unit.name), el("span", { class: "muted small" }, ` ${count(members.length, "account")}`),
    accountLinks(members)]);
  return withMore(el("ul"), [...units], FEW, item, (left) => `and in ${count(left, "more unit")}`);
};

const problemList = (problems, tone) => problems.map((problem) => el("div", { class: tone ? `problem ${tone}` : "problem" },
  el("span", { class: "code" }, problem.code), " ", el("code", {}, problem.path),
  el("div", {}, problem.message), el("div", { class: "help" }, "Remedy: ", problem.help), problem.policies.length ? chips(problem.policies) : null));

/** The goal board: fetches, and changes only what has changed, so that focus and place are kept. */

import { LANGUAGES, SHAPES, figure, nameOf } from "./words.js";

const EVERY = 1500;
const SELDOM = 15000;
const $ = (selector, from = document) => from.querySelector(selector);
const seen = { board: null, breakdown: null, freshness: null, asked: 0 };
const names = new Map();
let lang = localStorage.getItem("lang") === "en" ? "en" : "sv";
let goal = null;
let turn = 0;
let timer = null;

class Refused extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

const words = () => LANGUAGES[lang];
const shown = (key, value) => figure(lang, key, value);

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function trail() {
  const path = new URLSearchParams(location.search).get("path");
  return path ? path.split("/") : ["SE"];
}

function year() {
  return new URLSearchParams(location.search).get("year");
}

function address(path, ofYear = year()) {
  const asked = new URLSearchParams({ path: path.join("/") });
  if (ofYear) asked.set("year", ofYear);
  return `?${asked}`;
}

function question(unit) {
  const asked = new URLSearchParams({ unit });
  if (year()) asked.set("year", year());
  return asked;
}

async function fetched(path) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem("token")}` };
  const answer = await fetch(path, { headers, cache: "no-store" });
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname + location.search);
}

function leave(message) {
  turn += 1;
  clearTimeout(timer);
  sessionStorage.removeItem("token");
  Object.assign(seen, { board: null, breakdown: null, freshness: null });
  $("#board").hidden = $("#leave").hidden = true;
  $("#enter").hidden = false;
  put($("#problem"), message);
  $("#token").focus();
}

function stumble(error) {
  const said = { 403: "forbidden", 404: "wrong", 422: "wrong" };
  if (error.status === 401) leave(words().refused);
  else put($("#problem"), words()[said[error.status] ?? "lost"]);
}

async function refresh() {
  const mine = (turn += 1);
  clearTimeout(timer);
  try {
    if (!document.hidden || seen.board === null) await look(mine);
  } catch (error) {
    if (mine === turn) stumble(error);
  }
  if (mine === turn && sessionStorage.getItem("token")) timer = setTimeout(refresh, EVERY);
}

async function look(mine) {
  const unit = trail().at(-1);
  const board = await fetched(`goals?${question(unit)}`);
  if (mine !== turn) return;
  const changed = JSON.stringify(board) !== JSON.stringify(seen.board);
  const late = Date.now() - seen.asked > SELDOM;
  tell(board);
  seen.board = board;
  goal ??= board.goals[0].key;
  put($("#problem"), "");
  draw();
  if (!changed && !late && seen.breakdown?.key === goal) return;
  const breakdown = await fetched(`goals/${goal}/breakdown?${question(unit)}`);
  const freshness = late ? await fetched("freshness").catch(() => null) : seen.freshness;
  if (mine !== turn) return;
  Object.assign(seen, { breakdown, freshness, asked: late ? Date.now() : seen.asked });
  draw();
}

function tell(board) {
  if (seen.board?.unit !== board.unit || seen.board.year !== board.year) return;
  const before = new Map(seen.board.goals.map((found) => [found.key, found.value]));
  const moved = board.goals.filter((found) => before.get(found.key) !== found.value);
  const said = moved.map((found) => `${nameOf(words(), found.key)} ${shown(found.key, found.value)}`);
  if (said.length) put($("#news"), `${words().changed}: ${said.join(", ")}`);
}

function label() {
  document.documentElement.lang = lang;
  document.title = words().title;
  for (const node of document.querySelectorAll("[data-say]")) put(node, words()[node.dataset.say]);
  $("#trail").setAttribute("aria-label", words().trail);
  $("#language").lang = words().other_lang;
  put($("#language"), words().other);
}

function draw() {
  const { board, breakdown } = seen;
  if (board === null) return;
  $("#enter").hidden = true;
  $("#board").hidden = $("#leave").hidden = false;
  names.set(board.unit, board.name);
  put($("#unit"), board.name);
  put($("#as-of"), `${words().as_of} ${board.as_of}.`);
  put($("#lag"), lag());
  if (document.activeElement !== $("#year")) $("#year").value = board.year;
  drawTrail();
  keyed($("#goals"), board.goals, (found) => found.key, card, drawGoal);
  keyed($("#goal"), board.goals, (found) => found.key, option, (node, found) => put(node, nameOf(words(), found.key)));
  $("#goal").value = goal;
  if (breakdown?.unit === board.unit) drawBelow(breakdown);
  label();
}

function lag() {
  if (seen.freshness === null) return "";
  if (seen.freshness.current) return words().current;
  const behind = seen.freshness.sources.reduce((sum, source) => sum + (source.behind_events ?? 0), 0);
  return `${behind} ${words().behind_by}.`;
}

/** One child of `parent` for each row, in their order: kept ones are the same nodes as before. */
function keyed(parent, rows, keyOf, make, fill) {
  const had = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  rows.forEach((row, place) => {
    const key = keyOf(row);
    const node = had.get(key) ?? make(row);
    had.delete(key);
    node.dataset.key = key;
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
    fill(node, row);
  });
  for (const node of had.values()) node.remove();
}

function card() {
  return $("#goal-card").content.firstElementChild.cloneNode(true);
}

function option(found) {
  return new Option("", found.key);
}

function drawGoal(node, found) {
  const is = (name, text) => put($(`[data-is="${name}"]`, node), text);
  is("name", nameOf(words(), found.key));
  is("value", shown(found.key, found.value));
  is("of", found.target === null ? "" : `${words().of} ${shown(found.key, found.target)}`);
  is("status", words().statuses[found.status]);
  put($(".shape", node), SHAPES[found.status]);
  is("expected", shown(found.key, found.expected));
  is("forecast", shown(found.key, found.forecast));
  is("rate", shown(found.key, found.rate_needed));
  drawBar($(".bar", node), found);
  const parts = Object.entries(found.split);
  $("details", node).hidden = parts.length === 0;
  keyed($("tbody", node), parts, ([name]) => name, splitRow, (node, [name, amount]) => {
    put(node.children[0], name.replaceAll("_", " "));
    put(node.children[1], figure(lang, "", amount));
  });
}

function drawBar(bar, found) {
  const most = Math.max(found.target ?? 0, found.value ?? 0, found.forecast ?? 0, found.expected ?? 0);
  const share = (value) => `${most ? Math.max(0, (100 * (value ?? 0)) / most) : 0}%`;
  $(".fill", bar).style.width = share(found.value);
  $(".forecast", bar).style.width = share(found.forecast);
  $(".forecast", bar).hidden = found.forecast === null;
  $(".mark", bar).style.left = share(found.expected);
  $(".mark", bar).hidden = found.expected === null;
}

function drawTrail() {
  const path = trail();
  const steps = path.map((unit, place) => ({ unit, path: path.slice(0, place + 1), last: place + 1 === path.length }));
  keyed($("#trail ol"), steps, (step) => step.unit, () => element("li", "a"), (node, step) => {
    link(node.firstChild, step.path, names.get(step.unit) ?? step.unit);
    node.firstChild.toggleAttribute("aria-current", step.last);
    if (step.last) node.firstChild.setAttribute("aria-current", "page");
  });
}

function drawBelow(breakdown) {
  const rows = breakdown.children.map((child) => ({ ...child, path: [...trail(), child.unit] }));
  const rest = { unit: "", name: words().remainder, status: null, ...breakdown.remainder };
  $("#below table").hidden = $("#goal-of").hidden = rows.length === 0;
  $("#none").hidden = rows.length > 0;
  for (const row of rows) names.set(row.unit, row.name);
  keyed($("#children"), [...rows, rest], (row) => row.unit, unitRow, (node, row) => {
    const [head, value, target, status] = node.children;
    if (row.path) link(head.firstChild, row.path, row.name);
    else put(head, row.name);
    put(value, shown(breakdown.key, row.value));
    put(target, shown(breakdown.key, row.target));
    put(status, row.status ? `${SHAPES[row.status]} ${words().statuses[row.status]}` : "");
  });
}

function splitRow() {
  const row = element("tr", "th", "td");
  row.firstChild.scope = "row";
  return row;
}

function unitRow(row) {
  const made = element("tr", "th", "td", "td", "td");
  made.firstChild.scope = "row";
  if (row.path) made.firstChild.append(document.createElement("a"));
  return made;
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children.map((child) => document.createElement(child)));
  return made;
}

function link(node, path, text) {
  const href = address(path);
  if (node.getAttribute("href") !== href) node.setAttribute("href", href);
  put(node, text);
}

async function go(href) {
  history.pushState(null, "", href);
  await refresh();
  $("#unit").focus();
}

document.addEventListener("click", (event) => {
  const followed = event.target.closest("#trail a, #children a");
  if (!followed || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(followed.getAttribute("href"));
});
$("#enter").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("#token").value.trim());
  $("#token").value = "";
  refresh();
});
$("#leave").addEventListener("click", () => leave(""));
$("#language").addEventListener("click", () => {
  lang = words().other_lang;
  localStorage.setItem("lang", lang);
  label();
  draw();
});
$("#theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme === "dark"
    || (root.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});
$("#goal").addEventListener("change", (event) => {
  goal = event.target.value;
  refresh();
});
$("#year").addEventListener("change", (event) => {
  if (!event.target.checkValidity()) return;
  history.pushState(null, "", address(trail(), event.target.value));
  refresh();
});
addEventListener("popstate", refresh);
addEventListener("hashchange", () => {
  takeToken();
  refresh();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && sessionStorage.getItem("token")) refresh();
});

const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
takeToken();
label();
if (sessionStorage.getItem("token")) refresh();
else leave("");

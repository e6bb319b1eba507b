/** What the board says, in Swedish and in English. */

export const SHAPES = { met: "✔", on_pace: "▲", behind: "▼", missed: "✖", no_target: "–", no_baseline: "–" };

const SHARES = new Set([
  "member_education_offered", "digital_introduction_offered", "leader_education_offered",
]);

const sv = {
  title: "Måltavlan", skip: "Till innehållet", theme: "Ljust eller mörkt", leave: "Logga ut",
  enter: "Logga in", token: "Din nyckel", year: "År", goals: "Målen", below: "Ett steg ned",
  goal: "Mål", unit: "Enhet", value: "Utfall", target: "Mål", status: "Läge",
  expected: "Väntat till i dag", forecast: "Prognos för året", rate: "Behövs per dag",
  split: "Uppdelning", trail: "Var du är", remainder: "I ingen av dem", none: "Inga enheter finns under den här.",
  other: "English", other_lang: "en", of: "av", as_of: "Per", current: "Allt som hänt är räknat.",
  behind_by: "händelser är inte räknade än", lost: "Servern svarar inte. Siffrorna är de senast hämtade.",
  refused: "Nyckeln godtas inte.", forbidden: "Nyckeln ger inte rätt att se målen.",
  wrong: "Enheten eller året finns inte.", changed: "Ändrat",
  names: {
    members_recruited: "Värvade medlemmar", members_total: "Medlemmar", members_left: "Utträden",
    conversations: "Samtal", member_education_offered: "Medlemsutbildning erbjuden i tid",
    digital_introduction_offered: "Digital introduktion erbjuden i tid",
    leader_education_offered: "Ledarutbildning erbjuden",
    welcome_officers: "Enheter med medlemsansvarig", programme_officers: "Enheter med programansvarig",
    union_leaders: "Enheter med facklig ledare", commitments_fulfilled: "Uppfyllda åtaganden",
    local_activities: "Lokala aktiviteter", conference_attendance: "Enheter på årets konferens",
  },
  statuses: {
    met: "Nått", on_pace: "I takt", behind: "Efter", missed: "Missat", no_target: "Inget mål satt",
    no_baseline: "Inget utgångsläge",
  },
};

const en = {
  title: "The goal board", skip: "To the content", theme: "Light or dark", leave: "Sign out",
  enter: "Sign in", token: "Your token", year: "Year", goals: "The goals", below: "One level down",
  goal: "Goal", unit: "Unit", value: "Value", target: "Target", status: "Status",
  expected: "Expected to date", forecast: "Forecast for the year", rate: "Needed a day",
  split: "Split", trail: "Where you are", remainder: "In none of them", none: "There is no unit below this one.",
  other: "Svenska", other_lang: "sv", of: "of", as_of: "As of", current: "All that has happened is counted.",
  behind_by: "events are not counted yet", lost: "The server does not answer. The figures are the last fetched.",
  refused: "The token is not accepted.", forbidden: "The token gives no right to see the goals.",
  wrong: "There is no such unit or year.", changed: "Changed",
  names: {
    members_recruited: "Members recruited", members_total: "Members", members_left: "Members who left",
    conversations: "Conversations", member_education_offered: "Member education offered on time",
    digital_introduction_offered: "Digital introduction offered on time",
    leader_education_offered: "Leader education offered",
    welcome_officers: "Units with a welcome officer", programme_officers: "Units with a programme officer",
    union_leaders: "Units with a union leader", commitments_fulfilled: "Undertakings fulfilled",
    local_activities: "Local activities", conference_attendance: "Units at the yearly conference",
  },
  statuses: {
    met: "Met", on_pace: "On pace", behind: "Behind", missed: "Missed", no_target: "No target set",
    no_baseline: "No baseline",
  },
};

export const LANGUAGES = { sv, en };

/** A goal's name; of one that has none here, its key in words. */
export function nameOf(words, key) {
  return words.names[key] ?? key.replaceAll("_", " ");
}

/** A number as people write it: a share in per cent, nothing as a dash. */
export function figure(lang, key, value) {
  if (value === null || value === undefined) return "–";
  const share = SHARES.has(key);
  const form = share ? { style: "percent", maximumFractionDigits: 1 } : { maximumFractionDigits: 1 };
  return new Intl.NumberFormat(lang === "sv" ? "sv-SE" : "en-GB", form).format(value);
}

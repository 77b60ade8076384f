/** How the report on a restored ledger looks in a terminal. Pure. */
import { placeName } from "../domain/drift/kinds.ts";
import type { Act } from "../domain/restored/acts.ts";
import type { Truth } from "../domain/restored/truth.ts";
import type { RestoredReport } from "./ledger-report.ts";
import { type Colours, printable } from "./output.ts";

type Entry = RestoredReport["credentials"][number];

export function reportLines({ credentials, digest, complete, behind }: RestoredReport, colours: Colours): string[] {
  const quiet = credentials.filter(({ truth }) => truth !== null && isQuiet(truth));
  const waiting = credentials.filter(({ truth }) => truth === null);
  const loud = credentials.filter(({ truth }) => truth !== null && !isQuiet(truth));
  return [
    `${credentials.length} Credentials, ${loud.length} of which need reading:`,
    "",
    ...loud.flatMap((entry) => entryLines(entry, colours)),
    ...named("Nothing happened to", quiet),
    ...named("Not looked at yet (a controller does that; is one running?):", waiting),
    ...behind.map((source) => printable(`The source ${source} was not read since, so its requests are not known.`)),
    "",
    complete
      ? `When you have read this: velvet ledger accept --report ${digest} --reason …`
      : `Not everything could be seen. It is looked at again every minute; as it is: velvet ledger accept --unseen --report ${digest} --reason …`,
  ];
}

/** Nothing changed, nothing is done and nothing begins. */
function isQuiet({ happened, acts, person, starts }: Truth): boolean {
  return happened === "unchanged" && acts.length + person.length + starts.length === 0;
}

function named(what: string, entries: readonly Entry[]): string[] {
  if (entries.length === 0) return [];
  return [printable(`${what} ${entries.map(({ namespace, name }) => `${namespace}/${name}`).join(", ")}`)];
}

function entryLines({ namespace, name, truth }: Entry, colours: Colours): string[] {
  if (truth === null) return [];
  const { happened, message, places, acts, person, starts } = truth;
  const held = places.map(
    ({ place, holds, why }) => `${placeName(place)} ${HOLDS[holds]}${why === undefined ? "" : ` (${why})`}`,
  );
  return [
    printable(`${colours.bold(`${namespace}/${name}`)}  ${happened}`),
    `  ${message}`,
    ...(held.length === 0 ? [] : [`  places:   ${held.join(", ")}`]),
    ...acts.map((act, index) => `  ${index === 0 ? "accepting" : "         "} ${actText(act)}`),
    ...starts.map((request) => `  begins    ${request}, which is taken for a new request`),
    ...person.map((sentence) => `  you       ${sentence}`),
    "",
  ].map((line, index) => (index === 0 ? line : printable(line)));
}

const HOLDS: Readonly<Record<Truth["places"][number]["holds"], string>> = {
  current: "holds the one in use",
  ledger: "holds the one that the ledger knows",
  attempt: "holds what the rotation under way minted",
  other: "holds another one",
  nothing: "holds nothing",
  unseen: "cannot be read",
};

function actText(act: Act): string {
  if (act.do === "adopt") return `takes ${act.id ?? "what custody holds"} for the one in use`;
  if (act.do === "end") return `ends the rotation ${act.name}, which is over: nothing of it is done again`;
  if (act.do === "close") return `takes the request ${act.name} for executed`;
  if (act.do === "spare") return `does not destroy ${act.id}, which somebody brought back or holds`;
  return `keeps ${act.id} as an old one (${act.state}), which only a person ends: ${act.because}`;
}

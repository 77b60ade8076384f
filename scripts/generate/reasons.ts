import { REASON_GROUPS } from "../../controller/domain/reasons.ts";
import type { Place, Reason } from "../../controller/domain/reasons/reason.ts";
import { escaped, generatedFrom } from "./markdown.ts";

const PLACES: Readonly<Record<Place, string>> = {
  request: "a request",
  decision: "a decision",
  rotation: "a rotation",
  consumer: "a consumer",
  source: "a source",
  manifest: "a manifest",
  start: "start",
  account: "a VendorAccount",
  credential: "a Credential",
  ledger: "the ledger",
};

/** `docs/reference/reasons.md`, from the catalogue that the commands show too. */
export function reasonsReference(): string {
  return [
    generatedFrom("controller/domain/reasons.ts"),
    "",
    "# Reasons",
    "",
    "Every reason that Velvet shows: as the reason of a condition, in `velvet status`, beside a refused request or decision, as a",
    "problem of `velvet validate`, or when it does not start. The message beside a reason says which credential, consumer or line is",
    "meant.",
    "",
    ...REASON_GROUPS.map(({ title }) => `- [${title}](#${anchor(title)})`),
    "",
    ...REASON_GROUPS.flatMap(({ title, reasons }) => [`## ${title}`, "", ...Object.entries(reasons).flatMap(section)]),
  ].join("\n");
}

function section([name, { meaning, fine, remedy, commands = [], where }]: [string, Reason]): string[] {
  const typed = commands.map((command) => `\`${command}\``).join(", ");
  return [
    `### ${name}`,
    "",
    escaped(meaning),
    "",
    `- Still fine: ${escaped(fine)}`,
    `- Next: ${escaped(remedy)}${typed === "" ? "" : ` ${typed}`}`,
    `- Shown on: ${where.map((place) => PLACES[place]).join(", ")}`,
    "",
  ];
}

/** As GitHub makes one of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-");
}

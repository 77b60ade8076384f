/** The states of a rotation and every way between them, as the engine's own table has them. */
import { REASONS } from "../../controller/domain/reasons.ts";
import { camelCase } from "../../controller/domain/status.ts";
import { TRANSITIONS } from "../../controller/domain/transitions.ts";
import type { State } from "../../controller/domain/world.ts";
import { ENDED } from "../../controller/domain/world.ts";

const STATES = Object.keys(TRANSITIONS) as State[];

/** States that lead to the same others and to one another are drawn as one box. */
const CONSUMERS = STATES.filter((state) => /^(distribut|validat)e?/.test(state) && state !== "validated");
const BOX = "consumers";

export function statesReference(): string {
  return `# The states of a rotation

<!-- Generated from controller/domain/transitions.ts by \`npm run generate\`. Do not edit. -->

The ledger keeps these names; a resource and the commands show them in CamelCase. The engine refuses any way that is not here.

\`\`\`mermaid
stateDiagram-v2
  [*] --> verifying
${diagram()}
\`\`\`

${STATES.map(row).join("\n\n")}
`;
}

function diagram(): string {
  const edges = new Set<string>();
  for (const from of STATES) {
    for (const to of TRANSITIONS[from]) {
      if (boxed(from) !== boxed(to)) edges.add(`  ${boxed(from)} --> ${boxed(to)}`);
    }
  }
  const inner = CONSUMERS.map((state) => `    ${state}`);
  const ends = STATES.filter((state) => ENDED.has(state)).map((state) => `  ${state} --> [*]`);
  return [`  state ${BOX} {`, ...inner, "  }", ...edges, ...ends].join("\n");
}

function boxed(state: State): string {
  return CONSUMERS.includes(state) ? BOX : state;
}

function row(state: State): string {
  const reason = REASONS[camelCase(state)];
  const next = TRANSITIONS[state];
  const leads =
    next.length === 0 ? "The rotation has ended." : `Leads to: ${next.map((to) => `\`${to}\``).join(", ")}.`;
  return `## \`${state}\`\n\n${reason?.meaning ?? ""} ${leads}`;
}
